/* The page at /: what was built and what was wrong with it, what runs, and what it says. */
#include "dev/data.h"

#include "dev_assets.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Text, escaped; what is neither printable nor the end of a line as a space. */
void page_escape(struct buffer *out, const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '&':
            buffer_puts(out, "&amp;");
            break;
        case '<':
            buffer_puts(out, "&lt;");
            break;
        case '>':
            buffer_puts(out, "&gt;");
            break;
        case '"':
            buffer_puts(out, "&quot;");
            break;
        case '\'':
            buffer_puts(out, "&#39;");
            break;
        default:
            buffer_add(out, (unsigned char)*text < ' ' && !strchr("\t\n", *text) ? " " : text, 1);
        }
    }
}

/* The page at / keeps itself up to date; others have forms that somebody fills in. */
static void add_assets(struct buffer *out, bool is_live)
{
    if (is_live)
        buffer_puts(out, "<noscript><meta http-equiv=\"refresh\" content=\"3\"></noscript>");
    for (size_t i = 0; i < sizeof(embedded) / sizeof(embedded[0]); i++) {
        const char *name = embedded[i].name, *hash = embedded[i].hash, *ending = strrchr(name, '.');
        if (strcmp(ending, ".css") == 0)
            buffer_printf(out, "<link rel=\"stylesheet\" href=\"/assets/%s?v=%s\">", name, hash);
        else if (strcmp(ending, ".svg") == 0)
            buffer_printf(out, "<link rel=\"icon\" type=\"image/svg+xml\" href=\"/assets/%s?v=%s\">", name, hash);
        else if (is_live)
            buffer_printf(out, "<script src=\"/assets/%s?v=%s\" defer></script>", name, hash);
    }
}

static const struct tab {
    const char *path, *title;
} tabs[] = { { "/", "Start" },
             { "/Codegen", "Codegen" },
             { "/Schema", "Schema" },
             { DATA_MOUNT, "Data" },
             { "/jobs/", "Dashboard" } };

enum { TAB_COUNT = sizeof(tabs) / sizeof(tabs[0]) };

static void add_navigation(struct buffer *out, const struct tab *current)
{
    buffer_puts(out, "<nav class=\"errand-nav\" aria-label=\"Pages\"><ul>");
    for (size_t i = 0; i < TAB_COUNT; i++)
        buffer_printf(out, "<li><a href=\"%s\"%s>%s</a></li>", tabs[i].path,
                      &tabs[i] == current ? " aria-current=\"page\"" : "", tabs[i].title);
    buffer_puts(out, "</ul></nav>");
}

