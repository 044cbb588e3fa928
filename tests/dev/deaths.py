"""errand dev is killed, at each thing that it does: what it started ends by itself, jobs that run too, and the next one
goes on as if nothing had happened."""
import shutil

from harness import DATABASE, JOB, Dev, case, insert, remains


def started(dev):
    del dev  # by the time that it says its port


def initialises(dev):
    dev.wait("initializing|creating|selecting")


def compiles(dev):
    dev.wait("compile build/object/Web/Job/Hello.o")


def links(dev):
    dev.wait("link build/bin/RunJobs")


def runs_a_job(dev):
    hold(dev)


def runs_a_deaf_job(dev):
    (dev.folder / "build/deaf").touch()
    hold(dev)


def replaces_the_worker(dev):
    hold(dev)
    mark = dev.edit(JOB, "begin three", "begin four")
    dev.wait("worker was built anew", mark)


def hold(dev):
    dev.wait(r"worker +\| .*working on")
    (dev.folder / "build/hold").touch()
    dev.wait("begin three", insert(dev))


def at_any_moment(folder):
    moments = [started, compiles, links, runs_a_job, runs_a_deaf_job, replaces_the_worker]
    if DATABASE == "postgres":
        shutil.rmtree(folder / "build/postgres")
        moments.insert(0, initialises)
    for moment in moments:
        (folder / JOB).touch()
        dev = Dev(folder)
        try:
            moment(dev)
        finally:
            dev.kill()
        found = remains(dev)
        case(not found, f"killed as it {moment.__name__.replace('_', ' ')}, it leaves nothing running", found)
    for name in ("hold", "deaf"):
        (folder / "build" / name).unlink()
    goes_on(folder)


def goes_on(folder):
    dev = Dev(folder)
    try:
        dev.wait(r"build +\| up to date")
        dev.wait("begin four", insert(dev))
        dev.wait_for_rows("SELECT count(*) FROM hello_jobs WHERE status <> 'job_status_succeeded';", "0")
        case(True, "the next one builds, and runs what was left and what comes")
    finally:
        dev.kill()
