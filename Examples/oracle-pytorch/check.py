"""Checks a PyTorch implementation against the golden cases of a kit.

    mvmr oracle emit --all kit
    python check.py kit
"""

import json
import math
import pathlib
import struct
import sys

import torch
import torch.nn.functional as F


# The reader: 8 bytes with the length of a JSON header, the header, then the tensors.

TYPES = {"F64": torch.float64, "F32": torch.float32, "I64": torch.int64, "U8": torch.uint8}


def read(path):
    raw = bytearray(path.read_bytes())
    start = 8 + struct.unpack("<Q", raw[:8])[0]
    header = json.loads(raw[8:start])
    meta, tensors = header.pop("__metadata__"), {}
    for name, entry in header.items():
        begin, end = (start + offset for offset in entry["data_offsets"])
        tensors[name] = torch.frombuffer(raw[begin:end], dtype=TYPES[entry["dtype"]]).reshape(entry["shape"])
    return meta, tensors


# What is checked: replace these functions by your own. Arguments are the case's inputs, parameters and
# attributes by name; activations are channels last.


def conv2d(x, weight, stride, padding, dilation, groups):
    y = F.conv2d(x.permute(0, 3, 1, 2), weight, None, stride, padding, dilation, groups)
    return {"y": y.permute(0, 2, 3, 1)}


def batch_norm(x, weight, bias, running_mean, running_var, mode):
    mean, var = running_mean.clone(), running_var.clone()
    y = F.batch_norm(x.flatten(0, -2), mean, var, weight, bias, training=mode == "training")
    return {"y": y.reshape(x.shape), "running_mean": mean, "running_var": var}


def attention(query, key, value, heads):
    q, k, v = (x.unflatten(-1, (heads, -1)).transpose(1, 2) for x in (query, key, value))
    weights = torch.softmax(q @ k.mT / q.shape[-1] ** 0.5, -1)
    return {"o": (weights @ v).transpose(1, 2).flatten(2)}


def centred_distances(x, numerics="exact"):
    squares = (x[:, None] - x).square().sum(-1)
    # The root has no derivative at 0: equal rows pass no gradient. The released code clamps instead.
    near = squares < 1e-4 if numerics == "clamped" else squares == 0
    a = torch.where(near, 0.01 if numerics == "clamped" else 0.0, squares.masked_fill(near, 1).sqrt())
    return a - a.mean(0) - a.mean(1, keepdim=True) + a.mean()


def dcor(x, y, numerics="exact"):
    a, b = centred_distances(x, numerics), centred_distances(y, numerics)
    return (a * b).mean().sqrt() / ((a * a).mean() * (b * b).mean()) ** 0.25


def objective(z, augmented, full_img, full_img_hog, clip, numerics, margin, epsilon, normalize, **weight):
    if numerics != "paper":
        return None
    if normalize:
        z, augmented = F.normalize(z), F.normalize(augmented)
    hinge = lambda z: F.relu(margin - (z.var(0, correction=1) + epsilon).sqrt()).mean()
    terms = {
        "MSE": (z - augmented).square().mean(),
        "STD": hinge(z) + hinge(augmented),
        "DC_zz": 1 - dcor(augmented, z),
        "DC_full_img": 1 - dcor(augmented, full_img),
        "DC_full_img_hog": 1 - dcor(augmented, full_img_hog),
        "DC_clip": 1 - dcor(augmented, clip),
    }
    weights = ["lambda", "mu", "alpha", "beta_pixels", "beta_gradients", "beta_clip"]
    return terms | {"total": sum(weight[w] * term for w, term in zip(weights, terms.values()))}


IMPLEMENTED = {
    "conv2d": conv2d,
    "batch-norm": batch_norm,
    "attention": attention,
    "distance-correlation": lambda x, y, numerics: {"correlation": dcor(x, y, numerics)},
    "mv-mr-objective": objective,
}


# The check.


def value(text):
    try:
        return json.loads(text)  # numbers, true, false
    except ValueError:
        return text


def check(path):
    """Each output and gradient with its largest difference, over the largest element."""
    meta, case = read(path)
    arguments = {}
    for name, x in case.items():
        family, _, short = name.partition(".")
        if family in ("input", "parameter", "attribute"):
            arguments[short] = x.requires_grad_("gradient." + name in case)
    for key, text in meta.items():
        if key.startswith("attribute."):
            arguments[key[10:].replace("-", "_")] = value(text)
    outputs = IMPLEMENTED[meta["operation"]](**arguments)
    if outputs is None:
        return None
    found = {"output." + name: y for name, y in outputs.items()}
    loss = sum((y * case["cotangent." + name]).sum() for name, y in outputs.items() if "cotangent." + name in case)
    names = [name for name in case if name.startswith("gradient.")]
    wanted = [arguments[name.split(".", 2)[2]] for name in names]
    found |= dict(zip(names, torch.autograd.grad(loss, wanted)))
    expected = [name for name in case if name.startswith(("output.", "gradient."))]
    return {name: relative(found[name].detach(), case[name]) for name in expected}


def relative(y, expected):
    if y.shape != expected.shape:
        return math.inf
    return float((y - expected).abs().max() / expected.abs().max().clamp(min=1e-300))


def main(kit):
    right = total = 0
    for entry in json.loads((kit / "manifest.json").read_text())["cases"]:
        if entry["operation"] not in IMPLEMENTED:
            continue
        errors = check(kit / entry["file"])
        name = entry["file"].removesuffix(".safetensors")
        if errors is None:
            print(f"{name:32} not implemented here")
            continue
        worst = max(errors, key=errors.get)
        # Every one is asked, since the maximum may miss a NaN.
        agrees = all(error <= entry["tolerance"]["relative"] for error in errors.values())
        total, right = total + 1, right + agrees
        print(f"{name:32} {errors[worst]:.1e}  {'ok' if agrees else 'DIFFERS'}  {worst}")
    print(f"{right} of {total} cases agree")
    return right < total


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])) if len(sys.argv) == 2 else __doc__)
