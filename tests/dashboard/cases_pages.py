"""What pages refuse, on each way of authentication; and what they do when something fails."""
from harness import *  # the modules that it imports too


# ---- What pages refuse, on each way of authentication ----

def forbidden_changes(way):
    """(what, expected status, a function that asks it)"""
    user, let_in = WAYS[way]
    identity = add_job()
    good = {"tableName": "letter_jobs", "id": identity}
    other = {**good, "tableName": "customers"}
    long_name = "x" * 200_000

    def form(server, fields, path="/jobs/DeleteJob", headers=None, **more):
        return server.send(path, fields, user, {**let_in, **(headers or {})}, **more)

    def plain(server, text):
        return server.ask("/jobs/DeleteJob", form=text, headers={"Origin": server.origin(), **let_in})

    def tokened(server, text):
        return plain(server, urllib.parse.urlencode({**good, TOKEN_FIELD: text}))

    return [
        ("a table that is no job table", 404, lambda s: form(s, other)),
        ("a table of the database's own", 404, lambda s: form(s, {**good, "tableName": "pg_class"})),
        ("SQLite's own table", 404, lambda s: form(s, {**good, "tableName": "sqlite_master"})),
        ("a quote", 404, lambda s: form(s, {**good, "tableName": "letter_jobs'"})),
        ("a statement", 404, lambda s: form(s, {**good, "tableName": 'letter_jobs"; DROP TABLE customers; --'})),
        ("a long name", 404, lambda s: form(s, {**good, "tableName": long_name})),
        ("a name of 1 MB", 413, lambda s: form(s, {**good, "tableName": "x" * 1_000_000})),
        ("a form past 1 MiB", 413, lambda s: form(s, {**good, "more": "x" * 1_100_000})),
        ("a name of 1 MB in the address", 414, lambda s: form(s, good, "/jobs/DeleteJob?tableName=" + "x" * 1_000_000)),
        ("an address past 8 KiB", 414, lambda s: form(s, good, "/jobs/DeleteJob?x=" + "x" * 8192)),
        ("no table", 400, lambda s: form(s, {"id": identity})),
        ("no id", 400, lambda s: form(s, {"tableName": "letter_jobs"})),
        ("an id that is none", 400, lambda s: form(s, {**good, "id": "' OR 1=1 --"})),
        ("an id that nobody has", 404, lambda s: form(s, {**good, "id": str(uuid.uuid4())})),
        ("a NUL", 400, lambda s: plain(s, f"tableName=letter_jobs%00&id={identity}&{TOKEN_FIELD}={token(user)}")),
        ("broken UTF-8", 400, lambda s: plain(s, f"tableName=%ff&{TOKEN_FIELD}={token(user)}")),
        ("a broken encoding", 400, lambda s: plain(s, f"tableName=%4&{TOKEN_FIELD}={token(user)}")),
        ("too many fields", 413, lambda s: plain(s, f"{TOKEN_FIELD}={token(user)}" + "&a=1" * 512)),
        ("DELETE of the list", 405, lambda s: s.ask("/jobs/ListJobs", "DELETE", headers=let_in)),
        ("another method's name", 405, lambda s: s.ask("/jobs/ListJobs", "BREW", headers=let_in)),
        ("another page's address", 404, lambda s: form(s, good, "/jobs/DeleteJobs")),
        ("the path with a slash more", 404, lambda s: form(s, good, "/jobs/DeleteJob/")),
        ("a host that begins like ours", 421, lambda s: form(s, good, host="localhost.evil.example")),
        ("a host that looks like an address", 421, lambda s: form(s, good, host="127.0.0.1.evil.example")),
        ("no host", 400, lambda s: form(s, good, host=False)),
        ("a token that is none", 403, lambda s: tokened(s, "9999999999.00")),
        ("a form of parts", 415, lambda s: form(s, good, headers={"Content-Type": "multipart/form-data; boundary=x"})),
        ("a form that is text", 415, lambda s: form(s, good, headers={"Content-Type": "text/plain"})),
    ]


