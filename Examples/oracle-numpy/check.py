"""Checks a NumPy implementation, gradients written by hand, against the golden cases of a kit.

    mvmr oracle emit --all kit
    python check.py kit
"""

import json
import pathlib
import struct
import sys

import numpy as np


# The reader: 8 bytes with the length of a JSON header, the header, then the tensors.

TYPES = {"F64": "<f8", "F32": "<f4", "I64": "<i8", "U8": "u1"}


def read(path):
    raw = path.read_bytes()
    start = 8 + struct.unpack("<Q", raw[:8])[0]
    header = json.loads(raw[8:start])
    meta, tensors = header.pop("__metadata__"), {}
    for name, entry in header.items():
        begin, end = (start + offset for offset in entry["data_offsets"])
        tensors[name] = np.frombuffer(raw[begin:end], TYPES[entry["dtype"]]).reshape(entry["shape"])
    return meta, tensors


# What is checked: replace these functions by your own. Each receives a case and its attributes and
# returns outputs and gradients, for the upstream gradient ∂L/∂output that the case holds.


def distances(x, numerics):
    """a_kl, and 1/a_kl with 0 where no gradient passes: at equal rows, and at clamped ones."""
    squares = ((x[:, None] - x) ** 2).sum(-1)
    clamped = numerics == "clamped"
    near = squares < 1e-4 if clamped else squares == 0
    a = np.where(near, 0.01 if clamped else 0.0, np.sqrt(squares))
    return a, np.where(near, 0, 1 / np.where(near, 1, a))


def centred(a):
    return a - a.mean(0) - a.mean(1)[:, None] + a.mean()


def distance_correlation(case, numerics):
    """R = √m_AB / (m_AA m_BB)^¼ of the centred distances A, B, and its pullback.

    ∂R/∂b = R/2N² (A/m_AB − B/m_BB) =: G; centring is symmetric, idempotent, and A, B are centred.
    With W = 2G/b, ∂R/∂Y = (diag(W1) − W) Y; the same for X with A and B exchanged.
    """
    x, y, up = case["input.x"], case["input.y"], case["cotangent.correlation"]
    (a, inverse_a), (b, inverse_b) = distances(x, numerics), distances(y, numerics)
    A, B = centred(a), centred(b)
    mAB, mAA, mBB = (A * B).mean(), (A * A).mean(), (B * B).mean()
    if mAA * mBB <= 0:  # a constant batch, or a single row: 0 by convention, and no slope
        return {
            "output.correlation": np.zeros(()),
            "gradient.input.x": np.zeros_like(x),
            "gradient.input.y": np.zeros_like(y),
        }
    R = np.sqrt(mAB) / (mAA * mBB) ** 0.25

    def pullback(A, B, mBB, inverse_b, y):
        G = up * R / (2 * len(y) ** 2) * (A / mAB - B / mBB)
        W = 2 * G * inverse_b
        return W.sum(1)[:, None] * y - W @ y

    return {
        "output.correlation": R,
        "gradient.input.x": pullback(B, A, mAA, inverse_a, x),
        "gradient.input.y": pullback(A, B, mBB, inverse_b, y),
    }


def invariance_loss(case):
    difference = case["input.z"] - case["input.augmented"]
    gradient = case["cotangent.loss"] * 2 * difference / difference.size
    return {
        "output.loss": (difference**2).mean(),
        "gradient.input.z": gradient,
        "gradient.input.augmented": -gradient,
    }


def variance_hinge(case, margin, epsilon):
    z = case["input.z"]
    n, d = z.shape
    offset = z - z.mean(0)
    S = np.sqrt((offset**2).sum(0) / (n - 1) + float(epsilon))
    slack = float(margin) - S
    return {
        "output.loss": np.maximum(0, slack).mean(),
        "gradient.input.z": case["cotangent.loss"] * np.where(slack > 0, -offset / (d * (n - 1) * S), 0),
    }


IMPLEMENTED = {
    "distance-correlation": distance_correlation,
    "invariance-loss": invariance_loss,
    "variance-hinge": variance_hinge,
}


# The check.


def check(path):
    """Each output and gradient with its largest difference, over the largest element."""
    meta, case = read(path)
    attributes = {key[10:]: text for key, text in meta.items() if key.startswith("attribute.")}
    found = IMPLEMENTED[meta["operation"]](case, **attributes)
    expected = [name for name in case if name.startswith(("output.", "gradient."))]
    return {name: relative(found[name], case[name]) for name in expected}


def relative(y, expected):
    if np.shape(y) != expected.shape:
        return np.inf
    return float(np.abs(y - expected).max() / max(np.abs(expected).max(), 1e-300))


def main(kit):
    right = total = 0
    for entry in json.loads((kit / "manifest.json").read_text())["cases"]:
        if entry["operation"] not in IMPLEMENTED:
            continue
        errors = check(kit / entry["file"])
        worst = max(errors, key=errors.get)
        # Every one is asked, since the maximum may miss a NaN.
        agrees = all(error <= entry["tolerance"]["relative"] for error in errors.values())
        total, right = total + 1, right + agrees
        name = entry["file"].removesuffix(".safetensors")
        print(f"{name:32} {errors[worst]:.1e}  {'ok' if agrees else 'DIFFERS'}  {worst}")
    print(f"{right} of {total} cases agree")
    return right < total


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])) if len(sys.argv) == 2 else __doc__)
