"""Databases of the benchmarks: statements by hand, filling, emptying."""
import re
import shutil
import sqlite3
import subprocess
import time
from pathlib import Path

LABELS = "'job_status_not_started', 'job_status_retry'"


def wait_until(condition, seconds=60, pause=0.02):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"not so after {seconds} s")
        time.sleep(pause)


class PostgresDatabase:
    store = "postgres"
    i_minutes_ago = "now() - i * interval '1 minute'"

    def __init__(self, cluster_url, name, log):
        self.url = re.sub(r"/[^/]*$", f"/{name}", cluster_url)
        self.name, self.log = name, Path(log)
        self._psql(cluster_url, f"CREATE DATABASE {name}")
        self.snapshot = None

    @staticmethod
    def _psql(url, *statements):
        command = ["psql", "-X", "-qAt", "-v", "ON_ERROR_STOP=1", url]
        for statement in statements:
            command += ["-c", statement]
        return subprocess.run(command, check=True, text=True, capture_output=True).stdout.strip()

    def sql(self, *statements):
        return self._psql(self.url, *statements)

    def made(self):
        pass

    def close(self):
        self.release_snapshot()

    def reset(self, table):
        self.sql(f"TRUNCATE {table}")

    def insert(self, table, count, columns="attempts_count", values="0"):
        """That many due jobs, by one statement; `values` may use i, which counts from 1."""
        self.sql(f"INSERT INTO {table} ({columns}) SELECT {values} FROM generate_series(1, {count}) AS i")

    def fill(self, table, count, columns="attempts_count", values="0"):
        """The same, and leaves nothing to do for autovacuum and the checkpointer."""
        self.insert(table, count, columns, values)
        self.sql(f"VACUUM (ANALYZE) {table}", "CHECKPOINT")

    def fill_history(self, table, count):
        """Finished rows, with ids in order, which load fast."""
        self.sql(f"INSERT INTO {table} (id, status, attempts_count, locked_at, created_at, updated_at, run_at) "
                 f"SELECT (lpad(to_hex(i / 65536), 8, '0') || '-0000-4000-8000-' || lpad(to_hex(i), 12, '0'))::uuid, "
                 f"'job_status_succeeded', 1, t, t, t, t FROM generate_series(1, {count}) AS i, "
                 f"LATERAL (SELECT now() - i * interval '1 second' AS t) AS times",
                 f"VACUUM (ANALYZE, FREEZE) {table}", "CHECKPOINT")

    def count(self, table, where="true"):
        return int(self.sql(f"SELECT count(*) FROM {table} WHERE {where}"))

    def pending(self, table):
        return self.count(table, f"status <> 'job_status_succeeded'")

    def hold_snapshot(self):
        """An old transaction, as a backup or a long query has."""
        self.snapshot = subprocess.Popen(["psql", "-X", "-qAt", self.url], stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE, text=True)
        self.snapshot.stdin.write("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 'held' FROM pg_class LIMIT 1;\n")
        self.snapshot.stdin.flush()
        self.snapshot.stdout.readline()

    def release_snapshot(self):
        if self.snapshot:
            self.snapshot.communicate()
            self.snapshot = None

    def log_statements(self, on):
        self.sql(f"ALTER DATABASE {self.name} SET log_min_duration_statement = {0 if on else -1}")

    def claim_times(self, offset=0):
        """Milliseconds of each claim that the server logged behind that offset of its log: bind and execution."""
        with open(self.log, errors="replace") as log:
            log.seek(offset)
            text = log.read()
        times, bound = [], {}
        entries = re.split(r"\n(?=\d{4}-\d\d-\d\d )", text)
        for entry in entries:
            match = re.match(r"[^\[]*\[(\d+)\] LOG:  duration: ([\d.]+) ms  (bind|execute) (.*)", entry, re.S)
            if not match or "SKIP LOCKED" not in match[4] or "attempts_count + 1" not in match[4]:
                continue
            if match[3] == "bind":
                bound[match[1]] = float(match[2])
            else:
                times.append(float(match[2]) + bound.pop(match[1], 0.0))
        return times

    def log_size(self):
        return self.log.stat().st_size


class SqliteDatabase:
    store = "sqlite"
    i_minutes_ago = "strftime('%Y-%m-%d %H:%M:%f000', 'now', '-' || i || ' minutes')"

    def __init__(self, path):
        self.path = Path(path)
        self.url = f"sqlite:{path}"
        self.snapshot = None

    @property
    def template(self):
        return self.path.with_suffix(".template")

    def _connect(self):
        connection = sqlite3.connect(self.path, timeout=60, isolation_level=None)
        connection.execute("PRAGMA cache_size = -262144")
        return connection

    def sql(self, *statements):
        connection = self._connect()
        try:
            for statement in statements:
                rows = connection.execute(statement).fetchall()
            return "\n".join("|".join(str(cell) for cell in row) for row in rows)
        finally:
            connection.close()

    def made(self):
        """What reset goes back to."""
        self.sql("PRAGMA journal_mode = WAL", "PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copyfile(self.path, self.template)

    def close(self):
        self.release_snapshot()

    def reset(self, table):
        """Empties all tables: a new copy of the file as it was made. No process may have it open."""
        for suffix in ("-wal", "-shm"):
            Path(f"{self.path}{suffix}").unlink(missing_ok=True)
        shutil.copyfile(self.template, self.path)

    def insert(self, table, count, columns="attempts_count", values="0"):
        self.sql("PRAGMA synchronous = NORMAL",
                 f"WITH RECURSIVE series (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM series WHERE i < {count}) "
                 f"INSERT INTO {table} ({columns}) SELECT {values} FROM series")

    def fill(self, table, count, columns="attempts_count", values="0"):
        self.insert(table, count, columns, values)
        self.sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def fill_history(self, table, count):
        time_text = "strftime('%Y-%m-%d %H:%M:%f000', 'now', '-' || i || ' seconds')"
        for first in range(1, count + 1, 1000000):
            last = min(count, first + 999999)
            self.sql("PRAGMA synchronous = OFF",
                     f"WITH RECURSIVE series (i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM series WHERE i < {last}),"
                     f" times (i, t) AS (SELECT i, {time_text} FROM series) "
                     f"INSERT INTO {table} (id, status, attempts_count, locked_at, created_at, updated_at, run_at) "
                     f"SELECT printf('%08x-0000-4000-8000-%012x', i / 65536, i), 'job_status_succeeded', 1, t, t, t, t "
                     f"FROM times", "PRAGMA wal_checkpoint(TRUNCATE)")

    def count(self, table, where="1"):
        return int(self.sql(f"SELECT count(*) FROM {table} WHERE {where}"))

    def pending(self, table):
        return self.count(table, "status <> 'job_status_succeeded'")

    def hold_snapshot(self):
        self.snapshot = self._connect()
        self.snapshot.execute("BEGIN")
        self.snapshot.execute("SELECT count(*) FROM sqlite_schema").fetchall()

    def release_snapshot(self):
        if self.snapshot:
            self.snapshot.close()
            self.snapshot = None
