"""Plants the faults of faults.txt one at a time and counts which of them the kit of golden cases finds.

    python3 Tests/Reference/plant_faults.py --scratch DIR --markdown docs/mutation.md

All faults are compiled into one program, in a copy of the sources: each place becomes
`planted(number) ? fault : original`, and the environment variable MVMR_FAULT chooses one. The sources
themselves stay as they are. Ends with 0 only when the clean kit passes and every fault is found.

    --check      only see that every fault still matches its source exactly once
    --only NAME  only this fault (may be repeated)
    --float32    a kit in single precision

Needs Python 3.10 and swift, nothing else.
"""

import argparse
import json
import math
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TABLE = Path(__file__).with_name("faults.txt")
MARK = re.compile(r"⟦(.+?) ⇒ (.+?)⟧", re.DOTALL)
HELPER = """// Which fault is planted; only in a copy made by plant_faults.py.
import Foundation

private let chosen = Int(ProcessInfo.processInfo.environment["MVMR_FAULT"] ?? "") ?? 0

@inline(never)
public func planted(_ fault: Int) -> Bool { fault == chosen }
"""


class Fault:
    """One entry of the table: where it is planted, and what the code becomes."""

    def __init__(self, number, family, block):
        self.number, self.family = number, family
        self.name, self.what = block[0].split(": ", 1)
        self.path = block[1].strip()
        self.code = "\n".join(block[2:])
        if not MARK.search(self.code):
            raise SystemExit(f"{self.name}: no ⟦original ⇒ fault⟧")

    def edits(self, text):
        """(begin, end, replacement) of each piece, for the text of the file."""
        pieces, last = [], 0
        for mark in MARK.finditer(self.code):
            pieces += [(self.code[last : mark.start()], None), (mark[1], mark[2])]
            last = mark.end()
        pieces.append((self.code[last:], None))
        pattern = ""
        for original, fault in pieces:
            # Blanks and line ends are any run of them; between two pieces there may be none.
            found = r"\s+".join(re.escape(word) for word in re.split(r"\s+", original))
            pattern += f"({found})" if fault is not None else found
        pattern = pattern.removeprefix(r"\s+").removesuffix(r"\s+")
        matches = list(re.finditer(pattern, text))
        if len(matches) != 1:
            raise SystemExit(
                f"{self.name}: its code stands {len(matches)} times in {self.path}.\n"
                "  To mend: give it the code of today, with enough of it to be unique.")
        faults = [fault for _, fault in pieces if fault is not None]
        return [(*matches[0].span(i + 1), fault) for i, fault in enumerate(faults)]


def read_table():
    faults, family, block = [], "", []
    for line in TABLE.read_text().split("\n") + [""]:
        if line.startswith("## "):
            family = line[3:]
        elif line.startswith("#"):
            continue
        elif line.strip():
            block.append(line)
        elif block:
            faults.append(Fault(len(faults) + 1, family, block))
            block = []
    names = [fault.name for fault in faults]
    if len(set(names)) != len(names):
        raise SystemExit(f"{TABLE.name}: a name is there twice")
    return faults


def mutated(path, text, faults):
    """The text with every fault in it, each behind its switch."""
    edits = sorted(
        (begin, -end, fault.number, new) for fault in faults for begin, end, new in fault.edits(text))
    out, at, i = "", 0, 0
    while i < len(edits):
        begin, end = edits[i][0], -edits[i][1]
        group = []
        while i < len(edits) and edits[i][0] < end:
            if -edits[i][1] > end:
                raise SystemExit(f"{path}: faults {edits[i - 1][2]} and {edits[i][2]} overlap")
            group.append(edits[i])
            i += 1
        choices = ""
        for a, b, number, new in group:
            choices += f"planted({number}) ? ({text[begin:a]}{new}{text[-b:end]}) : "
        out += text[at:begin] + f"({choices}({text[begin:end]}))"
        at = end
    out += text[at:]
    if path.startswith("Sources/Kernels/") or re.search(r"^import Kernels$", out, re.M):
        return out
    # After the header.
    lines = out.split("\n")
    first = next(n for n, line in enumerate(lines) if not line.startswith("//"))
    return "\n".join(lines[:first] + ["import Kernels"] + lines[first:])


