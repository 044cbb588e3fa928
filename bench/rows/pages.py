"""pages of the dashboard with 10 million finished jobs, beside those of an empty table; and changes of all that match"""
import http.client
import json
import os
import re
import socket
import subprocess
import tempfile
import time
import urllib.parse
from pathlib import Path

from harness.bench import BenchError, median, run
from harness.ports import free_port
from harness.report import Line

TABLE = "stamp_jobs"
LIST = f"/jobs/ListJob?tableName={TABLE}"
JOB = f"/jobs/ViewJob?tableName={TABLE}&id=00000000-0000-4000-8000-000000000001"
PAGES = {
    "overview": "/jobs",
    "list, the newest": LIST,
    "list, page 1000": LIST + "&page=1000",
    "list, the failed": LIST + "&status=failed",
    "list, the succeeded": LIST + "&status=succeeded",
    "list, narrowed by a column": LIST + "&where.attempts_count=-1",
    "list, narrowed by error": LIST + "&error=no-such-error",
    "list, narrowed by time": LIST + "&to=2001-01-01",
    "list, sorted by a column": LIST + "&sort=attempts_count",
}


class Dashboard:
    """RunDashboard of bench/app: every job table with the default views."""

    def __init__(self, bench, database):
        self.program = bench.app / "build/bin/RunDashboard"
        if not self.program.exists():
            run("make", "-s", "-C", bench.app, "build/bin/RunDashboard", f"ERRAND={bench.app.parent / 'engine'}")
        self.database, self.port = database, free_port()
        self.folder = Path(tempfile.mkdtemp(dir=bench.folder, prefix="dashboard."))

    def __enter__(self):
        notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        notify.bind(str(self.folder / "notify"))
        notify.settimeout(30)
        env = dict(os.environ, DATABASE_URL=self.database.url, NOTIFY_SOCKET=str(self.folder / "notify"))
        with open(self.folder / "log", "w") as log:
            self.process = subprocess.Popen([self.program, "--quiet", "--port", str(self.port)], env=env, stdout=log,
                                            stderr=log, stdin=subprocess.DEVNULL)
        while b"READY=1" not in notify.recv(4096):
            pass
        notify.close()
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        return self

    def __exit__(self, *_):
        self.connection.close()
        self.process.terminate()
        self.process.wait(20)

    def page(self, page):
        self.connection.request("GET", page)
        answer = self.connection.getresponse()
        text = answer.read().decode()
        if answer.status != 200:
            raise BenchError(f"{page} answers with {answer.status}; the log is: {(self.folder / 'log').read_text()}")
        return text

    def milliseconds(self, page):
        begin = time.monotonic()
        self.page(page)
        return (time.monotonic() - begin) * 1000


    def change(self, what, matching, most=None):
        """Seconds of each step of a change of all that match, to the end or at most so many."""
        form = re.search(r'name="errand_token" value="([^"]+)"', self.page(f"/jobs/CreateJob?tableName={TABLE}"))
        fields = dict(matching, tableName=TABLE, all="1", confirm="1", errand_token=form.group(1))
        headers = {"Accept": "application/json", "Origin": f"http://127.0.0.1:{self.port}",
                   "Content-Type": "application/x-www-form-urlencoded"}
        took, done = [], 0
        while len(took) != most:
            begin = time.monotonic()
            self.connection.request("POST", f"/jobs/{what}", urllib.parse.urlencode(fields), headers)
            answer = self.connection.getresponse()
            text = answer.read().decode()
            took.append(time.monotonic() - begin)
            if answer.status == 504 and len(took) - done < 3:
                continue  # it took too long, which its time says; the next may find more in memory
            if answer.status != 200:
                raise BenchError(f"{what} answers with {answer.status}: {text}")
            done = len(took)
            fields["step"] = json.loads(text)["step"]
            if fields["step"] is None:
                break
        return took


def times(bench, database, count):
    """The median of each page; the first request of each, which prepares statements, is not counted."""
    with Dashboard(bench, database) as dashboard:
        for page in PAGES.values():
            dashboard.milliseconds(page)
        return {name: median([dashboard.milliseconds(page) for _ in range(count)]) for name, page in PAGES.items()}


def job_and_changes(bench, database, store, count, failed):
    with Dashboard(bench, database) as dashboard:
        dashboard.milliseconds(JOB)
        job = [dashboard.milliseconds(JOB) for _ in range(count)]
        none = dashboard.change("RetryJob", {"where.attempts_count": "-1"}, most=20)
        took = dashboard.change("DeleteJob", {"status": "failed"})
    left = database.count(TABLE, "status = 'job_status_failed'")
    if left > 0:
        raise BenchError(f"{left} failed jobs are left after all were deleted")
    yield Line("page: a job", store, median(job), "ms", value_wanted=50, less_is_better=True)
    yield Line("change of all: the longest step where none match", store, max(none) * 1000, "ms", value_wanted=1000,
               less_is_better=True, note=f"{len(none)} steps")
    yield Line(f"change of all: the longest step that deletes {failed:,} failed", store, max(took) * 1000, "ms",
               value_wanted=1000, less_is_better=True, note=f"{len(took)} steps")
    yield Line(f"change of all: {failed:,} failed are deleted", store, failed / sum(took), "jobs/s")


def measure(bench):
    rows, count, failed = bench.size(10000000, 200000), bench.size(30, 5), bench.size(100000, 5000)
    for store in bench.stores:
        none, full = bench.database(store, "engine_new"), bench.database(store, "engine_old")
        none.reset(TABLE)
        if full.count(TABLE, "status = 'job_status_succeeded'") < rows:
            full.fill_history(TABLE, rows)
        missing = failed - full.count(TABLE, "status = 'job_status_failed'")
        if missing > 0:
            full.fill(TABLE, missing, "attempts_count, status, last_error, created_at",
                      f"10, 'job_status_failed', 'no ink', {full.i_minutes_ago}")
        rounds = bench.rounds({"none": lambda: times(bench, none, count), "full": lambda: times(bench, full, count)})
        for name in PAGES:
            values = [found[name] for found in rounds["full"]]
            yield Line(f"page: {name}, {rows:,} finished rows", store, median(values), "ms",
                       median(found[name] for found in rounds["none"]), value_wanted=50, less_is_better=True,
                       rounds=values, note="floor: with none")
        yield from job_and_changes(bench, full, store, count, failed)
