"""Runs a conformance kit of docs/oracle.md against PyTorch and its relatives, and prints a score.

    mvmr oracle emit --all kit
    python Tests/Reference/check_kit.py kit
    python Tests/Reference/check_kit.py kit --write their-kit && mvmr oracle check kit their-kit

Every output and gradient of every case is computed again, in float64, and measured as docs/oracle.md
measures: largest difference over largest element. A case agrees within its own tolerance, and in
float64 within 1e-10 besides, unless its peer states why not. The status is 0 when all cases do, 1 when
one does not, 2 when an operation has no peer or the kit cannot be read.
"""

import argparse
import datetime
import importlib.metadata
import json
import pathlib
import platform
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import torch

from kit import augmentations, baselines, calculus, layers, networks  # noqa: F401
from kit import objectives, optimisation, representations  # noqa: F401
from kit.case import Case
from kit.compare import differences
from kit.peer import PEERS

LIMIT = 1e-10
LIBRARIES = ["torch", "torchvision", "open_clip_torch", "kymatio", "scipy", "numpy", "pillow", "kornia", "dcor"]


class Row:
    """What one peer says about one operation."""

    def __init__(self, operation, peer):
        self.operation, self.peer = operation, peer
        self.cases, self.tensors, self.worst, self.where, self.right = 0, 0, 0.0, "", 0
        self.levels, self.problems = 0, []

    def add(self, case, found):
        """Compares one case; a second peer is asked only for what it computes."""
        self.cases += 1
        only = None if not self.peer.second or self.peer.gradients else set(found)
        relative, absolute = case.tolerance
        if case.scalar == "float64":
            relative = min(relative, LIMIT)
        if self.peer.relative is not None:
            relative = self.peer.relative
        agrees = True
        for one in differences(case, found, only):
            self.tensors += 1
            bytes_ = one.problem is None and one.bytes
            if bytes_:
                self.levels = max(self.levels, int(one.absolute))
            if not one.relative <= self.worst:
                self.worst, self.where = one.relative, f"{case.path.stem}: {one.name}"
            if not (one.absolute <= self.peer.levels if bytes_ else one.within(relative, absolute)):
                agrees = False
                how = one.problem or f"relative {one.relative:.1e}, allowed {relative:.0e}"
                self.problems.append(f"{case.path.name}: {one.name}: {how}")
        self.right += agrees

    @property
    def verdict(self):
        if self.peer is None:
            return "NO PEER"
        return "agrees" if self.right == self.cases else "DIFFERS"

    @property
    def error(self):
        """The largest error as people read it."""
        if self.peer is None:
            return "–"
        if self.levels:
            return f"{self.levels} level" + "s" * (self.levels > 1)
        return "0" if self.worst == 0 else f"{self.worst:.1e}"


def progress(text):
    if sys.stderr.isatty():
        print(f"\r{text:60}\r", end="", file=sys.stderr, flush=True)


def chosen(manifest, only, largest):
    """The cases of some operations, of at most some bytes; the smallest one of each operation always."""
    cases = [one for one in manifest["cases"] if not only or one["operation"] in only]
    if largest is None:
        return cases
    smallest = {}
    for one in cases:
        held = smallest.setdefault(one["operation"], one)
        if one["bytes"] < held["bytes"]:
            smallest[one["operation"]] = one
    return [one for one in cases if one["bytes"] <= largest or one is smallest[one["operation"]]]


def check(kit, write=None, complete=False, only=None, largest=None):
    """The manifest, a row for each operation and peer in its order, the number of cases and of right ones."""
    manifest = json.loads((kit / "manifest.json").read_text())
    rows, judged, agreed, written = {}, 0, 0, []
    for entry in chosen(manifest, only, largest):
        operation = entry["operation"]
        judged += 1
        case = Case(kit / entry["file"])
        if case.operation != operation:
            raise ValueError(f"{entry['file']} is a case of {case.operation}, not of {operation}")
        progress(f"{judged} {entry['file']}")
        peers = sorted(PEERS.get(operation, []), key=lambda p: p.second)
        if not peers or peers[0].second:
            rows.setdefault((operation, None), Row(operation, None)).cases += 1
            continue
        for one in peers:
            row = rows.setdefault((operation, one.name), Row(operation, one))
            try:
                found = one.results(case)
            except Exception as error:  # whatever a library or a strange file may raise: it did not agree
                row.cases += 1
                row.problems.append(f"{case.path.name}: not computed: {type(error).__name__}: {error}")
                continue
            if found is None:
                continue  # not a case this library knows
            before = row.right
            row.add(case, found)
            if not one.second:
                agreed += row.right - before
                if write:
                    case.save(write / entry["file"], found, f"check_kit.py, {one.name}", complete)
                    written.append({"file": entry["file"], "operation": operation})
    progress("")
    if write:
        head = {"format": 1, "writer": "check_kit.py", "scalar": manifest["scalar"], "seed": manifest["seed"]}
        lines = ",\n".join(json.dumps(one) for one in written)
        (write / "manifest.json").write_text(f'{json.dumps(head)[:-1]}, "cases": [\n{lines}]}}\n')
    return manifest, list(rows.values()), judged, agreed


