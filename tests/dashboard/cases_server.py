"""The server: who reaches it, what it takes, how it lives; and slow clients."""
from harness import *  # the modules that it imports too


# ---- The server ----

def starts_with(*options, dashboard="none", **more):
    """Exit code and log of one that is to refuse."""
    server = Server(dashboard, *options, **more)
    if server.url:
        server.stop()
        return None, server.log()
    return server.stop(), server.log()


def refuses(words, *options, **more):
    code, log = starts_with(*options, **more)
    check((code in (1, 2), words in log), (True, True), f"{options} {more}: {code} {log}")


@case("server")
def it_refuses_to_listen_for_others_without_protection():
    refuses("--insecure-no-auth", "--host", "0.0.0.0")
    refuses("--insecure-no-auth", "--host", "::")
    refuses("--insecure-no-auth", "--behind-tls-proxy")
    refuses("in the clear", "--host", "0.0.0.0", dashboard="basic")
    refuses("in the clear", "--host", "0.0.0.0", dashboard="own")
    refuses("Web/FrontController.c", "--host", "0.0.0.0", dashboard="default")
    refuses("Web/FrontController.c", "--host", "0.0.0.0", "--insecure-no-auth", dashboard="default")
    for dashboard, options in (("none", ["--insecure-no-auth"]), ("basic", ["--behind-tls-proxy"])):
        with Server(dashboard, "--host", "0.0.0.0", *options):
            pass


@case("server")
def it_refuses_to_start_with_what_cannot_be_meant():
    refuses("DASHBOARD_PASSWORD is not set", dashboard="basic", environment={"DASHBOARD_PASSWORD": None})
    refuses("DASHBOARD_USER is empty", dashboard="basic", environment={"DASHBOARD_USER": ""})
    refuses("at least 32", secret="short")
    refuses("whole number from 0 to 65535", "--port", "65536")
    refuses("there is no option '--prot'", "--prot", "1")
    refuses("'serve' is not understood", "serve")
    refuses("go together", "--tls-cert", "x")
    refuses("cannot be read", "--tls-cert", "/nonexistent", "--tls-key", "/nonexistent")
    refuses("'*'", "--hosts", "*")
    refuses("cannot be mounted", "--mount", "jobs")
    refuses("none of this machine's", "--host", "192.0.2.1", "--insecure-no-auth")
    refuses("/nonexistent/app.db", environment={"DATABASE_URL": "sqlite:/nonexistent/app.db"})
    with Server() as server:
        refuses(f"port {server.port}", "--port", str(server.port))


@case("server")
def it_explains_itself():
    for option, words in (("--help", "--behind-tls-proxy"), ("-h", "Usage:"), ("--version", "RunDashboard (errand)")):
        done = subprocess.run([PROGRAM, option], env={"TEST_DASHBOARD": "none"}, stdout=subprocess.PIPE, text=True)
        check((done.returncode, words in done.stdout), (0, True), done.stdout)


@case("server")
def the_default_dashboard_shows_every_job_table():
    with Server("default") as server:
        check(server.host, "127.0.0.1")
        status, _, body = server.ask("/jobs/ListJobs")
        check((status, "tableName=letter_jobs" in body, "tableName=initial_scrape_jobs" in body), (200, True, True))


@case("server")
def it_answers_to_loopback_names_and_to_those_it_was_told():
    with Server("none", "--hosts", "jobs.example, tools.example:8443", "--mount", "/admin/jobs/") as server:
        for host, status in (("localhost", 200), ("LOCALHOST:1", 200), ("127.0.0.1:9", 200), ("127.8.9.1", 200),
                             ("[::1]:8000", 200), ("jobs.example", 200), ("Jobs.Example:443", 200),
                             ("tools.example:8443", 200), ("tools.example", 421), ("tools.example:1", 421),
                             ("evil.example", 421), ("127.evil.example", 421), ("[::2]", 421), ("0.0.0.0", 421),
                             ("jobs.example.evil", 421), ("localhost:x", 400), ("[::1", 400), ("", 400)):
            check(server.ask("/admin/jobs/ListJobs", host=host)[0], status, host)
        check(server.ask("/jobs/ListJobs")[0], 404)
        status, headers, _ = server.ask("/")
        check((status, headers["Location"]), (303, "/admin/jobs/"))


