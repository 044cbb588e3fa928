/* errand_send_mail: a mail handed to the server of SMTP_URL, by libcurl. Everything that may raise is done before
   libcurl holds anything; then the exchange, which only reports. */
#include "mail/address.h"

#include <errand/mail.h>

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

enum { MAIL_MAX_BYTES = 10 * 1024 * 1024, MAIL_CONNECT_MS = 30 * 1000, MAIL_TIMEOUT_MS = 5 * 60 * 1000 };
enum { HEADERS_MAX = 8 };

struct server {
    char *url;  /* scheme://host:port, fit to be shown; owned */
    char *user; /* NULL: none; owned, decoded */
    char *password;
    bool may_be_plain; /* nothing secret is sent, or it does not leave this machine */
};

struct letter {
    const char *sender;               /* <user@host> */
    const char *headers[HEADERS_MAX]; /* ended by NULL */
    const char **recipients;          /* likewise */
    const char *text, *html;          /* with CRLF; NULL: none */
};

/* What came of it: a curl code, and the sentence. */
struct exchange {
    CURLcode code;
    char error[CURL_ERROR_SIZE];
    char answer[512]; /* the server's last refusal */
};

/* ---- The server ---- */

static void server_release(void *arg)
{
    struct server *server = arg;
    curl_free(server->url);
    curl_free(server->user);
    curl_free(server->password);
}

static char *url_part(CURLU *url, CURLUPart part, unsigned flags)
{
    char *value = NULL;
    return curl_url_get(url, part, &value, flags) == CURLUE_OK ? value : NULL;
}

static bool is_local(const char *host)
{
    return host && (strcmp(host, "localhost") == 0 || strncmp(host, "127.", 4) == 0 || strcmp(host, "[::1]") == 0);
}