def markdown(rows):
    """The table of docs/agreement.md."""
    lines = [["operation", "peer", "cases", "largest error", "remark"], ["---"] * 5]
    for r in rows:
        second = "" if r.peer is None or not r.peer.second else "a second peer"
        remarks = [r.verdict if r.verdict != "agrees" else "", second, r.peer.why if r.peer else ""]
        remark = ": ".join(filter(None, remarks))
        lines.append([f"`{r.operation}`", r.peer.name if r.peer else "–", str(r.cases), r.error, remark])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def table(rows):
    head = ["operation", "peer", "cases", "largest error", "verdict", "worst at"]
    lines = [
        [r.operation, r.peer.name if r.peer else "–", str(r.cases), r.error, r.verdict, r.where] for r in rows
    ]
    widths = [max(len(line[i]) for line in [head, *lines]) for i in range(len(head))]
    return "\n".join("  ".join(f"{w:{n}}" for w, n in zip(line, widths)).rstrip() for line in [head, *lines])


def versions():
    found = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "missing"
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("kit", type=pathlib.Path, help="a folder written by: mvmr oracle emit --all")
    parser.add_argument("--only", nargs="+", metavar="OPERATION", help="these operations")
    parser.add_argument("--write", type=pathlib.Path, metavar="DIR", help="write the peers' results as case files")
    parser.add_argument("--complete", action="store_true", help="with inputs, so that a file can be checked alone")
    parser.add_argument("--largest", type=int, metavar="BYTES", help="smaller cases only; one of each operation at least")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--markdown", action="store_true", help="the table of docs/agreement.md")
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.write:
        options.write.mkdir(parents=True, exist_ok=True)
    try:
        choice = (options.write, options.complete, options.only, options.largest)
        manifest, rows, judged, agreed = check(options.kit, *choice)
    except (OSError, KeyError, ValueError) as error:
        remedy = f"write it with: mvmr oracle emit --all {options.kit}"
        print(f"{options.kit}: {type(error).__name__}: {error}; {remedy}", file=sys.stderr)
        sys.exit(2)
    lacking = [r.operation for r in rows if r.peer is None]
    problems = [p for r in rows for p in r.problems]
    main_rows = [r for r in rows if r.peer and not r.peer.second]
    operations = sum(r.verdict == "agrees" for r in main_rows)
    score = f"{operations} of {len(main_rows) + len(lacking)} operations agree, {agreed} of {judged} cases, "
    score += f"{manifest['scalar']}; largest relative error "
    score += f"{max((r.worst for r in main_rows if r.peer.relative is None), default=0):.1e}"
    single = [r for r in main_rows if r.peer.relative is not None]
    if single:
        score += "; " + ", ".join(f"{r.operation} {r.worst:.1e} ({r.peer.why})" for r in single)
    if options.json:
        print(json.dumps({
            "passes": not problems and not lacking, "scalar": manifest["scalar"], "writer": manifest["writer"],
            "cases": judged, "agree": agreed, "no_peer": lacking, "versions": versions(), "problems": problems,
            "rows": [
                {"operation": r.operation, "peer": r.peer and r.peer.name, "main": bool(r.peer and not r.peer.second),
                 "cases": r.cases, "tensors": r.tensors, "largest_relative_error": r.worst, "levels": r.levels,
                 "worst_at": r.where, "agrees": r.verdict == "agrees", "why": r.peer.why if r.peer else ""}
                for r in rows
            ],
        }, ensure_ascii=False, indent=1))
    else:
        if options.markdown:
            print(f"{datetime.date.today()}, {manifest['writer']}, seed {manifest['seed']};", end=" ")
            print(", ".join(f"{name} {version}" for name, version in versions().items()) + ".\n")
            print(score + ".\n")
            score = ""
        print(markdown(rows) if options.markdown else table(rows), end="\n\n")
        for problem in problems:
            print("DIFFERS", problem)
        if lacking:
            print("no peer for:", ", ".join(lacking))
        if score:
            print(score)
    sys.exit(2 if lacking else 1 if problems else 0)


if __name__ == "__main__":
    main()