def plant(faults, copy):
    """A copy of the package with all faults in it; files that stay the same keep their dates."""
    wanted = {}
    for folder in ["Sources", "Tests", "Examples"]:
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                wanted[str(path.relative_to(ROOT))] = path.read_bytes()
    wanted["Package.swift"] = (ROOT / "Package.swift").read_bytes()
    wanted["Sources/Kernels/PlantedFault.swift"] = HELPER.encode()
    for path in sorted({fault.path for fault in faults}):
        text = (ROOT / path).read_text()
        wanted[path] = mutated(path, text, [f for f in faults if f.path == path]).encode()
    for folder in ["Sources", "Tests", "Examples"]:
        for old in (copy / folder).rglob("*"):
            if old.is_file() and str(old.relative_to(copy)) not in wanted:
                old.unlink()
    for path, content in wanted.items():
        target = copy / path
        if target.is_file() and target.read_bytes() == content:
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def build(package):
    print(f"swift build in {package} …", flush=True)
    done = subprocess.run(
        ["swift", "build", "-j", "2", "--product", "mvmr"], cwd=package, capture_output=True,
        text=True)
    if done.returncode != 0:
        raise SystemExit(done.stdout + done.stderr)
    return package / ".build/debug/mvmr"


def check(program, kit, fault=0):
    """The report of one kit; None where the program stopped without one."""
    environment = dict(os.environ, MVMR_FAULT=str(fault))
    try:
        done = subprocess.run(
            [program, "oracle", "check", kit, "--json"], env=environment, capture_output=True,
            text=True, timeout=900)
        return json.loads(done.stdout)
    except (json.JSONDecodeError, subprocess.TimeoutExpired):
        return None


def near_kit(kit, near):
    """The kit without the networks whose parameters follow from a rule: they take most of the time."""
    shutil.rmtree(near, ignore_errors=True)
    near.mkdir()
    manifest = json.loads((kit / "manifest.json").read_text())
    cases = [
        case for case in manifest["cases"]
        if case["operation"] != "resnet" or case["attributes"].get("parameters") == "stored"]
    for case in cases:
        os.link(kit / case["file"], near / case["file"])
    (near / "manifest.json").write_text(json.dumps(dict(manifest, cases=cases)))
    return len(cases), len(manifest["cases"])


def judged(report):
    """What a report says of a fault: the cases that find it, and the largest error."""
    if report is None:
        return {"found": True, "cases": 0, "worst": None}
    wrong = [case for case in report["results"] if not case["passes"]]
    worst, largest = None, -1.0
    for case in wrong:
        name = Path(case["file"]).stem
        for tensor in case.get("tensors", [{"name": None, "verdict": "ERROR", "relative": None}]):
            if tensor["verdict"] == "ok":
                continue
            # Another shape has no error, and that of a NaN is written in words.
            relative = tensor["relative"] if isinstance(tensor["relative"], (int, float)) else None
            allowed = case["tolerance"]["relative"] if relative is not None else 1
            excess = 0.0 if relative is None else relative / allowed if allowed else math.inf
            if excess > largest:
                worst, largest = (name, tensor["name"], relative), excess
    return {"found": bool(wrong), "cases": len(wrong), "worst": worst}


def number(x):
    return "0" if x == 0 else f"{x:.0e}".replace("e+0", "e").replace("e-0", "e-").replace("e+", "e")


def row(fault, result):
    cells = [f"`{fault.name}`", fault.what, f"[{Path(fault.path).name}](../{fault.path})"]
    if not result["found"]:
        cells += ["**nothing**", "", "", ""]
    elif result["worst"] is None:
        cells += ["the program stops", "", "", ""]
    else:
        case, tensor, relative = result["worst"]
        cells += [
            f"`{case}`", f"`{tensor}`" if tensor else "all",
            "no number" if relative is None else number(relative), str(result["cases"])]
    return "| " + " | ".join(cells) + " |"


