"""claims beside 10 million finished rows, and under an old snapshot with 200,000 dead ones"""
from harness.bench import median
from harness.database import wait_until
from harness.report import Line
from rows.pickup import TABLE, insert_and_wait


def claims(worker, database, count):
    """Milliseconds: the median of the server's time for a claim (PostgreSQL), or of the pickup (SQLite)."""
    if database.store == "sqlite":
        return insert_and_wait(worker, database, count)[0] / 1000
    offset = database.log_size()
    insert_and_wait(worker, database, count)
    return median(database.claim_times(offset))


def with_history(bench, database, count):
    if database.store == "postgres":
        database.log_statements(True)
    with bench.worker(database) as worker:
        insert_and_wait(worker, database, 20)
        return claims(worker, database, count)


def under_snapshot(bench, database, count, dead):
    """Before, and after `dead` jobs went through while a snapshot keeps their old versions."""
    database.reset(TABLE)
    if database.store == "postgres":
        database.log_statements(True)
    with bench.worker(database) as worker:
        insert_and_wait(worker, database, 20)
        before = claims(worker, database, count)
        database.hold_snapshot()
        database.fill(TABLE, dead)
        wait_until(lambda: database.pending(TABLE) == 0, 120, 0.2)
        after = claims(worker, database, count)
        database.release_snapshot()
    return before, after


def measure(bench):
    rows = bench.size(10000000, 200000)
    count = bench.size(300, 50)
    what = {"postgres": "claim", "sqlite": "pickup"}
    for store in bench.stores:
        none, full = bench.database(store, "engine_new"), bench.database(store, "engine_old")
        if full.count(TABLE, "status = 'job_status_succeeded'") < rows:
            full.fill_history(TABLE, rows)
        rounds = bench.rounds({"floor": lambda: with_history(bench, none, count),
                               "errand": lambda: with_history(bench, full, count)}, 3)
        yield Line(f"{what[store]} with {rows:,} finished rows", store, median(rounds["errand"]), "ms",
                   median(rounds["floor"]), ratio_wanted=1.25, less_is_better=True, rounds=rounds["errand"],
                   note="floor: with none")
        pairs = bench.rounds({"both": lambda: under_snapshot(bench, none, count, bench.size(200000, 20000))}, 1)["both"]
        yield Line(f"{what[store]} under an old snapshot", store, median(after for _, after in pairs), "ms",
                   median(before for before, _ in pairs), ratio_wanted=2.0, less_is_better=True,
                   note="floor: before it, same worker")
