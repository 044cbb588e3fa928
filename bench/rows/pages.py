"""pages of the dashboard with 10 million finished jobs, beside those of an empty table; narrowed by what no job has"""
import http.client
import os
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from harness.bench import BenchError, median, run
from harness.ports import free_port
from harness.report import Line

TABLE = "stamp_jobs"
LIST = f"/jobs/ListJob?tableName={TABLE}"
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


def times(bench, database, count):
    """The median of each page; the first request of each, which prepares statements, is not counted."""
    with Dashboard(bench, database) as dashboard:
        for page in PAGES.values():
            dashboard.milliseconds(page)
        return {name: median([dashboard.milliseconds(page) for _ in range(count)]) for name, page in PAGES.items()}


def measure(bench):
    rows, count = bench.size(10000000, 200000), bench.size(30, 5)
    for store in bench.stores:
        none, full = bench.database(store, "engine_new"), bench.database(store, "engine_old")
        none.reset(TABLE)
        if full.count(TABLE, "status = 'job_status_succeeded'") < rows:
            full.fill_history(TABLE, rows)
        rounds = bench.rounds({"none": lambda: times(bench, none, count), "full": lambda: times(bench, full, count)})
        for name in PAGES:
            values = [found[name] for found in rounds["full"]]
            yield Line(f"page: {name}, {rows:,} finished rows", store, median(values), "ms",
                       median(found[name] for found in rounds["none"]), value_wanted=50, less_is_better=True,
                       rounds=values, note="floor: with none")
