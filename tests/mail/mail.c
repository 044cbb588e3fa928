/* errand_send_mail against a real server on 127.0.0.1: one thread of this program that speaks SMTP and remembers. */
#include "record/context.h"

#include <errand/mail.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static const struct store_url nowhere = { .kind = STORE_SQLITE, .target = "/nonexistent/app.db", .shown = "nowhere" };

struct smtp {
    int listener;
    const char *refuse; /* the answer to RCPT; NULL: 250 */
    char commands[8192], letter[16384];
    pthread_t thread;
};

static void handle(struct smtp *smtp, FILE *in, int out)
{
    char line[4096];
    bool in_letter = false;
    dprintf(out, "220 test\r\n");
    while (fgets(line, sizeof(line), in)) {
        char *kept = in_letter ? smtp->letter : smtp->commands;
        size_t room = in_letter ? sizeof(smtp->letter) : sizeof(smtp->commands);
        snprintf(kept + strlen(kept), room - strlen(kept), "%s", line);
        if (in_letter) {
            in_letter = strcmp(line, ".\r\n") != 0;
            if (!in_letter)
                dprintf(out, "250 kept\r\n");
        } else if (strncmp(line, "EHLO", 4) == 0) {
            dprintf(out, "250-test\r\n250 AUTH PLAIN\r\n");
        } else if (strncmp(line, "RCPT", 4) == 0 && smtp->refuse) {
            dprintf(out, "%s\r\n", smtp->refuse);
        } else if (strncmp(line, "DATA", 4) == 0) {
            in_letter = true;
            dprintf(out, "354 go on\r\n");
        } else if (strncmp(line, "AUTH", 4) == 0) {
            dprintf(out, "334 \r\n");
        } else {
            dprintf(out, strncmp(line, "AHVzZXIAc2VzYW1l", 16) == 0 ? "235 welcome\r\n" : "250 ok\r\n");
        }
    }
}

static void *serve(void *arg)
{
    struct smtp *smtp = arg;
    int session;
    while ((session = accept(smtp->listener, NULL, NULL)) >= 0) {
        FILE *in = fdopen(session, "r");
        handle(smtp, in, session);
        fclose(in);
    }
    return NULL;
}

struct fixture {
    struct smtp smtp;
    struct errand_context *ctx;
    char url[128];
};

static int start(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof(address);
    fixture->smtp.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_return_code(bind(fixture->smtp.listener, (struct sockaddr *)&address, size), 0);
    assert_return_code(listen(fixture->smtp.listener, 8), 0);
    assert_return_code(getsockname(fixture->smtp.listener, (struct sockaddr *)&address, &size), 0);
    snprintf(fixture->url, sizeof(fixture->url), "127.0.0.1:%d", ntohs(address.sin_port));
    assert_int_equal(pthread_create(&fixture->smtp.thread, NULL, serve, &fixture->smtp), 0);
    static const struct context_config config = { .url = &nowhere };
    fixture->ctx = context_new(&config);
    unsetenv("MAIL_FROM");
    char url[256];
    snprintf(url, sizeof(url), "smtp://%s", fixture->url);
    setenv("SMTP_URL", url, 1);
    *state = fixture;
    return 0;
}

static int stop(void **state)
{
    struct fixture *fixture = *state;
    shutdown(fixture->smtp.listener, SHUT_RDWR);
    pthread_join(fixture->smtp.thread, NULL);
    close(fixture->smtp.listener);
    context_free(fixture->ctx);
    free(fixture);
    return 0;
}

static void send_it(struct errand_context *ctx, void *mail)
{
    errand_send_mail(ctx, mail);
}

static void sent(struct fixture *fixture, struct errand_mail mail)
{
    struct context_end end = context_call(fixture->ctx, send_it, &mail);
    if (end.end != JOB_END_RETURNED)
        fail_msg("%s", end.error);
}

static const char *refused(struct fixture *fixture, struct errand_mail mail)
{
    struct context_end end = context_call(fixture->ctx, send_it, &mail);
    assert_int_equal(end.end, JOB_END_FAILED);
    return end.error;
}

static void assert_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("'%s' is not in:\n%s", part, text);
}