def unguarded_changes(way, path, accept):
    """(what, expected status, a function that asks it), of one that would change something but for its guard."""
    user, let_in = WAYS[way]
    let_in = {**let_in, "Accept": accept}
    good = {"tableName": "letter_jobs"} if path == "CreateJob" else {"tableName": "letter_jobs", "id": add_job()}
    address = f"/jobs/{path}?{urllib.parse.urlencode(good)}"

    def form(server, headers, **more):
        return server.send(f"/jobs/{path}", good, user, {**let_in, **headers}, **more)

    def tokened(server, fields, query=""):
        return server.ask(f"/jobs/{path}{query}", form={**good, **fields},
                          headers={"Origin": server.origin(), **let_in})

    gets = [] if path == "CreateJob" else [("GET", 405, lambda s: s.ask(address, headers=let_in))]
    return gets + [
        ("PUT", 405, lambda s: form(s, {}, method="PUT")),
        ("a foreign origin", 403, lambda s: form(s, {"Origin": "https://evil.example"})),
        ("the origin of another port", 403, lambda s: form(s, {"Origin": "http://localhost:1"})),
        ("an origin of null", 403, lambda s: form(s, {"Origin": "null"})),
        ("no origin", 403, lambda s: form(s, {"Origin": None})),
        ("a cross-site form", 403, lambda s: form(s, {"Sec-Fetch-Site": "cross-site"})),
        ("a same-site form", 403, lambda s: form(s, {"Sec-Fetch-Site": "same-site"})),
        ("a foreign host", 421, lambda s: form(s, {}, host="evil.example")),
        ("no token", 403, lambda s: tokened(s, {})),
        ("a token in the address", 403, lambda s: tokened(s, {}, f"?{TOKEN_FIELD}={token(user)}")),
        ("another user's token", 403, lambda s: tokened(s, {TOKEN_FIELD: token("mallory")})),
        ("an expired token", 403, lambda s: tokened(s, {TOKEN_FIELD: token(user, life_s=-5)})),
        ("a token of another secret", 403, lambda s: tokened(s, {TOKEN_FIELD: token(user, secret="f" * 32)})),
    ]


def check_unguarded(way):
    wrong = []
    with Server(way) as server:
        for path in ("DeleteJob", "RetryJob", "CreateJob"):
            for accept in ("text/html", "application/json"):
                changes = unguarded_changes(way, path, accept)
                before = all_rows()
                for what, status, change in changes:
                    given, headers, body = change(server)
                    as_asked = headers["Content-Type"].startswith(accept)
                    said = list(json.loads(body)) == ["error"] if accept == "application/json" else "<h1>" in body
                    if (given, as_asked, said) != (status, True, True):
                        wrong.append(f"{path}, {accept}, {what}: {given} {body[-300:]!r}, not {status}")
                check(all_rows(), before, f"{path}, {accept}")
    check(wrong, [])


@case("pages")
def no_change_is_made_past_its_guard():
    for way in WAYS:
        check_unguarded(way)


def check_forbidden(way):
    sql("DELETE FROM letter_jobs")
    sql("INSERT INTO customers (id, name) VALUES ('%s', 'Ann')" % uuid.uuid4())
    _, let_in = WAYS[way]
    changes, wrong = forbidden_changes(way), []
    before = all_rows()
    with Server(way) as server:
        for what, status, change in changes:
            given, headers, body = change(server)
            if given != status or not body.strip():
                wrong.append(f"{what}: {given} {body[-300:]!r}, not {status}")
            if status == 405:
                check(bool(headers["Allow"]), True, f"{what}: Allow")
            as_json = headers["Content-Type"] == "application/json"
            check(as_json, False, f"{what}: {headers['Content-Type']}")
            check(all_rows(), before, what)
        status, headers, body = server.ask("/jobs/ViewJob?tableName=pg_class&id=1",
                                           headers={**let_in, "Accept": "application/json"})
        check((status, list(json.loads(body))), (404, ["error"]))
    check(wrong, [])
    return server


@case("pages")
def nothing_is_changed_by_what_is_refused_without_authentication():
    check_forbidden("none")


