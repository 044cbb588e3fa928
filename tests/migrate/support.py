"""What the tests of errand migrate share: projects with a database of their own, on SQLite or on PostgreSQL. TAP."""
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import tempfile

ERRAND, SOURCE = os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2])
POSTGRES = os.environ.get("TEST_POSTGRES_URL", "")
POSTGRES_DIR = pathlib.Path(os.environ.get("TEST_POSTGRES_DIR", "")) # with its log
number = failures = 0


def case(ok, name, why=""):
    global number, failures
    number += 1
    failures += not ok
    print(f"{'ok' if ok else 'not ok'} {number} - {name}")
    for line in str(why).rstrip().splitlines()[-30:] if not ok else []:
        print(f"# {line}")
    sys.stdout.flush()
    return ok


def run(*command, cwd=None, stdin=None):
    environment = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"}
    return subprocess.run([str(c) for c in command], cwd=cwd, env=environment, input=stdin, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)


class Project:
    """A folder with Application/Schema.sql, and its database."""
    count = 0

    def __init__(self, schema, made=True):
        Project.count += 1
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="errand-migrate-"))
        (self.folder / "Application").mkdir()
        if POSTGRES:
            self.name = f"project_{os.getpid()}_{Project.count}"
            self.url = POSTGRES.rsplit("/", 1)[0] + "/" + self.name
        else:
            self.url = f"sqlite:{self.folder}/app.db"
        self.write(schema)
        if made:
            self.make()

    def make(self):
        done = self.errand("db", "create")
        if done.returncode != 0:
            raise RuntimeError(done)

    def again(self, schema):
        """As a new one with this schema, whose database is empty: a database of PostgreSQL's takes long to make and to
        drop. Only for what keeps to the schema public."""
        shutil.rmtree(self.folder / "Application/Migration", ignore_errors=True)
        self.write(schema)
        if POSTGRES:
            self.sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public; GRANT USAGE ON SCHEMA public TO PUBLIC;")
        else:
            for file in self.folder.glob("app.db*"):
                file.unlink()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder)
        if POSTGRES:
            run("psql", "-X", "-q", POSTGRES, "-c", f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")

    def empty(self):
        """A database without anything."""
        if POSTGRES:
            run("psql", "-X", "-q", POSTGRES, "-c", f"CREATE DATABASE {self.name}")
        else:
            self.sql("PRAGMA journal_mode = WAL;")

    def write(self, schema):
        (self.folder / "Application/Schema.sql").write_text(schema)

    def file(self, name, text):
        folder = self.folder / "Application/Migration"
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(text)

    def files(self):
        return sorted((self.folder / "Application").glob("Migration/*.sql"))

    def command(self, *arguments):
        return [ERRAND, *arguments, "-d", self.url]

    def errand(self, *arguments):
        return run(*self.command(*arguments), cwd=self.folder)

    def migrate(self, *options):
        return self.errand("migrate", *options)

    def plan(self):
        return json.loads(self.migrate("--dry-run", "--json").stdout)

    def sql(self, text):
        """The rows' cells, | between them, a line each, as both clients print them."""
        if POSTGRES:
            done = run("psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", self.url, stdin=text)
        else:
            done = run("sqlite3", "-bail", "-cmd", ".timeout 20000", self.folder / "app.db", stdin=text)
        if done.returncode != 0:
            raise RuntimeError(f"{text}: {done.stderr}")
        return done.stdout.strip()

    def is_up_to_date(self):
        done = self.migrate("--dry-run")
        return done.returncode == 0 and done.stdout == f"{self.url} is up to date\n"


def end():
    print(f"1..{number}")
    return 1 if failures else 0
