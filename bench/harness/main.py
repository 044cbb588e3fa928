"""The command line of bench/run."""
import argparse
import json
import sys

from harness.bench import Bench, BenchError
from harness.report import machine, show, to_json
from rows import ROWS

EPILOG = "rows: " + "; ".join(f"{name}: {module.__doc__.splitlines()[0]}" for name, module in ROWS.items())


def arguments():
    parser = argparse.ArgumentParser(
        prog="bench/run", epilog=EPILOG,
        description="Builds the engine, the benchmark application and the floors under build-bench/, starts a private "
                    "PostgreSQL cluster, and prints each number beside its floor. Takes about 20 minutes.")
    parser.add_argument("--quick", action="store_true", help="a tenth of the jobs, one round, a short history")
    parser.add_argument("--only", metavar="NAME", action="append", choices=list(ROWS), help="this row; may be repeated")
    parser.add_argument("--store", choices=["postgres", "sqlite"], help="this store only")
    parser.add_argument("--rounds", type=int, metavar="N", help="rounds of each measurement (default 3, quick 1)")
    parser.add_argument("--no-peers", action="store_true", help="without graphile-worker, pg-boss and beanstalkd")
    parser.add_argument("--json", action="store_true", help="print JSON, all rounds included")
    return parser.parse_args()


def main():
    options = arguments()
    lines = []
    try:
        with Bench(options) as bench:
            for name in ROWS: # in their order: what crash leaves would be work for idle
                if options.only and name not in options.only:
                    continue
                print(f"{name} ...", file=sys.stderr, flush=True)
                measured = list(ROWS[name].measure(bench))
                lines += measured
                if not options.json:
                    print(show(measured), flush=True)
    except BenchError as error:
        print(f"bench/run: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    if options.json:
        print(json.dumps({"machine": machine(), "lines": to_json(lines)}, indent=2))
    else:
        print("machine: " + ", ".join(f"{key} {value}" for key, value in machine().items()))
        missed = [line for line in lines if line.holds is False]
        print(f"{len(lines)} numbers, {len(missed)} of them short of what DESIGN asks")
    return 0
