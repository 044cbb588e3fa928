"""requests per second of the dashboard's list page under wrk, beside a page that asks the database for nothing"""
import re
import subprocess

from harness.bench import BenchError, median
from harness.report import Line
from rows.pages import LIST, TABLE, Dashboard

CONNECTIONS = 8


def rate(dashboard, page, seconds):
    done = subprocess.run(["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}", f"http://127.0.0.1:{dashboard.port}{page}"],
                          stdout=subprocess.PIPE, text=True, check=True)
    found = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
    if not found or "Non-2xx" in done.stdout:
        raise BenchError(f"wrk {page}: {done.stdout}")
    return float(found.group(1))


def measure(bench):
    seconds, rows = bench.size(10, 2), bench.size(100000, 1000)
    for store in bench.stores:
        database = bench.database(store, "engine")
        database.reset(TABLE)
        database.fill_history(TABLE, rows)
        with Dashboard(bench, database) as dashboard:
            dashboard.milliseconds(LIST)
            style = re.search(r'/jobs/assets/dashboard\.css[^"]*', dashboard.page("/jobs")).group()
            rounds = bench.rounds({"list": lambda: rate(dashboard, LIST, seconds),
                                   "style": lambda: rate(dashboard, style, seconds)})
        yield Line(f"requests: the list page, {rows:,} rows", store, median(rounds["list"]), "/s", median(rounds["style"]),
                   rounds=rounds["list"], note=f"wrk, {CONNECTIONS} connections; floor: the style sheet, from memory")
