"""200,000 no-op jobs, default settings, isolated runners, rows kept"""
import json
import os
import subprocess
import tempfile
import time

from harness.bench import BUILD, BenchError, median, run
from harness.ports import free_port
from harness.report import Line

TABLE = "no_op_jobs"
GRAPHILE_ADD = ("SELECT count(*) FROM graphile_worker.add_jobs(ARRAY(SELECT json_populate_record(NULL::"
                "graphile_worker.job_spec, json_build_object('identifier', 'no_op', 'payload', "
                "json_build_object('id', i))) FROM generate_series(1, {count}) AS i))")


def floor(bench, database, jobs):
    database.reset(TABLE)
    database.fill(TABLE, jobs)
    result = bench.floor(f"drain_{database.store}", database.url, TABLE, 500)
    if result["jobs"] != jobs:
        raise BenchError(f"the floor finished {result['jobs']} of {jobs} jobs")
    return result["per_s"]


def timed(fn):
    start = time.monotonic()
    fn()
    return time.monotonic() - start


def engine(bench, database, jobs, table=TABLE):
    """RunJobs --drain, less what it takes with nothing to do: its start and its end, the shorter of two."""
    database.reset(table)
    nothing = min(timed(lambda: bench.drain(database)) for _ in range(2))
    database.fill(table, jobs)
    seconds = timed(lambda: bench.drain(database))
    if database.count(table, "status = 'job_status_succeeded'") != jobs:
        raise BenchError(f"not all of {jobs} jobs succeeded")
    return jobs / (seconds - nothing)


def at_once(commands, env, cwd):
    started = [subprocess.Popen(command, env=env, cwd=cwd, stdout=subprocess.DEVNULL) for command in commands]
    if any(process.wait() for process in started):
        raise BenchError(f"{commands[0][0]} failed")


def graphile(bench, jobs):
    """Its own benchmark: 4 processes until the queue is empty, less start and end of one. It deletes the rows."""
    folder = bench.peers_folder()
    database = bench.empty_database("postgres", "graphile")
    env = dict(os.environ, DATABASE_URL=database.url, NO_LOG_SUCCESS="1")
    command = [str(folder / "node_modules/.bin/graphile-worker"), "--once", "-j", "24", "-m", "25"]
    at_once([command[:1] + ["--schema-only"]], env, folder)
    nothing = timed(lambda: at_once([command], env, folder))
    database.sql(GRAPHILE_ADD.format(count=jobs), "VACUUM (ANALYZE)", "CHECKPOINT")
    seconds = timed(lambda: at_once([command] * 4, env, folder))
    return jobs / (seconds - nothing)


def pg_boss(bench, jobs):
    folder = bench.peers_folder()
    database = bench.empty_database("postgres", "pg_boss")
    env = dict(os.environ, DATABASE_URL=database.url)
    run("node", "pg_boss.js", "fill", jobs, env={"DATABASE_URL": database.url}, cwd=folder)
    database.sql("VACUUM (ANALYZE)", "CHECKPOINT")
    command = ["node", "pg_boss.js", "drain", "500"]
    seconds = timed(lambda: at_once([command] * 4, env, folder))
    nothing = timed(lambda: at_once([command], env, folder))
    return jobs / (seconds - nothing)


def beanstalkd(jobs, *options):
    port = free_port()
    server = subprocess.Popen(["beanstalkd", "-l", "127.0.0.1", "-p", str(port), *options], stderr=subprocess.DEVNULL)
    try:
        time.sleep(0.3)
        return json.loads(run(BUILD / "bin/beanstalkd", port, jobs, 16))["per_s"]
    finally:
        server.terminate()
        server.wait()


def beanstalkd_kept(bench, jobs):
    """With a log of its jobs, flushed after each change, so that it keeps what the others keep."""
    with tempfile.TemporaryDirectory(dir=bench.folder) as folder:
        return beanstalkd(jobs, "-b", folder, "-f", "0")


def measure(bench):
    jobs = bench.size(200000, 20000)
    for store in bench.stores:
        floors, engines = bench.database(store, "floor"), bench.database(store, "engine")
        measurements = {"floor": lambda: floor(bench, floors, jobs), "errand": lambda: engine(bench, engines, jobs)}
        if bench.peers and store == "postgres":
            measurements["graphile-worker"] = lambda: graphile(bench, jobs)
        if bench.peers and store == "sqlite":
            measurements["beanstalkd"] = lambda: beanstalkd(jobs)
        rounds = bench.rounds(measurements)
        if bench.peers and store == "postgres":
            rounds["pg-boss"] = [pg_boss(bench, jobs // 10)]
        if bench.peers and store == "sqlite":
            rounds["beanstalkd that keeps its jobs"] = [beanstalkd_kept(bench, jobs // 10)]
        yield from lines(store, rounds)


def lines(store, rounds):
    base = median(rounds["floor"])
    value = median(rounds["errand"])
    yield Line("drain", store, value, "jobs/s", base, ratio_wanted=0.65 if store == "postgres" else 0.45,
               rounds=rounds["errand"])
    for peer in [name for name in rounds if name not in ("floor", "errand")]:
        other = median(rounds[peer])
        wanted = {"graphile-worker": 1.0, "beanstalkd": 2.0}.get(peer)
        yield Line(f"drain, against {peer}", store, value, "jobs/s", other, ratio_wanted=wanted, rounds=rounds[peer],
                   note=f"floor: {peer}")