void page_begin(struct buffer *out, const char *path, const char *title)
{
    const struct tab *current = tabs;
    for (size_t i = 0; i < TAB_COUNT; i++)
        current = strcmp(tabs[i].path, path) == 0 ? &tabs[i] : current;
    buffer_puts(out, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>");
    page_escape(out, title ? title : current->title);
    buffer_puts(out, " – errand dev</title><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
                     "<meta name=\"color-scheme\" content=\"light dark\">");
    add_assets(out, current == tabs);
    buffer_puts(out, "</head><body class=\"errand-body\"><a class=\"errand-skip\" href=\"#errand-page\">Skip to the "
                     "page</a><div class=\"errand\"><header class=\"errand-header\"><a class=\"errand-brand\" "
                     "href=\"/\">errand dev</a></header>");
    add_navigation(out, current);
    buffer_puts(out, "<main class=\"errand-page\" id=\"errand-page\" tabindex=\"-1\">");
}

void page_end(struct client *client, int status, struct buffer *page)
{
    buffer_puts(page, PAGE_END);
    answer_head(&client->out, status, "text/html; charset=utf-8", "Cache-Control: no-store\r\n", page->size);
    buffer_add(&client->out, page->data, page->size);
    client->out.failed |= page->failed;
    buffer_release(page);
}

/* ---- What was built ---- */

static bool keeps_ending(const struct program *program)
{
    return program->failures >= PROGRAM_FAILURES_MANY;
}

/* NULL: none does. */
static const struct program *find_ending(const struct dev *dev)
{
    for (size_t i = 0; i < PROGRAM_COUNT; i++)
        if (keeps_ending(&dev->programs[i]))
            return &dev->programs[i];
    return NULL;
}

static void add_last_words(struct buffer *out, const struct dev *dev)
{
    for (size_t i = 0; i < PROGRAM_COUNT; i++) {
        const struct program *program = &dev->programs[i];
        if (!keeps_ending(program))
            continue;
        buffer_printf(out, "<p>The last that %s said: <code>", program->title);
        page_escape(out, program->last_words);
        buffer_puts(out, "</code></p>");
    }
}

static void add_build(struct buffer *out, const struct dev *dev)
{
    static const char *const sentences[] = { [BUILD_WAITS] = "Waiting for the database",
                                             [BUILD_UPDATES] = "Bringing the database up to date",
                                             [BUILD_MAKES] = "Building",
                                             [BUILD_DONE] = "Up to date",
                                             [BUILD_FAILED] = "The build failed" };
    const struct build *build = &dev->build;
    const struct program *ending = build->state == BUILD_DONE ? find_ending(dev) : NULL;
    bool is_bad = build->state == BUILD_FAILED || ending;
    buffer_printf(out, "<section id=\"build\" data-state=\"%d\"><div%s><h1%s>", (int)build->state,
                  is_bad ? " role=\"alert\"" : "", is_bad ? " class=\"bad\"" : "");
    if (ending)
        buffer_printf(out, "It is built, but %s keeps ending</h1></div>", ending->title);
    else
        buffer_printf(out, "%s</h1></div>", sentences[build->state]);
    add_last_words(out, dev);
    if (build->state == BUILD_FAILED)
        buffer_puts(out, "<p>What ran before goes on. Save a source, and it is built again.</p>");
    if (build->problem_count > 0) {
        buffer_puts(out, "<ul class=\"problems\">");
        for (size_t i = 0; i < build->problem_count; i++) {
            buffer_puts(out, "<li><code>");
            page_escape(out, build->problems[i]);
            buffer_puts(out, "</code></li>");
        }
        buffer_puts(out, "</ul>");
    }
    buffer_printf(out,
                  "<form method=\"post\" action=\"/build\"><input type=\"hidden\" name=\"token\" value=\"%s\">"
                  "<button class=\"btn btn-secondary\">Build again</button></form></section>",
                  dev->server.token);
}

/* ---- What runs ---- */

static void add_programs(struct buffer *out, const struct dev *dev)
{
    static const char *const names[] = { [PROGRAM_WORKER] = "Worker", [PROGRAM_DASHBOARD] = "Dashboard" };
    buffer_puts(out, "<section><h2>What runs</h2><table class=\"table\"><tbody>");
    for (size_t i = 0; i < PROGRAM_COUNT; i++) {
        const struct program *program = &dev->programs[i];
        buffer_printf(out, "<tr id=\"program-%zu\"><th scope=\"row\">%s</th><td>", i, names[i]);
        if (program->child)
            buffer_printf(out, "runs, process %d", (int)program->child->pid);
        else
            buffer_puts(out, program->failures ? "has ended, and is started again" : "not built yet");
        buffer_puts(out, i == PROGRAM_DASHBOARD && program->port ? ": <a href=\"/jobs/\">to the jobs</a></td></tr>"
                                                                 : "</td></tr>");
    }
    buffer_puts(out, "<tr><th scope=\"row\">Database</th><td><code>");
    page_escape(out, dev->shown);
    buffer_puts(out, "</code></td></tr></tbody></table></section>");
}

static void add_log(struct buffer *out, const struct dev *dev, enum dev_log_name name)
{
    const struct dev_log *log = &dev->logs[name];
    size_t first = log->count > DEV_LOG_LINES ? log->count - DEV_LOG_LINES : 0;
    buffer_printf(out, "<section><h2>Log: %s</h2><pre id=\"log-%s\" class=\"log\" tabindex=\"0\">", dev_log_title(name),
                  dev_log_title(name));
    for (size_t i = first; i < log->count; i++) {
        const char *line = log->lines[i % DEV_LOG_LINES];
        page_escape(out, line ? line : "");
        buffer_puts(out, "\n");
    }
    buffer_puts(out, "</pre></section>");
}

static void show(struct client *client)
{
    const struct dev *dev = client->dev;
    struct buffer page = BUFFER_INIT(ANSWER_MAX / 2);
    char more[128], version[64];
    snprintf(version, sizeof(version), "\"%.8s-%" PRIu64 "\"", dev->server.token, dev->version);
    snprintf(more, sizeof(more), "Cache-Control: no-cache\r\nETag: %s\r\n", version);
    bool is_known = client->request.known && strcmp(client->request.known, version) == 0;
    if (!is_known) {
        page_begin(&page, "/", NULL);
        add_build(&page, dev);
        add_programs(&page, dev);
        for (int log = 0; log < DEV_LOG_COUNT; log++)
            add_log(&page, dev, log);
        buffer_puts(&page, PAGE_END);
    }
    answer_head(&client->out, is_known ? 304 : 200, "text/html; charset=utf-8", more, page.size);
    if (page.size > 0)
        buffer_add(&client->out, page.data, page.size);
    client->out.failed |= page.failed;
    buffer_release(&page);
}

/* ---- Requests ---- */

void answer_refuse(struct client *client, int status, const char *sentence)
{
    answer_head(&client->out, status, "text/plain; charset=utf-8", "Cache-Control: no-store\r\n", strlen(sentence) + 1);
    buffer_printf(&client->out, "%s\n", sentence);
}

static void show_asset(struct client *client, const char *name)
{
    for (size_t i = 0; i < sizeof(embedded) / sizeof(embedded[0]); i++) {
        if (strcmp(embedded[i].name, name) != 0)
            continue;
        const char *ending = strrchr(name, '.');
        answer_head(&client->out, 200,
                    strcmp(ending, ".css") == 0  ? "text/css; charset=utf-8"
                    : strcmp(ending, ".js") == 0 ? "text/javascript; charset=utf-8"
                                                 : "image/svg+xml",
                    "Cache-Control: public, max-age=31536000, immutable\r\n", embedded[i].size);
        buffer_add(&client->out, embedded[i].data, embedded[i].size);
        return;
    }
    answer_refuse(client, 404, "There is no such file.");
}

/* From a page of this server's own, and of this run of it. Compared in a time that does not tell where they differ. */
static bool is_allowed(const struct client *client, const char *body)
{
    char token[80];
    const char *given = request_field(body, "token", token, sizeof(token)), *wanted = client->dev->server.token;
    if (!request_is_same_origin(&client->request) || !given || strlen(given) != strlen(wanted))
        return false;
    unsigned difference = 0;
    for (size_t i = 0; given[i]; i++)
        difference |= (unsigned)(given[i] ^ wanted[i]);
    return difference == 0;
}

static void change(struct client *client, const char *body)
{
    if (!is_allowed(client, body)) {
        answer_refuse(client, 403, "That form is not of this server, or is older than it: load the page again.");
        return;
    }
    if (strcmp(client->request.path, "/Generate") == 0) {
        page_generate_now(client, body);
        return;
    }
    if (strcmp(client->request.path, "/build") != 0) {
        answer_refuse(client, 404, "There is no such page.");
        return;
    }
    build_want(client->dev);
    answer_head(&client->out, 303, "text/plain", "Location: /\r\nCache-Control: no-store\r\n", 0);
}

void page_answer(struct client *client, const char *body)
{
    const struct request *request = &client->request;
    if (strcmp(request->method, "POST") == 0)
        change(client, body);
    else if (strcmp(request->method, "GET") != 0)
        answer_refuse(client, 405, "Not this way.");
    else if (strcmp(request->path, "/") == 0)
        show(client);
    else if (strcmp(request->path, "/Codegen") == 0 || strcmp(request->path, "/Schema") == 0)
        page_generate(client, request->path);
    else if (strncmp(request->path, "/assets/", 8) == 0)
        show_asset(client, request->path + 8);
    else
        answer_refuse(client, 404, "There is no such page.");
}
