"""What `serve` asks with: a database, the real program, requests, cases."""
import base64
import concurrent.futures
import contextlib
import hashlib
import hmac
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import urllib.parse
import uuid
import warnings

PROGRAM, ERRAND, SCHEMA = (os.path.abspath(path) for path in sys.argv[1:4])
POSTGRES = os.environ.get("TEST_POSTGRES_URL")
SECRET = "0123456789abcdef0123456789abcdef"
LIMIT_S = 90
TOKEN_FIELD = "errand_token"
FOLDER = pathlib.Path(tempfile.mkdtemp(prefix="errand-serve-"))
URL = POSTGRES or f"sqlite:{FOLDER}/app.db"


def wait_for(condition, what):
    end = time.monotonic() + LIMIT_S
    while not (found := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"not in {LIMIT_S} s: {what}")
        time.sleep(0.02)
    return found


# ---- The database ----

def sql(statement):
    """Runs it as another program would; the rows, as text."""
    if POSTGRES:
        done = subprocess.run(["psql", "-XAtqd", POSTGRES, "-v", "ON_ERROR_STOP=1", "-c", statement], check=True,
                              stdout=subprocess.PIPE, text=True)
        return done.stdout.splitlines()
    with contextlib.closing(sqlite3.connect(FOLDER / "app.db", timeout=30, isolation_level=None)) as database:
        return ["|".join(str(cell) for cell in row) for row in database.execute(statement)]


def add_job(table="letter_jobs", **columns):
    identity = str(uuid.uuid4())
    names = ", ".join(["id", *columns])
    values = ", ".join(f"'{value}'" for value in [identity, *columns.values()])
    sql(f"INSERT INTO {table} ({names}) VALUES ({values})")
    return identity


def all_rows():
    """What must be unchanged after a refusal."""
    job = "SELECT CAST(id AS TEXT) AS row, CAST(status AS TEXT), CAST(updated_at AS TEXT), CAST(run_at AS TEXT) FROM"
    record = "SELECT CAST(id AS TEXT), name, '', '' FROM"
    return sorted(sql(f"{job} letter_jobs UNION ALL {job} initial_scrape_jobs UNION ALL {record} customers UNION ALL "
                      f"{record} bands"))


# ---- The program ----