@case("pages")
def nothing_is_changed_by_what_is_refused_with_basic_authentication():
    check_forbidden("basic")


@case("pages")
def nothing_is_changed_by_what_is_refused_with_a_fixed_password():
    check_forbidden("static")


@case("pages")
def nothing_is_changed_by_what_is_refused_with_an_authentication_of_ones_own():
    check_forbidden("own")


@case("pages")
def what_is_allowed_is_done_and_audited_on_each_way():
    for way, (user, let_in) in WAYS.items():
        sql("DELETE FROM letter_jobs")
        identity, kept = add_job(), add_job()
        failed = add_job(status="job_status_failed")
        with Server(way, "--log-format", "json") as server:
            status, headers, _ = server.send("/jobs/RetryJob", {"tableName": "letter_jobs", "id": failed}, user, let_in)
            check(status, 303, way)
            check(sql(f"SELECT status FROM letter_jobs WHERE id = '{failed}'"), ["job_status_retry"])
            status, headers, _ = server.send("/jobs/DeleteJob", {"tableName": "letter_jobs", "id": identity}, user, let_in)
            check((status, headers["Location"][:6]), (303, "/jobs/"), way)
            check(sorted(sql("SELECT id FROM letter_jobs")), sorted([kept, failed]))
            status, _, body = server.send("/jobs/CreateJob", {"tableName": "letter_jobs", "recipient": "Bob", "pages": "3"},
                                          user, let_in)
            check((status, sql("SELECT pages FROM letter_jobs WHERE recipient = 'Bob'")), (303, ["3"]), body)
        lines = [json.loads(line) for line in server.log().splitlines()]
        audit = [line["message"] for line in lines if "deleted" in line["message"]]
        check(len(audit), 1, server.log())
        for part in (user or "somebody", identity, "letter_jobs", "127.0.0.1"):
            check(part in audit[0], True, f"{part} in {audit[0]}")


@case("pages")
def a_form_with_a_wrong_field_is_shown_again_with_what_was_entered():
    with Server() as server:
        before = all_rows()
        status, _, body = server.send("/jobs/CreateJob", {"tableName": "letter_jobs", "recipient": "Zoe & Co",
                                                          "pages": "many"})
        check(status, 422)
        check(("Zoe &amp; Co" in body, "many" in body, TOKEN_FIELD in body), (True, True, True), body)
        status, _, body = server.send("/jobs/CreateJob", {"tableName": "initial_scrape_jobs", "bandId": "x"})
        check((status, "&#34;x&#34; is not a uuid" in body), (422, True), body)
        status, _, body = server.send("/jobs/CreateJob", {"tableName": "initial_scrape_jobs",
                                                          "bandId": str(uuid.uuid4())})
        check((status, "There is no such band." in body), (422, True), body)
        status, _, body = server.send("/jobs/CreateJob", {"tableName": "initial_scrape_jobs"})
        check((status, "&#34;bandId&#34; is missing" in body), (400, True), body)
        check(all_rows(), before)


@case("pages")
def the_token_of_a_page_is_the_one_that_is_accepted():
    with Server("basic", secret=None) as server:
        let_in = WAYS["basic"][1]
        _, _, page = server.ask("/jobs/CreateJob?tableName=letter_jobs", headers=let_in)
        found = re.search(TOKEN_FIELD + r'" value="([^"]+)"', page).group(1)
        with Server("basic", secret=None) as second:  # the secret is the database's, so it is the same for both
            for one in (server, second):
                status, _, body = one.ask("/jobs/CreateJob", headers={"Origin": one.origin(), **let_in},
                                          form={"tableName": "letter_jobs", "recipient": "x", "pages": "1", TOKEN_FIELD: found})
                check(status, 303, body)
    check(len(sql("SELECT value FROM errand_secrets")), 1)


@case("pages")
def a_read_only_dashboard_changes_nothing_and_has_no_forms():
    identity = add_job()
    before = all_rows()
    with Server("none", "--read-only") as server:
        status, _, page = server.ask(f"/jobs/ViewJob?tableName=letter_jobs&id={identity}")
        check((status, TOKEN_FIELD in page), (200, False))
        for path in ("DeleteJob", "RetryJob", "CreateJob"):
            status, _, body = server.send(f"/jobs/{path}", {"tableName": "letter_jobs", "id": identity})
            check((status, "read-only" in body), (403, True), body)
    check(all_rows(), before)


