"""`mvmr bench` and PyTorch in turn, as a table of ratios in Markdown.

    swift build -c release
    python Tests/Reference/compare_speed.py [NAME…] [--threads N] [--rounds N] [--float64]

The two programs alternate (A B A B), so that a slow minute of the machine meets both. A figure is the
median over the rounds; the range of ratios shows what the figure is worth. Above 1 this project is faster;
where the unit is memory, below 1 it needs less.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
MVMR = HERE.parent.parent / ".build" / "release" / "mvmr"


def run(command):
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return {row["name"]: row for row in map(json.loads, output.splitlines())}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="beginnings of names; all if none is given")
    parser.add_argument("--threads", type=int, help="threads for both (default: all cores)")
    parser.add_argument("--rounds", type=int, default=2, help="runs of each program")
    parser.add_argument("--repeat", type=int, default=7, help="measurements in a run")
    parser.add_argument("--float64", action="store_true", help="both in float64")
    options = parser.parse_args()
    if not MVMR.exists():
        sys.exit(f"{MVMR} is not there: run `swift build -c release` first")
    shared = [*options.names, "--repeat", str(options.repeat)]
    if options.float64:
        shared.append("--float64")
    if options.threads:
        shared += ["--threads", str(options.threads)]

    rounds = []
    for number in range(options.rounds):
        print(f"round {number + 1} of {options.rounds}", file=sys.stderr)
        ours = run([str(MVMR), "bench", *shared, "--json"])
        theirs = run([sys.executable, str(HERE / "bench_pytorch.py"), *shared])
        rounds.append((ours, theirs))

    print("| figure | unit | threads | this project | PyTorch | its layout | ratio | range |")
    print("| --- | --- | ---: | ---: | ---: | --- | ---: | ---: |")
    for name, row in rounds[0][0].items():
        if any(name not in theirs for _, theirs in rounds):
            continue
        ours = [a[name]["value"] for a, _ in rounds]
        theirs = [b[name]["value"] for _, b in rounds]
        ratios = [a / b for a, b in zip(ours, theirs)]
        a, b = statistics.median(ours), statistics.median(theirs)
        print(
            f"| {name} | {row['unit']} | {row['threads']} | {a:.1f} | {b:.1f} "
            f"| {rounds[0][1][name]['layout']} | {a / b:.2f} | {min(ratios):.2f}–{max(ratios):.2f} |")


if __name__ == "__main__":
    main()