@case("server")
def every_response_says_how_browsers_must_treat_it():
    with Server() as server:
        asset = re.search(r'href="(/jobs/assets/dashboard.css[^"]*)"', server.ask("/jobs/")[2]).group(1)
        for path, status in (("/jobs/ListJobs", 200), ("/jobs/nothing", 404), (asset, 200), ("/jobs/assets/x", 404)):
            given, headers, _ = server.ask(path)
            check(given, status, path)
            policy = headers["Content-Security-Policy"]
            for word in ("default-src 'none'", "frame-ancestors 'none'", "script-src 'self'", "base-uri 'none'"):
                check(word in policy, True, word)
            check("script-src 'self' 'unsafe-inline'" in policy, False)
            check((headers["X-Content-Type-Options"], headers["Referrer-Policy"]), ("nosniff", "no-referrer"))
            wanted = "public, max-age=31536000, immutable" if path == asset else "no-store"
            check(headers["Cache-Control"], wanted, path)


@case("server")
def where_a_browser_sends_no_fetch_site_its_origin_is_asked_for():
    with Server("none", "--hosts", "jobs.example") as server:  # plain HTTP by a name: no Sec-Fetch-Site
        check(server.ask("/jobs/ListJobs", host="jobs.example")[1]["Referrer-Policy"], "same-origin")


@case("server")
def head_is_get_without_the_page():
    with Server() as server:
        _, _, page = server.ask("/jobs/CreateJob?tableName=initial_scrape_jobs")
        status, headers, body = server.ask("/jobs/ListJob?tableName=letter_jobs", "HEAD")
        check((status, body, int(headers["Content-Length"]) > 1000), (200, "", True))
        check(server.ask("/jobs/ListJob?tableName=x", "HEAD")[0], 404)
        check(server.ask("/jobs/DeleteJob", "HEAD")[0], 405)


@case("server")
def requests_that_are_none_are_refused():
    requests = [
        (b"GET /jobs/ListJobs HTTP/1.1\r\n\r\n", b"400"),
        (b"GET /jobs/ListJobs HTTP/1.1\r\nHost: localhost\r\nHost: evil\r\nConnection: close\r\n\r\n", b"400"),
        (b"GET /jobs/ListJobs HTTP/1.0\r\n\r\n", b"400"),
        (b"GET /jobs/%00 HTTP/1.0\r\nHost: localhost\r\n\r\n", b"400"),
        (b"GET /jobs/%ff HTTP/1.0\r\nHost: localhost\r\n\r\n", b"400"),
        (b"GET /jobs/% HTTP/1.0\r\nHost: localhost\r\n\r\n", b"400"),
        (b"GET /jobs/../../etc/passwd HTTP/1.0\r\nHost: localhost\r\n\r\n", b"404"),
        (b"GET /jobs/assets/../../../etc/passwd HTTP/1.0\r\nHost: localhost\r\n\r\n", b"404"),
        (b"GET /jobs/assets/%2e%2e%2f%2e%2e%2fetc%2fpasswd HTTP/1.0\r\nHost: localhost\r\n\r\n", b"404"),
        (b"GET /jobs/assets/ HTTP/1.0\r\nHost: localhost\r\n\r\n", b"404"),
        (b"OPTIONS * HTTP/1.0\r\nHost: localhost\r\n\r\n", b"400"),
        (b"CONNECT evil.example:443 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", b"400"),
        (b"POST /jobs/DeleteJob HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n"
         b"Connection: close\r\n\r\n0\r\n\r\n", b"400"),
        (b"POST /jobs/DeleteJob HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\nConnection: close\r\n\r\n", b"400"),
        (b"POST /jobs/DeleteJob HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999999999\r\n\r\n", b"413"),
        (b"GET /jobs/ListJobs HTTP/1.0\r\nHost: localhost\r\n" + b"X: y\r\n" * 99 + b"\r\n", b"200"),
        (b"GET /jobs/ListJobs HTTP/1.0\r\nHost: localhost\r\n" + b"X: y\r\n" * 100 + b"\r\n", b"431"),
        (b"GET /jobs/ListJobs HTTP/1.0\r\nHost: localhost\r\nX: " + b"y" * 32700 + b"\r\n\r\n", b"200"),
        (b"GET /jobs/ListJobs HTTP/1.0\r\nHost: localhost\r\nX: " + b"y" * 32800 + b"\r\n\r\n", b"431"),
        (b"GET /jobs/ListJobs HTTP/1.0\r\nHost: localhost\r\nX: " + b"y" * 100000 + b"\r\n\r\n", b"431"),
        (b"GET /jobs/" + b"x" * 8186 + b" HTTP/1.0\r\nHost: localhost\r\n\r\n", b"404"),
        (b"GET /jobs/" + b"x" * 8187 + b" HTTP/1.0\r\nHost: localhost\r\n\r\n", b"414"),
        (b"GET /jobs/" + b"x" * 100000 + b" HTTP/1.0\r\nHost: localhost\r\n\r\n", b"414"),
    ]
    with Server() as server:
        for data, status in requests:
            answer = server.raw(data)
            check(answer[9:12], status, f"{data[:150]!r} {answer[:500]!r}")
            check(b"Set-Cookie" in answer, False)
        for data in (b"\r\n\r\n", b"\0" * 100 + b"\r\n\r\n", b"GET\r\n\r\n", b"\x16\x03\x01\x02\x00\x01" + b"\0" * 200,
                     os.urandom(5000) + b"\r\n\r\n"):
            with server.connect() as connection:
                connection.sendall(data)
                connection.shutdown(socket.SHUT_WR)
                answer = read_all(connection)
            check(answer[:9] in (b"", b"HTTP/1.1 ", b"HTTP/1.0 "), True, f"{data[:50]!r}: {answer[:300]!r}")
            check(answer[9:10] in (b"", b"4"), True, f"{data[:50]!r}: {answer[:300]!r}")
        check(server.ask("/jobs/ListJobs")[0], 200)