/* False where the text is no URL of a mail server. Nothing of it is ever shown: it may hold a password. */
static bool server_parse(struct server *server, const char *text)
{
    CURLU *url = curl_url();
    bool good = url && curl_url_set(url, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK;
    char *scheme = good ? url_part(url, CURLUPART_SCHEME, 0) : NULL;
    good = scheme && (strcmp(scheme, "smtp") == 0 || strcmp(scheme, "smtps") == 0);
    if (good) {
        server->user = url_part(url, CURLUPART_USER, CURLU_URLDECODE);
        server->password = url_part(url, CURLUPART_PASSWORD, CURLU_URLDECODE);
        char *host = url_part(url, CURLUPART_HOST, 0);
        server->may_be_plain = !server->user || is_local(host);
        curl_free(host);
        curl_url_set(url, CURLUPART_USER, NULL, 0);
        curl_url_set(url, CURLUPART_PASSWORD, NULL, 0);
        server->url = url_part(url, CURLUPART_URL, 0);
        good = server->url != NULL;
    }
    curl_free(scheme);
    curl_url_cleanup(url);
    return good;
}

/* ---- The letter ---- */

static const char *with_crlf(struct errand_context *ctx, const char *text)
{
    char *copy = errand_alloc(ctx, 2 * strlen(text) + 1), *out = copy;
    for (const char *at = text; *at; at++) {
        if (*at == '\n' && (at == text || at[-1] != '\r'))
            *out++ = '\r';
        *out++ = *at;
    }
    return copy;
}

/* Not strftime: the names of a mail's days are English in every locale. */
static const char *date_header(struct errand_context *ctx)
{
    static const char days[][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
    static const char months[][4] = {
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"
    };
    time_t now = time(NULL);
    struct tm utc;
    gmtime_r(&now, &utc);
    return errand_printf(ctx, "Date: %s, %d %s %d %02d:%02d:%02d +0000", days[utc.tm_wday], utc.tm_mday,
                         months[utc.tm_mon], utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
}

static const char *message_id_header(struct errand_context *ctx, const char *sender)
{
    unsigned long long random[2];
    if (getrandom(random, sizeof(random), 0) != sizeof(random))
        errand_fail_errno(ctx, "mail: no random number for the Message-ID");
    return errand_printf(ctx, "Message-ID: <%016llx%016llx%s>", random[0], random[1], strchr(sender, '@'));
}

static struct letter write_letter(struct errand_context *ctx, const struct errand_mail *mail)
{
    const char *from = mail->from ? mail->from : getenv("MAIL_FROM");
    struct mail_addresses sender = mail_addresses_parse(ctx, "From", from);
    if (sender.count != 1)
        errand_fail(ctx, "mail: one sender is needed: .from, or MAIL_FROM in the environment");
    struct mail_addresses to = mail_addresses_parse(ctx, "To", mail->to);
    struct mail_addresses cc = mail_addresses_parse(ctx, "Cc", mail->cc);
    struct mail_addresses bcc = mail_addresses_parse(ctx, "Bcc", mail->bcc);
    struct mail_addresses reply_to = mail_addresses_parse(ctx, "Reply-To", mail->reply_to);
    size_t recipients = to.count + cc.count + bcc.count;
    if (recipients == 0)
        errand_fail(ctx, "mail: it has no recipient");
    if ((mail->text ? strlen(mail->text) : 0) + (mail->html ? strlen(mail->html) : 0) > MAIL_MAX_BYTES)
        errand_fail(ctx, "mail: text and html are longer than %d MiB", MAIL_MAX_BYTES >> 20);

    struct letter letter = { .sender = errand_printf(ctx, "<%s>", sender.items[0].address) };
    const char **header = letter.headers;
    *header++ = date_header(ctx);
    *header++ = message_id_header(ctx, sender.items[0].address);
    *header++ = mail_address_header(ctx, "From", &sender);
    if (to.count > 0)
        *header++ = mail_address_header(ctx, "To", &to);
    if (cc.count > 0)
        *header++ = mail_address_header(ctx, "Cc", &cc);
    if (reply_to.count > 0)
        *header++ = mail_address_header(ctx, "Reply-To", &reply_to);
    *header = mail_text_header(ctx, "Subject", mail->subject ? mail->subject : "");

    const char **recipient = letter.recipients = errand_alloc(ctx, (recipients + 1) * sizeof(*recipient));
    const struct mail_addresses *lists[] = { &to, &cc, &bcc };
    for (size_t list = 0; list < 3; list++)
        for (size_t i = 0; i < lists[list]->count; i++)
            *recipient++ = errand_printf(ctx, "<%s>", lists[list]->items[i].address);
    letter.html = mail->html ? with_crlf(ctx, mail->html) : NULL;
    letter.text = mail->text || !mail->html ? with_crlf(ctx, mail->text ? mail->text : "") : NULL;
    return letter;
}

/* ---- The exchange: nothing here raises ---- */

static struct curl_slist *list_of(const char *const *items, bool *full)
{
    struct curl_slist *list = NULL;
    for (; *items; items++) {
        struct curl_slist *longer = curl_slist_append(list, *items);
        *full = *full && longer;
        list = longer ? longer : list;
    }
    return list;
}

static bool add_part(curl_mime *mime, const char *text, const char *type)
{
    curl_mimepart *part = curl_mime_addpart(mime);
    return part && curl_mime_data(part, text, CURL_ZERO_TERMINATED) == CURLE_OK &&
           curl_mime_type(part, type) == CURLE_OK && curl_mime_encoder(part, "quoted-printable") == CURLE_OK;
}

/* Text and HTML are alternatives of each other, the better one last. */
static bool add_body(CURL *curl, curl_mime *mime, const struct letter *letter)
{
    curl_mime *body = mime;
    if (letter->text && letter->html) {
        body = curl_mime_init(curl);
        curl_mimepart *both = curl_mime_addpart(mime);
        if (!body || !both || curl_mime_subparts(both, body) != CURLE_OK) {
            curl_mime_free(body);
            return false;
        }
        if (curl_mime_type(both, "multipart/alternative") != CURLE_OK)
            return false;
    }
    return (!letter->text || add_part(body, letter->text, "text/plain; charset=utf-8")) &&
           (!letter->html || add_part(body, letter->html, "text/html; charset=utf-8"));
}

static size_t keep_answer(char *data, size_t size, size_t count, void *arg)
{
    struct exchange *exchange = arg;
    size_t length = size * count;
    if (length == 0 || (data[0] != '4' && data[0] != '5'))
        return length;
    while (length > 0 && (data[length - 1] == '\r' || data[length - 1] == '\n'))
        length--;
    size_t kept = length < sizeof(exchange->answer) - 1 ? length : sizeof(exchange->answer) - 1;
    memcpy(exchange->answer, data, kept);
    exchange->answer[kept] = '\0';
    return size * count;
}

static void set_up(CURL *curl, const struct server *server, int64_t timeout_ms, struct exchange *exchange)
{
    curl_easy_setopt(curl, CURLOPT_URL, server->url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    /* A proxy of the environment is for the web. */
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_USE_SSL, (long)(server->may_be_plain ? CURLUSESSL_TRY : CURLUSESSL_ALL));
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)MAIL_CONNECT_MS);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, exchange->error);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, keep_answer);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, exchange);
    if (server->user)
        curl_easy_setopt(curl, CURLOPT_USERNAME, server->user);
    if (server->password)
        curl_easy_setopt(curl, CURLOPT_PASSWORD, server->password);
}

