"""_create at 1 and 8 clients, _create_many, worker awake"""
import contextlib
import os
import subprocess
import time

from harness.bench import BenchError, median
from harness.database import wait_until
from harness.report import Line

TABLE = "nap_jobs"
SLOTS = 16
TEN_MINUTES_US = 600000000


@contextlib.contextmanager
def awake(bench, database):
    """A worker whose slots for this type are all taken by long jobs: it has not gone to sleep, and claims nothing."""
    database.reset(TABLE)
    database.insert(TABLE, SLOTS, "nap_us", str(TEN_MINUTES_US))
    with bench.worker(database) as worker:
        wait_until(lambda: database.count(TABLE, "status = 'job_status_running'") == SLOTS)
        yield
        worker.process.kill()


def floor(bench, database, beside, clients, rows, batch):
    """Into a database of its own, where no trigger tells a worker and no worker watches."""
    database.reset(TABLE)
    with awake(bench, beside):
        return bench.floor("enqueue", database.url, TABLE, clients, rows, batch)["per_s"]


def engine(bench, database, clients, rows, batch):
    with awake(bench, database):
        seconds = enqueue(bench, database, clients, rows, batch)
        if database.count(TABLE) != rows + SLOTS:
            raise BenchError("the script Enqueue failed")
    return rows / seconds


def enqueue(bench, database, clients, rows, batch):
    env = dict(os.environ, DATABASE_URL=database.url, ENQUEUE_ROWS=str(rows // clients), ENQUEUE_BATCH=str(batch))
    script = str(bench.app / "build/bin/Script/Enqueue")
    started = [subprocess.Popen([script], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
               for _ in range(clients)]
    for client in started:
        if client.stdout.readline() != b"ready\n":
            raise BenchError("the script Enqueue failed")
    start = time.monotonic()
    for client in started:
        client.stdin.write(b"go\n")
        client.stdin.flush()
    failed = [client.wait() for client in started]
    seconds = time.monotonic() - start
    if any(failed):
        raise BenchError("the script Enqueue failed")
    return seconds


def measure(bench):
    kinds = [("create, 1 client", 1, bench.size(10000, 2000), 1, 0.75),
             ("create, 8 clients", 8, bench.size(20000, 4000), 1, 0.75),
             ("create_many", 1, bench.size(200000, 40000), None, 0.85)]
    for store in bench.stores:
        floors, engines = bench.database(store, "floor"), bench.database(store, "engine")
        for name, clients, rows, batch, wanted in kinds:
            batch = batch or (10000 if store == "postgres" else 1000)
            rounds = bench.rounds({"floor": lambda: floor(bench, floors, engines, clients, rows, batch),
                                   "errand": lambda: engine(bench, engines, clients, rows, batch)})
            yield Line(name, store, median(rounds["errand"]), "rows/s", median(rounds["floor"]), ratio_wanted=wanted,
                       rounds=rounds["errand"], note=f"{batch} at a time" if batch > 1 else "")
