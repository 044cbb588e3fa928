"""processor time and private memory of a worker with nothing to do"""
import time

from harness.database import wait_until
from harness.report import Line
from harness.worker import children, cpu_seconds, private_dirty_kib
from rows.pickup import insert_and_wait


def measure(bench):
    seconds = bench.size(60, 10)
    for store in bench.stores:
        database = bench.database(store, "engine")
        database.reset("stamp_jobs")
        with bench.worker(database) as worker:
            insert_and_wait(worker, database, 20)
            wait_until(lambda: len(children(worker.process.pid)) <= 1, 30)  # a runner too many goes after 10 s
            time.sleep(2)
            pids = [worker.process.pid, *children(worker.process.pid)]
            before = sum(cpu_seconds(pid) for pid in pids)
            time.sleep(seconds)
            used = sum(cpu_seconds(pid) for pid in pids) - before
            dirty = [private_dirty_kib(pid) / 1024 for pid in pids]
        yield Line("idle: share of a core", store, 100 * used / seconds, "%", value_wanted=0.2, less_is_better=True,
                   note=f"{len(pids) - 1} runners, {seconds} s")
        yield Line("idle: worker, private dirty", store, dirty[0], "MiB", value_wanted=3, less_is_better=True)
        if dirty[1:]:
            yield Line("idle: largest runner, private dirty", store, max(dirty[1:]), "MiB", value_wanted=3,
                       less_is_better=True)
