"""A RunJobs process under measurement."""
import os
import socket
import subprocess
import tempfile
import time
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def children(pid):
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        found += [int(child) for child in task.read_text().split()]
    return found


def cpu_seconds(pid):
    """User and system time, from schedstat, which counts nanoseconds."""
    return sum(int(path.read_text().split()[0]) for path in Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9


def private_dirty_kib(pid):
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Private_Dirty:"):
            return int(line.split()[1])
    return 0


class Worker:
    """with Worker(...) as worker: it is ready; afterwards it is gone."""

    def __init__(self, program, database, folder, arguments=(), prefix=()):
        self.database = database
        self.command = [*prefix, str(program), "--quiet", *arguments]
        self.folder = Path(tempfile.mkdtemp(dir=folder, prefix="worker."))
        self.log = self.folder / "stamps"
        self.process = None

    def __enter__(self):
        notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        notify.bind(str(self.folder / "notify"))
        notify.settimeout(30)
        env = dict(os.environ, DATABASE_URL=self.database.url, BENCH_LOG=str(self.log),
                   NOTIFY_SOCKET=str(self.folder / "notify"))
        self.errors = open(self.folder / "log", "w")
        self.process = subprocess.Popen(self.command, env=env, stderr=self.errors, stdin=subprocess.DEVNULL)
        while b"READY=1" not in notify.recv(4096):
            pass
        notify.close()
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.errors.close()

    def stamps(self):
        """The lines that jobs wrote: lists of four numbers."""
        if not self.log.exists():
            return []
        return [[int(word) for word in line.split()] for line in self.log.read_text().splitlines()]

    def forget_stamps(self):
        if self.log.exists():
            os.truncate(self.log, 0)

    def await_stamps(self, count, seconds=120):
        end = time.monotonic() + seconds
        while len(stamps := self.stamps()) < count:
            if time.monotonic() > end:
                raise TimeoutError(f"{len(stamps)} of {count} jobs began within {seconds} s")
            time.sleep(0.05)
        return stamps