@case("server")
def old_clients_and_those_in_a_hurry_are_served():
    with Server() as server:
        answer = server.raw(b"GET /jobs/ListJobs HTTP/1.0\r\nHost: localhost\r\n\r\n")
        check((b" 200 " in answer[:20], answer.rstrip().endswith(b"</html>")), (True, True), answer[:200])
        one = b"GET /jobs/%s HTTP/1.1\r\nHost: localhost\r\n%s\r\n"
        answer = server.raw(one % (b"ListJobs", b"") + one % (b"nothing", b"") + one % (b"ListJobs", b"Connection: close\r\n"))
        check(re.findall(rb"^HTTP/1.1 (\d+)", answer, re.MULTILINE), [b"200", b"404", b"200"])
        form = "tableName=letter_jobs&" + TOKEN_FIELD + "=" + token()
        chunked = f"{len(form):x}\r\n{form}\r\n0\r\n\r\n".encode()
        answer = server.raw(b"POST /jobs/DeleteJob HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\n"
                            b"Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n"
                            b"Connection: close\r\n\r\n" + chunked)
        check((answer[9:12], b"Which job?" in answer), (b"400", True), answer[-500:])


@case("server")
def two_hundred_at_once_are_all_served():
    with Server() as server:
        connections = [server.connect() for _ in range(200)]
        for connection in connections:
            connection.sendall(b"GET /jobs/ListJobs HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        with concurrent.futures.ThreadPoolExecutor(20) as pool:
            answers = list(pool.map(read_all, connections))
        check({answer[9:12] for answer in answers}, {b"200"})
        check({answer.rstrip().endswith(b"</html>") for answer in answers}, {True})
        for connection in connections:
            connection.close()


def unread(port):
    """Bytes that have reached the server's sockets and were not read by it."""
    rows = [line.split() for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(int(row[4].partition(":")[2], 16) for row in rows if int(row[1].partition(":")[2], 16) == port)


@case("server")
def forms_of_64_mib_may_be_under_way_and_no_more_but_those_of_64_kib():
    head = (b"POST /jobs/DeleteJob HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n")
    kib = 1024
    with Server() as server:
        sizes = [1024 * kib] * 68 + [256 * kib, 128 * kib]
        check(sum(size - 64 * kib for size in sizes), 64 * kib * kib)
        held = [server.connect() for _ in sizes]
        for connection, size in zip(held, sizes):
            connection.sendall(head % size + b"x" * (size - 1))
        wait_for(lambda: unread(server.port) == 0, "all that was sent is read")
        answer = server.raw(head % (64 * kib + 1) + b"x" * (64 * kib + 1))
        check((answer[9:12], b"Too many forms" in answer, b"Retry-After" in answer), (b"503", True, True), answer)
        answer = server.raw(head % (64 * kib) + b"x" * (64 * kib))
        check(answer[9:12], b"413", answer)  # of the dashboard, which has it in whole: one field is too long
        check(server.ask("/jobs/ListJobs")[0], 200)
        for connection in held:
            connection.sendall(b"x")
        check({read_all(connection)[9:12] for connection in held}, {b"413"})
        for connection in held:
            connection.close()
        wait_for(lambda: server.raw(head % (128 * kib) + b"x" * (128 * kib))[9:12] == b"413", "there is room again")


@case("server")
def one_address_may_have_256_connections_and_no_more():
    with Server() as server:
        request = b"GET /jobs/assets/x HTTP/1.1\r\nHost: localhost\r\n\r\n"
        held = []
        for _ in range(256):
            connection = server.connect()
            connection.sendall(request)
            check(connection.recv(12)[9:], b"404")
            held.append(connection)
        with server.connect() as late:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                late.sendall(request)
            check(read_all(late), b"")
        held.pop().close()
        wait_for(lambda: server.raw(request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))[9:12] == b"404",
                 "the place that became free is taken")
        for connection in held:
            connection.close()


@case("server")
def the_process_goes_with_its_parent_and_stops_when_told():
    with Server() as server:
        check(server.stop(), 0)
    server = Server()
    os.kill(server.process.pid, signal.SIGKILL)
    server.stop()

    def is_gone():
        with contextlib.suppress(ConnectionError, TimeoutError), server.connect():
            return False
        return True
    wait_for(is_gone, "the child has gone with its parent")


@case("server")
def systemd_is_told_when_it_serves():
    path = FOLDER / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(path))
        listener.settimeout(LIMIT_S)
        with Server(environment={"NOTIFY_SOCKET": str(path)}) as server:
            check(listener.recv(100), b"READY=1")
            server.process.terminate()
            check(listener.recv(100), b"STOPPING=1")


