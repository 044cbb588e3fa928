"""_create at 1 and 8 clients, _create_many, worker awake"""
import os
import subprocess
import time

from harness.bench import BenchError, median
from harness.report import Line

TABLE = "stamp_jobs"


def floor(bench, database, clients, rows, batch):
    database.reset(TABLE)
    return bench.floor("enqueue", database.url, TABLE, clients, rows, batch)["per_s"]


def engine(bench, database, clients, rows, batch):
    """No worker is in errand_sleeping, as while one is awake; none takes processor time."""
    database.reset(TABLE)
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
    if any(failed) or database.count(TABLE) != rows:
        raise BenchError("the script Enqueue failed")
    return rows / seconds


def measure(bench):
    kinds = [("create, 1 client", 1, bench.size(10000, 2000), 1, 0.75),
             ("create, 8 clients", 8, bench.size(20000, 4000), 1, 0.75),
             ("create_many", 1, bench.size(200000, 40000), None, 0.85)]
    for store in bench.stores:
        floors, engines = bench.database(store, "floor"), bench.database(store, "engine")
        for name, clients, rows, batch, wanted in kinds:
            batch = batch or (10000 if store == "postgres" else 1000)
            rounds = bench.rounds({"floor": lambda: floor(bench, floors, clients, rows, batch),
                                   "errand": lambda: engine(bench, engines, clients, rows, batch)})
            yield Line(name, store, median(rounds["errand"]), "rows/s", median(rounds["floor"]), ratio_wanted=wanted,
                       rounds=rounds["errand"], note=f"{batch} at a time" if batch > 1 else "")
