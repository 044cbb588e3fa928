"""jobs of 1 ms, 16 at once"""
from harness.bench import median
from harness.report import Line
from rows.drain import engine

TABLE = "nap_jobs"


def measure(bench):
    jobs = bench.size(200000, 8000)
    for store in bench.stores:
        database = bench.database(store, "engine")
        rounds = bench.rounds({"floor": lambda: bench.floor("naps", 16, jobs, 1000)["per_s"],
                               "errand": lambda: engine(bench, database, jobs, TABLE)})
        yield Line("jobs of 1 ms, 16 at once", store, median(rounds["errand"]), "jobs/s", median(rounds["floor"]),
                   ratio_wanted=0.95 if store == "sqlite" else None, rounds=rounds["errand"],
                   note="floor: 16 bare processes")
