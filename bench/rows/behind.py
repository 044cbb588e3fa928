"""500 jobs claimed ahead, one of which takes a minute: when the last of the others has begun"""
from harness.report import Line

TABLE = "mixed_jobs"
JOBS = 500
MINUTE_US = 60_000_000
PLACES = (0, 50, 250, 450)  # of the long one among them


def stall_ms(bench, database, place):
    """From the start of the long job to that of the last other one; no-ops before have taught the worker to claim ahead."""
    database.reset(TABLE)
    with bench.worker(database) as worker:
        database.insert(TABLE, 4 * JOBS)
        worker.await_stamps(4 * JOBS)
        worker.forget_stamps()
        database.insert(TABLE, JOBS, "nap_us", f"CASE i WHEN {place + 1} THEN {MINUTE_US} ELSE 0 END")
        stamps = worker.await_stamps(JOBS, 50)
        worker.process.kill()  # the long one is still at it
    long_began = next(began for nap, began, _, _ in stamps if nap > 0)
    return max(began - long_began for nap, began, _, _ in stamps if nap == 0) / 1000


def measure(bench):
    for store in bench.stores:
        database = bench.database(store, "engine_behind")
        rounds = bench.rounds({place: lambda place=place: stall_ms(bench, database, place) for place in PLACES})
        stalls = [stall for places in rounds.values() for stall in places]
        yield Line("no-ops behind a job of a minute: late, worst", store, max(stalls), "ms", value_wanted=100,
                   less_is_better=True, rounds=stalls, note=f"the long one at {', '.join(map(str, PLACES))} of {JOBS}")