static void deliver(const struct server *server, const struct letter *letter, int64_t timeout_ms,
                    struct exchange *exchange)
{
    bool full = true;
    exchange->code = CURLE_OUT_OF_MEMORY;
    struct curl_slist *recipients = list_of(letter->recipients, &full);
    struct curl_slist *headers = list_of(letter->headers, &full);
    CURL *curl = curl_easy_init();
    curl_mime *mime = curl ? curl_mime_init(curl) : NULL;
    if (full && mime && add_body(curl, mime, letter)) {
        set_up(curl, server, timeout_ms, exchange);
        curl_easy_setopt(curl, CURLOPT_MAIL_FROM, letter->sender);
        curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, recipients);
        curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
        curl_easy_setopt(curl, CURLOPT_MIMEPOST, mime);
        exchange->code = curl_easy_perform(curl);
    }
    curl_mime_free(mime);
    curl_easy_cleanup(curl);
    curl_slist_free_all(headers);
    curl_slist_free_all(recipients);
}

static int64_t timeout_ms(struct errand_context *ctx)
{
    int64_t left = errand_time_left_us(ctx) / 1000;
    return left < 1 ? 1 : left < MAIL_TIMEOUT_MS ? left : MAIL_TIMEOUT_MS;
}

void errand_send_mail(struct errand_context *ctx, const struct errand_mail *mail)
{
    struct letter letter = write_letter(ctx, mail);
    const char *url = getenv("SMTP_URL");
    if (!url || !*url)
        errand_fail(ctx, "mail: SMTP_URL is not set; it names the mail server: smtp://[user:password@]host[:port]");
    int64_t timeout = timeout_ms(ctx);
    struct server server = { 0 };
    struct exchange exchange = { 0 };
    errand_on_unwind(ctx, server_release, &server);
    if (!server_parse(&server, url))
        errand_fail(ctx, "mail: SMTP_URL is not of the form smtp://[user:password@]host[:port] or smtps://...");
    deliver(&server, &letter, timeout, &exchange);
    if (exchange.code != CURLE_OK)
        errand_fail(ctx, "mail: %s: %s%s%s", server.url,
                    exchange.error[0] ? exchange.error : curl_easy_strerror(exchange.code),
                    exchange.answer[0] ? "; the server said: " : "", exchange.answer);
    errand_off_unwind(ctx, server_release, &server);
    server_release(&server);
}