static void a_mail_arrives_with_its_headers_and_text(void **state)
{
    struct fixture *fixture = *state;
    sent(fixture, (struct errand_mail){ .from = "Ada <ada@example.com>",
                                        .to = "b@example.com",
                                        .subject = "Bread",
                                        .text = "Dear B,\n.\ncome by.\n" });
    assert_has(fixture->smtp.commands, "MAIL FROM:<ada@example.com>");
    assert_has(fixture->smtp.commands, "RCPT TO:<b@example.com>");
    const char *letter = fixture->smtp.letter;
    assert_has(letter, "From: \"Ada\" <ada@example.com>\r\n");
    assert_has(letter, "To: b@example.com\r\n");
    assert_has(letter, "Subject: Bread\r\n");
    assert_has(letter, "\r\nDate: ");
    assert_has(letter, "\r\nMessage-ID: <");
    assert_has(letter, "Content-Type: text/plain; charset=utf-8\r\n");
    /* A line that is only a dot would end the mail: it travels as two. */
    assert_has(letter, "Dear B,\r\n..\r\ncome by.\r\n");
}

static void every_recipient_gets_it_and_bcc_is_not_shown(void **state)
{
    struct fixture *fixture = *state;
    sent(fixture, (struct errand_mail){ .from = "a@example.com",
                                        .to = "b@example.com, \"C, the Baker\" <c@example.com>",
                                        .cc = "d@example.com",
                                        .bcc = "secret@example.com",
                                        .reply_to = "e@example.com" });
    assert_has(fixture->smtp.commands, "RCPT TO:<b@example.com>");
    assert_has(fixture->smtp.commands, "RCPT TO:<c@example.com>");
    assert_has(fixture->smtp.commands, "RCPT TO:<d@example.com>");
    assert_has(fixture->smtp.commands, "RCPT TO:<secret@example.com>");
    assert_null(strstr(fixture->smtp.letter, "secret"));
    assert_has(fixture->smtp.letter, "To: b@example.com,\r\n \"C, the Baker\" <c@example.com>\r\n");
    assert_has(fixture->smtp.letter, "Cc: d@example.com\r\n");
    assert_has(fixture->smtp.letter, "Reply-To: e@example.com\r\n");
}

static void text_and_html_are_alternatives(void **state)
{
    struct fixture *fixture = *state;
    sent(fixture, (struct errand_mail){
                      .from = "a@example.com", .to = "b@example.com", .text = "plain", .html = "<b>bold</b>" });
    const char *alternative = strstr(fixture->smtp.letter, "Content-Type: multipart/alternative");
    assert_non_null(alternative);
    assert_true(strstr(alternative, "text/plain") < strstr(alternative, "text/html"));
}

static void other_scripts_travel_encoded(void **state)
{
    struct fixture *fixture = *state;
    sent(fixture, (struct errand_mail){
                      .from = "Chloé <c@example.com>", .to = "b@example.com", .subject = "Grüße", .text = "Grüße" });
    assert_has(fixture->smtp.letter, "From: =?UTF-8?B?Q2hsb8Op?= <c@example.com>\r\n");
    assert_has(fixture->smtp.letter, "Subject: =?UTF-8?B?R3LDvMOfZQ==?=\r\n");
    assert_has(fixture->smtp.letter, "Gr=C3=BC=C3=9Fe");
    for (const char *at = fixture->smtp.letter; *at; at++)
        assert_true((unsigned char)*at < 0x80);
}

static void a_long_subject_is_cut_between_characters(void **state)
{
    struct fixture *fixture = *state;
    char subject[301] = "";
    for (int i = 0; i < 100; i++)
        strcat(subject, "€");
    sent(fixture, (struct errand_mail){ .from = "a@example.com", .to = "b@example.com", .subject = subject });
    assert_has(fixture->smtp.letter, "Subject: =?UTF-8?B?4oKs");
    assert_has(fixture->smtp.letter, "?=\r\n =?UTF-8?B?4oKs");
}

/* Bytes that continue a character which never began: a place to cut is not to be found among them. */
static void a_subject_that_is_no_utf_8_is_cut_into_full_words(void **state)
{
    struct fixture *fixture = *state;
    char subject[46 + 45 + 1], word[128] = "=?UTF-8?B?";
    memset(subject, 0x80, sizeof(subject) - 1);
    subject[sizeof(subject) - 1] = '\0';
    for (int i = 0; i < 15; i++)
        strcat(word, "gICA");
    strcat(word, "?=\r\n ");
    sent(fixture, (struct errand_mail){ .from = "a@example.com", .to = "b@example.com", .subject = subject });
    const char *first = strstr(fixture->smtp.letter, word);
    assert_non_null(first);
    assert_memory_equal(first + strlen(word), word, strlen(word));
    assert_has(fixture->smtp.letter, " =?UTF-8?B?gA==?=\r\n");
}

