/* Style, script and icon: what tools/embed-files made of src/dashboard/assets/ and of Bootstrap. */
#include "dashboard/assets.h"

#include "dashboard/dashboard.h"
#include "embedded.h"

#include <string.h>

static const struct embedded *find(const char *name)
{
    for (size_t i = 0; i < sizeof(embedded) / sizeof(embedded[0]); i++) {
        if (strcmp(embedded[i].name, name) == 0)
            return &embedded[i];
    }
    return NULL;
}

/* By the end of the name. */
static const struct {
    const char *ending, *type, *link;
} kinds[] = {
    { ".css", "text/css; charset=utf-8", "<link rel=\"stylesheet\" href=\"%s\">" },
    { ".js", "text/javascript; charset=utf-8", "<script src=\"%s\"></script>" },
    { ".svg", "image/svg+xml", "<link rel=\"icon\" type=\"image/svg+xml\" href=\"%s\">" },
};

static size_t kind_of(const char *name)
{
    size_t kind = 0;
    while (strcmp(strrchr(name, '.'), kinds[kind].ending) != 0)
        kind++;
    return kind;
}

/* MOUNT/assets/NAME?v=HASH, in the memory of the request. */
static const char *asset_address(struct html *out, const char *name)
{
    return errand_printf(out->page->ctx, "%s/assets/%s?v=%s", html_mount(out), name, find(name)->hash);
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
void asset_link(struct html *out, const char *name)
{
    html_printf(out, kinds[kind_of(name)].link, asset_address(out, name));
}
#pragma GCC diagnostic pop

void page_asset(struct page *page)
{
    const char *name = page->path + strlen("/assets/");
    const struct embedded *file = find(name);
    if (!file)
        page_refuse(page, 404, "There is no file %s.", name);
    page->content_type = kinds[kind_of(name)].type;
    page->cache = "public, max-age=31536000, immutable";
    html_add(page->out, (const char *)file->data, file->size);
}
