"""a job scheduled for T starts within 20 ms after T, 99 of 100"""
from harness.report import Line
from rows.pickup import TABLE, percentiles

AHEAD = {"postgres": "now() + interval '2 seconds' + i * interval '37 milliseconds'",
         "sqlite": "strftime('%Y-%m-%d %H:%M:%f000', 'now', '+' || (2 + i * 0.037) || ' seconds')"}


def measure(bench):
    count = bench.size(300, 100)
    for store in bench.stores:
        database = bench.database(store, "engine")
        database.reset(TABLE)
        with bench.worker(database) as worker:
            database.fill(TABLE, count, "run_at", AHEAD[store])
            stamps = worker.await_stamps(count)
        late = [(began - due) / 1000 for _, _, due, began in stamps]
        p50, p99 = percentiles(late)
        yield Line("scheduled for T: late, p99", store, p99, "ms", value_wanted=20, less_is_better=True,
                   note=f"p50 {p50:.2f}, earliest {min(late):.2f} ms, {count} jobs")