static void a_header_has_eight_kibibytes_at_most(void **state)
{
    struct fixture *fixture = *state;
    char subject[8 * 1024 + 2];
    memset(subject, 0x80, sizeof(subject) - 1);
    subject[sizeof(subject) - 1] = '\0';
    assert_has(
        refused(fixture, (struct errand_mail){ .from = "a@example.com", .to = "b@example.com", .subject = subject }),
        "longer than 8192 bytes");
    subject[sizeof(subject) - 2] = '\0';
    sent(fixture, (struct errand_mail){ .from = "a@example.com", .to = "b@example.com", .subject = subject });
}

static void the_servers_refusal_is_the_error(void **state)
{
    struct fixture *fixture = *state;
    fixture->smtp.refuse = "550 5.1.1 no such user here";
    assert_has(refused(fixture, (struct errand_mail){ .from = "a@example.com", .to = "b@example.com" }),
               "550 5.1.1 no such user here");
}

static void a_password_is_used_and_never_shown(void **state)
{
    struct fixture *fixture = *state;
    char url[256];
    snprintf(url, sizeof(url), "smtp://user:sesame@%s", fixture->url);
    setenv("SMTP_URL", url, 1);
    sent(fixture, (struct errand_mail){ .from = "a@example.com", .to = "b@example.com" });
    assert_has(fixture->smtp.commands, "AUTH PLAIN\r\nAHVzZXIAc2VzYW1l\r\n");
    fixture->smtp.refuse = "550 no";
    assert_null(
        strstr(refused(fixture, (struct errand_mail){ .from = "a@example.com", .to = "b@example.com" }), "sesame"));
    setenv("SMTP_URL", "http://user:sesame@127.0.0.1", 1);
    assert_null(
        strstr(refused(fixture, (struct errand_mail){ .from = "a@example.com", .to = "b@example.com" }), "sesame"));
}

static void no_text_smuggles_in_a_header(void **state)
{
    struct fixture *fixture = *state;
    static const char evil[] = "x\r\nBcc: victim@example.com";
    refused(fixture, (struct errand_mail){ .from = "a@example.com", .to = "b@example.com", .subject = evil });
    refused(fixture, (struct errand_mail){ .from = "a@example.com", .to = "b@example.com\r\nRCPT TO:<c@example.com>" });
    refused(fixture, (struct errand_mail){ .from = "A\n <a@example.com>", .to = "b@example.com" });
    assert_string_equal(fixture->smtp.commands, "");
}

static void what_is_missing_is_named(void **state)
{
    struct fixture *fixture = *state;
    assert_has(refused(fixture, (struct errand_mail){ .to = "b@example.com" }), "MAIL_FROM");
    assert_has(refused(fixture, (struct errand_mail){ .from = "a@example.com" }), "no recipient");
    assert_has(refused(fixture, (struct errand_mail){ .from = "a@example.com", .to = "nobody" }), "'nobody'");
    unsetenv("SMTP_URL");
    assert_has(refused(fixture, (struct errand_mail){ .from = "a@example.com", .to = "b@example.com" }), "SMTP_URL");
}

static void mail_from_is_the_sender_of_mails_that_name_none(void **state)
{
    struct fixture *fixture = *state;
    setenv("MAIL_FROM", "robot@example.com", 1);
    sent(fixture, (struct errand_mail){ .to = "b@example.com" });
    assert_has(fixture->smtp.commands, "MAIL FROM:<robot@example.com>");
}

static void a_mail_has_ten_mebibytes_at_most(void **state)
{
    struct fixture *fixture = *state;
    size_t size = 10 * 1024 * 1024;
    char *text = malloc(size + 2);
    memset(text, 'x', size + 1);
    text[size + 1] = '\0';
    assert_has(refused(fixture, (struct errand_mail){ .from = "a@example.com", .to = "b@example.com", .text = text }),
               "10 MiB");
    text[size] = '\0';
    sent(fixture, (struct errand_mail){ .from = "a@example.com", .to = "b@example.com", .text = text });
    free(text);
}

#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(a_mail_arrives_with_its_headers_and_text),
        WITH_SERVER(every_recipient_gets_it_and_bcc_is_not_shown),
        WITH_SERVER(text_and_html_are_alternatives),
        WITH_SERVER(other_scripts_travel_encoded),
        WITH_SERVER(a_long_subject_is_cut_between_characters),
        WITH_SERVER(a_subject_that_is_no_utf_8_is_cut_into_full_words),
        WITH_SERVER(a_header_has_eight_kibibytes_at_most),
        WITH_SERVER(the_servers_refusal_is_the_error),
        WITH_SERVER(a_password_is_used_and_never_shown),
        WITH_SERVER(no_text_smuggles_in_a_header),
        WITH_SERVER(what_is_missing_is_named),
        WITH_SERVER(mail_from_is_the_sender_of_mails_that_name_none),
        WITH_SERVER(a_mail_has_ten_mebibytes_at_most),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