def markdown(faults, results, facts):
    found = sum(results[f.name]["found"] for f in faults)
    text = f"""# Does the kit find mistakes?

A golden case is worth as much as the mistakes it finds. So mistakes are planted: {len(faults)} of them, one at a
time, of the kind a port of this program makes. **The kit of [oracle.md](oracle.md) finds {found} of {len(faults)}.**

```sh
python3 Tests/Reference/plant_faults.py --scratch DIR --markdown docs/mutation.md
```

The faults are a table to be read, [faults.txt](../Tests/Reference/faults.txt): a name, what is wrong, the file, and the code with each
piece that changes as `⟦original ⇒ fault⟧`. [plant_faults.py](../Tests/Reference/plant_faults.py) copies the package, puts all faults into the copy,
each behind `planted(number) ? fault : original`, builds it once, and runs `mvmr oracle check KIT` once for each fault, with an
environment variable that chooses it. The kit is emitted by the clean build. The sources never hold a fault; a test
([FaultTableTests.swift](../Tests/DocumentationTests/FaultTableTests.swift)) sees that each fault still matches its source exactly once.

Before any fault: the clean build passes {facts['clean']} cases of its kit ({facts['scalar']}), and so does the build with all faults, none
chosen. Each fault then runs against the {facts['near']} cases that take no time; the {facts['whole'] - facts['near']} deep networks with generated parameters run only
where those find nothing, which was so for {facts['deep']}. Checking took {facts['check'] / 60:.1f} minutes on two cores that did other work too; the two
builds come on top.

The columns name the case and the tensor in which the error is the largest multiple of the tolerance, that error relative to the largest element of
the tensor, and how many cases find the fault. "No number": another shape,
a NaN, or any error where zeros were expected.

## What it was good for

Against the kit as it was before (173 cases) 220 of the 234 faults of the first table were found. The other 14 showed what its cases did not
reach, and most became a case:

| missed | the case that was missing |
| --- | --- |
| sums and products cut into blocks, a narrow tile that adds | `sum-long`, `matmul-deep` |
| stride and dilation of a depthwise convolution | `conv2d-depthwise-dilated` |
| softmax without its maximum; tanh that saturates early; the left tail of σ | `softmax-far`, `tanh-far`, `logistic-left` |
| the distance correlation of a constant batch | `distance-correlation-one-row` |
| a full turn of the hue counted as 256 | `augmentation-hue-quarter` |
| the released code's clip, and its saturation | `released-augmentation-beyond-white`, `released-augmentation-hue` |

Two were taken out of the table, see below: eˣ that overflows, or vanishes, in double where it does in single precision.

## What the kit cannot find

- A wrong random draw of a policy or of an initialiser: cases record what was drawn ([oracle.md](oracle.md)).
- A blur whose sums are truncated instead of rounded: two right programs may differ by one level of 255, so one level passes.
- An exponential wrong beyond the range of single precision (x > 88), since every case exists in both number types, or where it is smaller
  than the absolute tolerance (x < −38).
- A fault that is none: log-softmax with any other shift in place of the maximum, a sum in another order, a warm-up that
  ends at t ≤ W instead of t < W, where both branches have the same value.
"""
    families = list(dict.fromkeys(f.family for f in faults))
    for family in families:
        text += f"\n## {family}\n\n| fault | what is wrong | in | found by | tensor | error | cases |\n"
        text += "| --- | --- | --- | --- | --- | --- | --- |\n"
        for fault in faults:
            if fault.family == family:
                text += row(fault, results[fault.name]) + "\n"
    return text


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scratch", type=Path, help="folder for the copy, its build and the kit")
    parser.add_argument("--markdown", type=Path, help="page to write")
    parser.add_argument("--only", action="append", default=[], metavar="NAME")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--float32", action="store_true")
    arguments = parser.parse_args()

    faults = read_table()
    for path in sorted({fault.path for fault in faults}):
        mutated(path, (ROOT / path).read_text(), [f for f in faults if f.path == path])
    print(f"{len(faults)} faults, each matches its source once")
    if arguments.check:
        return 0
    if not arguments.scratch:
        raise SystemExit("To mend: --scratch DIR, a folder with 1 GB of room, outside the repository.")
    if unknown := set(arguments.only) - {fault.name for fault in faults}:
        raise SystemExit(f"no such fault: {', '.join(sorted(unknown))}")
    if arguments.only and arguments.markdown:
        raise SystemExit("a page needs all faults: leave out --only")
    scratch = arguments.scratch.resolve()
    copy, kit, near = scratch / "copy", scratch / "kit", scratch / "near"
    copy.mkdir(parents=True, exist_ok=True)

    clean = build(ROOT)
    shutil.rmtree(kit, ignore_errors=True)
    scalar = "float32" if arguments.float32 else "float64"
    subprocess.run(
        [clean, "oracle", "emit", "--all", kit, "--scalar", scalar], check=True, capture_output=True)
    report = check(clean, kit)
    if report is None or not report["passes"]:
        raise SystemExit("the clean build does not pass its own kit")
    print(f"clean build: {report['right']} of {report['cases']} cases")
    few, whole = near_kit(kit, near)

    plant(faults, copy)
    program = build(copy)
    began = time.time()
    none = check(program, kit)
    if none is None or not none["passes"]:
        raise SystemExit("the build with the faults, none of them chosen, does not pass the kit")
    print(f"no fault chosen: {none['right']} of {none['cases']} cases", flush=True)

    results, deep = {}, 0
    for fault in faults:
        if arguments.only and fault.name not in arguments.only:
            continue
        result = judged(check(program, near, fault.number))
        if not result["found"]:
            deep += 1
            result = judged(check(program, kit, fault.number))
        results[fault.name] = result
        print(row(fault, result), flush=True)
    survivors = [name for name, result in results.items() if not result["found"]]
    print(f"{len(results) - len(survivors)} of {len(results)} found")
    for name in survivors:
        print(f"NOT FOUND: {name}")
    if arguments.markdown:
        facts = {
            "clean": f"all {whole}", "scalar": scalar, "near": few, "whole": whole, "deep": deep,
            "check": time.time() - began}
        arguments.markdown.write_text(markdown(faults, results, facts))
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