@case("server")
def with_a_certificate_it_speaks_tls_and_nothing_older_than_1_2():
    certificate, key = FOLDER / "cert.pem", FOLDER / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-days", "2",
                    "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with Server("basic", "--tls-cert", str(certificate), "--tls-key", str(key), "--host", "0.0.0.0") as server:
        check(server.url[:8], "https://")
        check(server.ask("/jobs")[0], 401)
        context = ssl.create_default_context(cafile=certificate)
        with socket.create_connection(("127.0.0.1", server.port), timeout=LIMIT_S) as plain, \
                context.wrap_socket(plain, server_hostname="localhost") as connection:
            check(connection.version() in ("TLSv1.3", "TLSv1.2"), True)
            connection.sendall(b"GET /jobs/ListJobs HTTP/1.0\r\nHost: localhost\r\nAuthorization: %s\r\n\r\n" %
                               WAYS["basic"][1]["Authorization"].encode())
            check(read_all(connection)[9:12], b"200")
        job = add_job()
        check(server.send("/jobs/DeleteJob", {"tableName": "letter_jobs", "id": job}, "ann", WAYS["basic"][1])[0], 303)
        check(server.send("/jobs/DeleteJob", {"tableName": "letter_jobs", "id": job}, "ann",
                          {**WAYS["basic"][1], "Origin": f"http://localhost:{server.port}"})[0], 403)
        warnings.simplefilter("ignore", DeprecationWarning)
        old = ssl._create_unverified_context()
        old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
        old.set_ciphers("ALL:@SECLEVEL=0")
        with socket.create_connection(("127.0.0.1", server.port), timeout=LIMIT_S) as plain:
            try:
                old.wrap_socket(plain)
                raise AssertionError("TLS 1.1 was spoken")
            except (ssl.SSLError, ConnectionError):
                pass
        check(b"401" in server.raw(b"GET /jobs HTTP/1.0\r\nHost: localhost\r\n\r\n"), False)
        check(server.ask("/jobs")[0], 401)