class Server:
    """A RunDashboard that runs until the end of the block."""

    def __init__(self, dashboard="none", *options, environment=None, secret=SECRET):
        self.log_path = FOLDER / f"log-{time.monotonic_ns()}"
        variables = {key: value for key, value in os.environ.items()
                     if key not in ("DATABASE_URL", "NOTIFY_SOCKET", "ERRAND_DASHBOARD_SECRET")}
        variables.update(TEST_DASHBOARD=dashboard, DATABASE_URL=URL, DASHBOARD_USER="ann", DASHBOARD_PASSWORD="pa:ss")
        if secret:
            variables["ERRAND_DASHBOARD_SECRET"] = secret
        variables.update(environment or {})
        variables = {key: value for key, value in variables.items() if value is not None}
        words = [PROGRAM, *options] if any(o.startswith("--port") for o in options) else [PROGRAM, "--port", "0", *options]
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(words, env=variables, stdout=subprocess.PIPE, stderr=log, text=True)
        line = self.process.stdout.readline()
        self.url = re.search(r"https?://\S+", line)
        if self.url:
            self.url = self.url.group()
            parts = urllib.parse.urlsplit(self.url)
            self.host, self.port, self.tls = parts.hostname, parts.port, parts.scheme == "https"

    def __enter__(self):
        assert self.url, f"it does not start: {self.log()}"
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
        code = self.process.wait(LIMIT_S)
        self.process.stdout.close()
        return code

    def log(self):
        return self.log_path.read_text(errors="replace")

    def connect(self):
        return socket.create_connection((self.host, self.port), timeout=LIMIT_S)

    def raw(self, data):
        """What comes back for these bytes until the server closes."""
        with self.connect() as connection:
            connection.sendall(data)
            return read_all(connection)

    def raw_or_none(self):
        """None where nobody listens any more."""
        try:
            return self.raw(b"GET / HTTP/1.0\r\nHost: localhost\r\n\r\n")
        except ConnectionError:
            return None

    def ask(self, path, method=None, form=None, headers=None, host=None):
        """A request as curl would send it: (status, headers, body)."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=LIMIT_S)
        if self.tls:
            connection = http.client.HTTPSConnection(self.host, self.port, timeout=LIMIT_S,
                                                     context=ssl._create_unverified_context())
        body = form if form is None or isinstance(form, (str, bytes)) else urllib.parse.urlencode(form)
        connection.putrequest(method or ("POST" if body is not None else "GET"), path, skip_host=True,
                              skip_accept_encoding=True)
        given = dict(headers or {})
        if host is not False:
            given.setdefault("Host", f"localhost:{self.port}" if host is None else host)
        if body is not None:
            given.setdefault("Content-Type", "application/x-www-form-urlencoded")
            given["Content-Length"] = str(len(body))
        for name, value in given.items():
            if value is not None:
                connection.putheader(name, value)
        connection.endheaders()
        if body is not None:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # refused before it was read
                connection.send(body.encode() if isinstance(body, str) else body)
        response = connection.getresponse()
        answer = (response.status, response.headers, response.read().decode())
        connection.close()
        return answer

    def origin(self):
        return f"http{'s' if self.tls else ''}://localhost:{self.port}"

    def send(self, path, form, user="", headers=None, **more):
        """A form as a page of the dashboard would send it."""
        form = {**form, TOKEN_FIELD: token(user)}
        return self.ask(path, form=form, headers={"Origin": self.origin(), **(headers or {})}, **more)


def read_all(connection):
    data = b""
    with contextlib.suppress(ConnectionResetError):
        while more := connection.recv(65536):
            data += more
    return data


def token(user="", life_s=3600, secret=SECRET):
    """Made here again, independently of the program."""
    expires = int(time.time()) + life_s
    mac = hmac.new(secret.encode(), f"errand form {expires:020d} {user}".encode(), hashlib.sha256)
    return f"{expires}.{mac.hexdigest()}"


def login(user, password):
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


# How to be let in on each dashboard: its name for tokens, and the headers.
WAYS = {
    "none": ("", {}),
    "basic": ("ann", login("ann", "pa:ss")),
    "static": ("jobs", login("jobs", "se:cret")),
    "own": ("eve", {"X-User": "eve"}),
}


# ---- Cases ----

NUMBER, FAILURES = 0, 0
CASES = {"pages": [], "server": [], "slow": []}


def case(part):
    def add(function):
        CASES[part].append(function)
        return function
    return add


def check(given, wanted, what=""):
    if given != wanted:
        raise AssertionError(f"{what}: {given!r}, not {wanted!r}")


def run(function):
    global NUMBER, FAILURES
    NUMBER += 1
    try:
        function()
        print(f"ok {NUMBER} - {function.__name__}", flush=True)
    except Exception:
        FAILURES += 1
        print(f"not ok {NUMBER} - {function.__name__}")
        for line in traceback.format_exc().splitlines()[-30:]:
            print(f"# {line[:2000]}", flush=True)


def main():
    subprocess.run([ERRAND, "db", "create", "--database", URL, "--schema", SCHEMA], check=True,
                   stdout=subprocess.DEVNULL)
    FOLDER.chmod(0o755)
    for part in sys.argv[4:5] or CASES:
        for function in CASES[part]:
            if len(sys.argv) < 6 or function.__name__ in sys.argv[5:]:
                run(function)
    print(f"1..{NUMBER}")
    for path in sorted(FOLDER.iterdir()):
        path.unlink()
    FOLDER.rmdir()
    return 1 if FAILURES else 0
