"""errand dev in a folder, and what it started there. Every wait has a limit, and says what it waited for and the last
lines that errand dev printed."""
import http.client
import os
import pathlib
import re
import select
import signal
import subprocess
import sys
import threading
import time
import urllib.parse

BUILD, DATABASE = os.path.abspath(sys.argv[1]), sys.argv[2]
ERRAND = BUILD + "/src/cli/errand"
LIMIT_S = 60  # of one wait
TOTAL_S = 360  # of all of them; meson's limit is behind it
JOB = "Web/Job/Hello.c"


class Tally:
    number = failures = 0


def case(ok, name, why=""):
    Tally.number += 1
    Tally.failures += not ok
    print(f"{'ok' if ok else 'not ok'} {Tally.number} - {name}")
    if not ok:
        print("# " + str(why)[-4000:].replace("\n", "\n# "))
    sys.stdout.flush()
    return ok


def limit_all():
    """From now on whatever is waited for ends, as an error that says where."""
    def late(*_):
        raise TimeoutError(f"the whole test takes longer than {TOTAL_S} s")
    signal.signal(signal.SIGALRM, late)
    signal.alarm(TOTAL_S)


def environment(**more):
    left = ("DATABASE_URL", "MAKEFLAGS", "MAKELEVEL", "ERRAND_ENV")
    return {**{key: value for key, value in os.environ.items() if key not in left}, "ERRAND": BUILD, **more}


def run(*command, **more):
    return subprocess.run(command, env=environment(**more.pop("more", {})), text=True, capture_output=True, check=False,
                          timeout=LIMIT_S, **more)


class Dev:
    """errand dev in a folder; its lines as they come."""

    def __init__(self, folder, *options, **more):
        self.folder, self.lines, self.news = folder, [], threading.Condition()
        options = options or ("--port", "0")
        if DATABASE == "postgres" and "--database" not in options:
            options += ("--postgres",)
        self.process = subprocess.Popen([ERRAND, "dev", *options], cwd=folder / "Web", env=environment(**more), text=True,
                                        errors="replace", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, start_new_session=True)
        threading.Thread(target=self.read, daemon=True).start()
        try:
            self.port = int(self.wait(r"development server is at http://localhost:(\d+)/").group(1))
            self.url = self.wait(r"The database is +(\S+)").group(1)
        except BaseException:
            self.kill()
            raise

    def read(self):
        for line in self.process.stdout:
            with self.news:
                self.lines.append(line)
                self.news.notify_all()
        with self.news:
            self.lines.append("<end>\n")
            self.news.notify_all()

    def mark(self):
        with self.news:
            return len(self.lines)

    def last_lines(self):
        with self.news:
            return "the last lines of errand dev:\n" + "".join(self.lines[-40:])

    def wait(self, pattern, since=0):
        """The first match in the lines from since on."""
        def found():
            return re.search(pattern, "".join(self.lines[since:])) or self.lines[-1:] == ["<end>\n"]
        with self.news:
            self.news.wait_for(found, LIMIT_S)
            match = re.search(pattern, "".join(self.lines[since:]))
        if not match:
            raise TimeoutError(f"waited for {pattern}; {self.last_lines()}")
        return match

    def ask(self, path="/", method="GET", body=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LIMIT_S)
        try:
            connection.request(method, path, body, {"Host": f"localhost:{self.port}",
                                                    **{key.replace("_", "-"): value for key, value in headers.items()}})
            answer = connection.getresponse()
            return answer.status, answer.read().decode(), answer.headers
        except (OSError, http.client.HTTPException) as error:
            raise RuntimeError(f"waited for the answer to {method} {path}: {error!r}; {self.last_lines()}") from error
        finally:
            connection.close()

    def sql(self, text):
        command = ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", self.url] if DATABASE == "postgres" else \
            ["sqlite3", "-bail", "-cmd", ".timeout 20000", urllib.parse.unquote(self.url.removeprefix("sqlite:"))]
        done = run(*command, input=text)
        if done.returncode:
            raise RuntimeError(f"{text}: {done.stderr}; {self.last_lines()}")
        return done.stdout.strip()

    def wait_for_rows(self, query, wanted):
        until = time.monotonic() + LIMIT_S
        while (found := self.sql(query)) != wanted:
            if time.monotonic() > until:
                raise TimeoutError(f"waited for {wanted} of {query} but found {found}; {self.last_lines()}")

    def edit(self, path, before, after):
        """As editors save: a new file in the place of the old one. Returns the mark to wait from."""
        file = self.folder / path
        text = file.read_text()
        if before not in text:
            raise RuntimeError(f"no {before} in {path}")
        mark = self.mark()
        fresh = file.with_suffix(".tmp")
        fresh.write_text(text.replace(before, after))
        fresh.replace(file)
        return mark

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


def members(folder):
    """The processes that run in the folder or below it, or with it in their arguments."""
    found = {}
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            where, said = os.readlink(entry / "cwd"), (entry / "cmdline").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if where.startswith(str(folder)) or str(folder) in said:
            found[int(entry.name)] = said.replace("\0", " ")
    return found


def remains(dev):
    """Waits until none of them is there any more, each by its own end. Who is there still, and what was said; or
    nothing."""
    until = time.monotonic() + LIMIT_S
    while (found := members(dev.folder)) and (rest_s := until - time.monotonic()) > 0:
        try:
            descriptor = os.pidfd_open(next(iter(found)))
        except ProcessLookupError:
            continue
        select.select([descriptor], [], [], rest_s)
        os.close(descriptor)
    return f"waited for the end of {found}; {dev.last_lines()}" if found else ""


def insert(dev):
    mark = dev.mark()
    dev.sql("INSERT INTO hello_jobs DEFAULT VALUES;")
    return mark