@case("pages")
def who_does_not_log_in_sees_nothing():
    with Server("basic") as server:
        for path in ("/jobs", "/jobs/ListJobs", "/jobs/ListJob?tableName=letter_jobs", "/jobs/Events",
                     "/jobs/CreateJob?tableName=letter_jobs"):
            status, headers, body = server.ask(path)
            check((status, headers["WWW-Authenticate"][:6], "letter" in body.lower()), (401, "Basic ", False), path)
    with Server("own") as server:
        status, headers, body = server.ask("/jobs/ListJobs")
        check((status, headers["Location"], headers["Set-Cookie"]),
              (303, "/login?next=%0D%0ASet-Cookie:%20stolen=1", None))
        status, _, body = server.ask("/jobs/ListJobs", headers={"X-User": "nobody"})
        check((status, "letter" in body.lower()), (403, False))
        status, _, body = server.ask("/jobs/ListJobs", headers={"X-Fault": "raise"})
        check((status, "sessions" in body), (500, False), body)
        check("the table of sessions is gone" in server.log(), True)


@case("pages")
def after_failed_logins_an_address_has_to_wait():
    with Server("static") as server:
        for _ in range(3):
            check(server.ask("/jobs", headers=login("jobs", "wrong"))[0], 401)
        check(server.ask("/jobs", headers=login("jobs", "se:cret"))[0], 200)  # three mistakes are forgiven
        statuses = [server.ask("/jobs", headers=login("jobs", "wrong"))[0] for _ in range(5)]
        check(statuses, [401, 401, 401, 401, 429])
        status, headers, _ = server.ask("/jobs", headers=login("jobs", "se:cret"))
        check((status, int(headers["Retry-After"]) >= 1), (429, True))
        wait_for(lambda: server.ask("/jobs", headers=login("jobs", "se:cret"))[0] == 200, "the wait is over")


@case("pages")
def a_view_that_fails_shows_its_error_and_one_that_crashes_is_started_again():
    jobs = {}
    for name in ("Fail", "Abort", "Deep"):
        band = str(uuid.uuid4())
        sql(f"INSERT INTO bands (id, name) VALUES ('{band}', '{name}')")
        jobs[name] = add_job("initial_scrape_jobs", band_id=band)
    with Server() as server:
        status, _, body = server.ask(f"/jobs/ViewJob?tableName=initial_scrape_jobs&id={jobs['Fail']}")
        check((status, "no &lt;b&gt;chords&lt;/b&gt; for Fail" in body, "<nav" in body), (200, True, True), body)
        for _ in range(3):
            try:
                status = server.ask(f"/jobs/ViewJob?tableName=initial_scrape_jobs&id={jobs['Abort']}")[0]
            except (http.client.RemoteDisconnected, ConnectionResetError):
                status = "gone"
            check(status, "gone")
            check(server.ask("/jobs/ListJobs")[0], 200)  # waits in the queue of the socket
        log = server.log()
        check(log.count("the dashboard crashed (Aborted"), 3, log)
        check(log.count(f"at GET /jobs/ViewJob?tableName=initial_scrape_jobs&id={jobs['Abort']}"), 3, log)
        try:
            server.ask(f"/jobs/ViewJob?tableName=initial_scrape_jobs&id={jobs['Deep']}")
        except (http.client.RemoteDisconnected, ConnectionResetError):
            pass
        check(server.ask("/jobs/ListJobs")[0], 200)
        check(f"&id={jobs['Deep']}; it is started again" in server.log(), True, server.log())


