"""insert in another process to the start of perform, worker idle"""
import json

from harness.bench import BUILD, median, run
from harness.report import Line

TABLE = "stamp_jobs"
GAP_US = 10000
WANTED = {"postgres": {"p50": (1.6 / 1.2), "p99": (4 / 1.5)}, "sqlite": {"p50": (1.0 / 0.67), "p99": (2.5 / 1.0)}}


def percentiles(samples):
    ordered = sorted(samples)
    return tuple(ordered[min(len(ordered) - 1, int(share * len(ordered)))] for share in (0.5, 0.99))


def floor(bench, database, count):
    database.reset(TABLE)
    result = bench.floor(f"pickup_{database.store}", database.url, TABLE, count, GAP_US, timeout=300)
    return result["pickup_p50_us"], result["pickup_p99_us"]


def insert_and_wait(worker, database, count, gap_us=GAP_US):
    """p50 and p99 of that many jobs, inserted one by one by another process."""
    worker.forget_stamps()
    run(BUILD / "bin/insert", database.url, TABLE, count, gap_us)
    return percentiles([began - sent for sent, began, _, _ in worker.await_stamps(count)])


def engine(bench, database, count):
    database.reset(TABLE)
    with bench.worker(database) as worker:
        insert_and_wait(worker, database, 20)
        return insert_and_wait(worker, database, count)


def graphile(bench, count):
    database = bench.empty_database("postgres", "graphile")
    folder = bench.peers_folder()
    env = {"DATABASE_URL": database.url}
    run(folder / "node_modules/.bin/graphile-worker", "--schema-only", env=env, cwd=folder)
    output = run("node", "graphile_pickup.js", count, GAP_US // 1000, env=env, cwd=folder)
    result = json.loads(output.splitlines()[-1])
    return result["pickup_p50_us"], result["pickup_p99_us"]


def measure(bench):
    count = bench.size(500, 100)
    for store in bench.stores:
        floors, engines = bench.database(store, "floor"), bench.database(store, "engine")
        measurements = {"floor": lambda: floor(bench, floors, count), "errand": lambda: engine(bench, engines, count)}
        if bench.peers and store == "postgres":
            measurements["graphile-worker"] = lambda: graphile(bench, count)
        rounds = bench.rounds(measurements)
        for index, share in enumerate(("p50", "p99")):
            value = {name: median(pair[index] / 1000 for pair in pairs) for name, pairs in rounds.items()}
            yield Line(f"pickup {share}", store, value["errand"], "ms", value["floor"],
                       ratio_wanted=WANTED[store][share], less_is_better=True,
                       rounds=[pair[index] / 1000 for pair in rounds["errand"]])
            if "graphile-worker" in value:
                yield Line(f"pickup {share}, against graphile-worker", store, value["errand"], "ms",
                           value["graphile-worker"], ratio_wanted=1.0, less_is_better=True, note="floor: graphile-worker")
