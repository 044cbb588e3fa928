"""What every row needs: the programs built, databases with the generator's tables, rounds and their medians."""
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from harness.database import PostgresDatabase, SqliteDatabase
from harness.worker import Worker


class BenchError(Exception):
    pass


ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build-bench"


def run(*command, env=None, cwd=None, timeout=1800):
    """Runs a program; its output, or BenchError with what it said."""
    full = dict(os.environ, **(env or {}))
    done = subprocess.run([str(part) for part in command], env=full, cwd=cwd, text=True, capture_output=True,
                          stdin=subprocess.DEVNULL, timeout=timeout)
    if done.returncode != 0:
        raise BenchError(f"{command[0]} exited with {done.returncode}: {(done.stderr or done.stdout)[-2000:]}")
    return done.stdout


class Bench:
    def __init__(self, options):
        self.options = options
        self.quick = options.quick
        self.peers = not options.no_peers
        self.stores = [options.store] if options.store else ["postgres", "sqlite"]
        self.round_count = options.rounds or (1 if options.quick else 3)
        self.folder = None
        self.databases = {}

    def __enter__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="errand-bench."))
        self.folder.chmod(0o755)
        try:
            self.build()
            self.cluster_url = self.cluster("start").strip()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for database in self.databases.values():
            database.close()
        if (self.folder / "postgres").exists():
            self.cluster("stop", "immediate")
        shutil.rmtree(self.folder, ignore_errors=True)

    # ---- programs ----

    def build(self):
        print("building ...", file=sys.stderr, flush=True)
        engine = BUILD / "engine"
        if not (engine / "build.ninja").exists():
            run("meson", "setup", "-Dtests=false", engine, cwd=ROOT)
        run("ninja", "-j2", "-C", engine)
        run("make", "-s", "-C", ROOT / "bench/floor", f"OUT={BUILD}/bin")
        self.app = BUILD / "app"
        shutil.copytree(ROOT / "bench/app", self.app, dirs_exist_ok=True)
        run("make", "-s", "-C", self.app, f"ERRAND={engine}")
        self.run_jobs = self.app / "build/bin/RunJobs"

    def peers_folder(self):
        """graphile-worker and pg-boss, installed from the lock file at the first use."""
        folder = BUILD / "peers"
        shutil.copytree(ROOT / "bench/peers", folder, dirs_exist_ok=True)
        lock, installed = folder / "package-lock.json", folder / "node_modules/.lock-of-bench"
        if not installed.exists() or installed.read_text() != lock.read_text():
            run("npm", "ci", "--no-audit", "--no-fund", cwd=folder)
            installed.write_text(lock.read_text())
        return folder

    def floor(self, program, *arguments, **options):
        return json.loads(run(BUILD / "bin" / program, *arguments, **options))

    def cluster(self, verb, *arguments):
        return run(ROOT / "tests/support/postgres-cluster", verb, self.folder / "postgres", *arguments)

    # ---- databases ----

    def database(self, store, purpose):
        """A database with the tables of bench/app. `purpose` keeps floors, engine and histories apart."""
        key = f"{store}_{purpose}"
        if key not in self.databases:
            if store == "postgres":
                self.databases[key] = PostgresDatabase(self.cluster_url, key, self.folder / "postgres/log")
            else:
                self.databases[key] = SqliteDatabase(self.folder / f"{key}.db")
            run("make", "-s", "-C", self.app, "db", f"ERRAND={BUILD / 'engine'}",
                env={"DATABASE_URL": self.databases[key].url})
            if purpose.startswith("engine"):
                self.drain(self.databases[key])  # makes the worker's own tables and triggers
            self.databases[key].made()
        return self.databases[key]

    def empty_database(self, store, name):
        """For a peer that makes its own tables."""
        key = f"{store}_{name}"
        if key not in self.databases:
            self.databases[key] = PostgresDatabase(self.cluster_url, key, self.folder / "postgres/log")
            self.databases[key].made()
        return self.databases[key]

    # ---- the engine ----

    def drain(self, database, *arguments):
        """RunJobs until nothing is due."""
        run(self.run_jobs, "--drain", "--quiet", *arguments, env={"DATABASE_URL": database.url})

    def worker(self, database, **options):
        return Worker(self.run_jobs, database, self.folder, **options)

    def size(self, full, quick):
        return quick if self.quick else full

    def rounds(self, measurements, count=None):
        """Each measurement in turn, several times over: {name: [values]}. Alternating, since the machine changes."""
        values = {name: [] for name in measurements}
        for _ in range(count or self.round_count):
            for name, measure in measurements.items():
                values[name].append(measure())
        return values


median = statistics.median