@case("pages")
def a_view_that_hangs_is_started_again():
    band = str(uuid.uuid4())
    sql(f"INSERT INTO bands (id, name) VALUES ('{band}', 'Hang')")
    job = add_job("initial_scrape_jobs", band_id=band)
    with Server("none", "--page-timeout", "1") as server:
        try:
            server.ask(f"/jobs/ViewJob?tableName=initial_scrape_jobs&id={job}")
            raise AssertionError("it was answered")
        except (http.client.RemoteDisconnected, ConnectionResetError):
            pass
        check(server.ask("/jobs/ListJobs")[0], 200)
        check("a view hangs" in server.log(), True)
    with Server() as server:
        with server.connect() as connection:
            connection.sendall(b"GET /jobs/ViewJob?tableName=initial_scrape_jobs&id=%s HTTP/1.1\r\nHost: localhost\r\n\r\n" %
                               job.encode())
            check(server.ask("/jobs/ListJobs")[0], 200)
            server.process.terminate()
            wait_for(lambda: server.raw_or_none() is None, "it accepts no more")
            check(server.stop(), 0)  # told a second time it does not wait
        check("1 requests were cut off" in server.log(), True, server.log())
    sql(f"DELETE FROM initial_scrape_jobs WHERE id = '{job}'")


@contextlib.contextmanager
def locked(table="letter_jobs"):
    """Another program holds the table (on SQLite: the file), for as long as the block lasts."""
    if POSTGRES:
        other = subprocess.Popen(["psql", "-XAtqd", POSTGRES], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        other.stdin.write(f"BEGIN; LOCK TABLE {table}; SELECT 'locked';\n")
        other.stdin.flush()
        check(other.stdout.readline(), "locked\n")
        yield
        other.communicate()
    else:
        with contextlib.closing(sqlite3.connect(FOLDER / "app.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield


@case("pages")
def a_statement_that_takes_too_long_ends_with_a_page_that_says_so():
    job = add_job()
    with Server() as server:
        with locked():
            before = time.monotonic()
            status, _, body = server.send("/jobs/DeleteJob", {"tableName": "letter_jobs", "id": job})
            check((status, "2 s" in body, "<html" in body), (504, True, True), body)
            check(time.monotonic() - before < LIMIT_S / 2, True)
            check(server.ask("/jobs/nothing")[0], 404)
        check(server.send("/jobs/DeleteJob", {"tableName": "letter_jobs", "id": job})[0], 303)


@case("pages")
def a_secret_that_is_locked_is_waited_for():
    with Server(secret=None):
        sql("DELETE FROM errand_secrets")
    with concurrent.futures.ThreadPoolExecutor() as threads:
        with locked("errand_secrets"):
            starting = threads.submit(Server, secret=None)
            wait_for(lambda: "waiting for the secret" in max(FOLDER.glob("log-*")).read_text(), "it waits")
        with starting.result() as server:
            [secret] = sql("SELECT value FROM errand_secrets")
            job = add_job()
            form = {"tableName": "letter_jobs", "id": job, TOKEN_FIELD: token(secret=secret)}
            status, _, body = server.ask("/jobs/DeleteJob", form=form, headers={"Origin": server.origin()})
            check(status, 303, body)


@case("pages")
def while_the_database_is_away_the_page_says_so():
    if not POSTGRES:
        return
    cluster, folder = os.environ["POSTGRES_CLUSTER"], os.environ["TEST_POSTGRES_DIR"]
    with Server() as server, Server("own") as asking:
        check(server.ask("/jobs/ListJobs")[0], 200)
        subprocess.run([cluster, "stop", folder], check=True, stdout=subprocess.DEVNULL)
        try:
            status, headers, body = server.ask("/jobs/ListJob?tableName=letter_jobs")
            check((status, headers["Retry-After"], "<html" in body), (503, "5", True), body)
            status, _, body = server.ask("/jobs/ListJob?tableName=letter_jobs", headers={"Accept": "application/json"})
            check((status, list(json.loads(body))), (503, ["error"]))
            check(server.ask("/jobs/nothing")[0], 404)
        finally:
            subprocess.run([cluster, "start", folder], check=True, stdout=subprocess.DEVNULL)
        check(server.ask("/jobs/ListJob?tableName=letter_jobs")[0], 200)
        check(asking.ask("/jobs/ListJobs", headers={"X-User": "eve"})[0], 200)
