"""a worker killed with -9: how long until its jobs run again"""
import signal
import time

from harness.report import Line

TABLE = "crash_jobs"
JOBS = 16
# A worker in a pid namespace of its own cannot see that the other's process is gone, as on another machine.
ELSEWHERE = ("unshare", "--pid", "--fork", "--kill-child", "--mount-proc")


def seconds_until_rerun(bench, database, prefix):
    database.reset(TABLE)
    with bench.worker(database) as first:
        database.fill(TABLE, JOBS)
        first.await_stamps(JOBS, 20)
        with bench.worker(database, prefix=prefix) as second:
            time.sleep(1)
            killed = time.monotonic() * 1e6
            first.process.send_signal(signal.SIGKILL)
            stamps = second.await_stamps(JOBS, 60)
    return (max(began for _, began, _, _ in stamps) - killed) / 1e6


def measure(bench):
    for store in bench.stores:
        database = bench.database(store, "engine_crash")
        for name, prefix, wanted in (("same machine", (), 2), ("elsewhere", ELSEWHERE, 10)):
            yield Line(f"killed -9: {JOBS} jobs run again, {name}", store,
                       seconds_until_rerun(bench, database, prefix), "s", value_wanted=wanted, less_is_better=True)