@case("server")
def behind_a_proxy_the_log_names_who_asked_it():
    with Server("basic", "--behind-tls-proxy", "--hosts", "jobs.example") as server:
        headers = {**WAYS["basic"][1], "X-Forwarded-For": "10.1.1.1, 198.51.100.7", "Origin": "https://jobs.example"}
        job = add_job()
        status, _, body = server.send("/jobs/DeleteJob", {"tableName": "letter_jobs", "id": job}, "ann", headers,
                                      host="jobs.example")
        check(status, 303, body)
    check(re.search("deleted.*from 198.51.100.7", server.log()) is not None, True, server.log())


@case("server")
def streams_bring_changes_and_are_at_most_a_hundred():
    with Server() as server:
        request = b"GET /jobs/Events HTTP/1.1\r\nHost: localhost\r\n\r\n"
        streams = []
        for _ in range(100):
            connection = server.connect()
            connection.sendall(request)
            check(connection.recv(12)[9:], b"200")
            streams.append(connection)
        answer = server.raw(request)
        check((answer[9:12], b"Retry-After" in answer), (b"503", True))
        check(server.ask("/jobs/ListJobs")[0], 200)  # no thread is held

        def read_events(connection):
            data = b""
            while b"event: change" not in data and (more := connection.recv(65536)):
                data += more
            return data
        with concurrent.futures.ThreadPoolExecutor(100) as pool:
            waiting = [pool.submit(read_events, connection) for connection in streams]
            stop = threading.Event()

            def insert():
                while not stop.wait(0.5):
                    add_job()
            inserter = threading.Thread(target=insert)
            inserter.start()
            try:
                events = [future.result(LIMIT_S) for future in waiting]
            finally:
                stop.set()
                inserter.join()
                ended = server.stop()  # streams do not hold it up
        check({b"event: change" in event for event in events}, {True})
        check(ended, 0)
        for connection in streams:
            connection.close()


# ---- Slow clients ----

def drip(server, begin, more):
    """Sends a byte now and then until the server has had enough."""
    with server.connect() as connection:
        connection.sendall(begin)
        end = time.monotonic() + LIMIT_S
        connection.settimeout(0.5)
        while time.monotonic() < end:
            try:
                connection.sendall(more)
                if connection.recv(65536) == b"":
                    return True
            except TimeoutError:
                continue
            except (BrokenPipeError, ConnectionResetError):
                return True
    return False


@case("slow")
def clients_that_send_a_byte_now_and_then_are_let_go():
    with Server() as server, concurrent.futures.ThreadPoolExecutor(30) as pool:
        slow = [
            pool.submit(drip, server, b"", b"G"),
            pool.submit(drip, server, b"GET /jobs/ListJobs HTTP/1.1\r\nHost: localhost\r\nX: ", b"y"),
            pool.submit(drip, server, b"POST /jobs/DeleteJob HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n",
                        b"a"),
            pool.submit(drip, server, b"POST /jobs/DeleteJob HTTP/1.1\r\nHost: localhost\r\n"
                        b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n"),
        ]
        slow += [pool.submit(drip, server, b"GET /jobs/ HTTP/1.1\r\nX: ", b"z") for _ in range(20)]
        while not all(future.done() for future in slow):
            check(server.ask("/jobs/ListJobs")[0], 200)  # the others do not notice
        check([future.result() for future in slow], [True] * len(slow))


def sockets_of(server):
    """How many the process that serves has open."""
    child = pathlib.Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()[0]
    count = 0
    for descriptor in pathlib.Path(f"/proc/{child}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            count += os.readlink(descriptor).startswith("socket:")
    return count


@case("slow")
def clients_that_take_a_byte_now_and_then_are_let_go():
    with Server() as server:
        before = sockets_of(server)
        asset = re.search(r'"(/jobs/assets/bootstrap.css[^"]*)"', server.ask("/jobs")[2]).group(1)
        wait_for(lambda: sockets_of(server) == before, "no connection is open")
        with socket.socket() as slow:
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            slow.connect((server.host, server.port))
            slow.sendall(f"GET {asset} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            check(slow.recv(12)[9:], b"200")
            check(sockets_of(server), before + 1)

            def is_let_go():
                slow.recv(1)
                time.sleep(0.2)
                return sockets_of(server) <= before
            wait_for(is_let_go, "the connection is closed")
