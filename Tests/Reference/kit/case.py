"""One golden case: a safetensors file with inputs, what must come out, and what must come back."""

import json
import pathlib
import struct

import numpy as np
import torch

DTYPES = {"F64": "<f8", "F32": "<f4", "I64": "<i8", "U8": "u1"}


def read(path):
    """Metadata and tensors of a file, both in the order of their names."""
    raw = pathlib.Path(path).read_bytes()
    n = struct.unpack("<Q", raw[:8])[0]
    header = json.loads(raw[8 : 8 + n])
    meta = header.pop("__metadata__", {})

    def tensor(entry):
        begin, end = (8 + n + offset for offset in entry["data_offsets"])
        return np.frombuffer(raw[begin:end], DTYPES[entry["dtype"]]).reshape(entry["shape"])

    return meta, {name: tensor(entry) for name, entry in sorted(header.items())}


def write(path, meta, tensors):
    """The same, written: wide elements first, so that every tensor is aligned."""
    header, data = {"__metadata__": dict(sorted(meta.items()))}, []
    begin = 0
    for name, x in sorted(tensors.items(), key=lambda entry: (-entry[1].itemsize, entry[0])):
        code = next(c for c, d in DTYPES.items() if np.dtype(d) == x.dtype)
        end = begin + x.nbytes
        header[name] = {"dtype": code, "shape": list(x.shape), "data_offsets": [begin, end]}
        data.append(np.ascontiguousarray(x).tobytes())
        begin = end
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    pathlib.Path(path).write_bytes(struct.pack("<Q", len(text)) + text + b"".join(data))


class Case:
    """A case as a peer sees it: `case["input.x"]` is a tensor in float64, tracked where the case has
    its gradient; `case.number("margin")`, `case.text("mode")` are attributes."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.meta, self.arrays = read(path)
        self.operation = self.meta["operation"]
        self.scalar = self.meta["scalar"]
        self.leaves = {}

    # Attributes.
    def text(self, key):
        return self.meta["attribute." + key]

    def number(self, key):
        return float(self.text(key))

    def whole(self, key):
        return int(self.text(key))

    def wholes(self, key):
        return [int(word) for word in self.text(key).split(",")] if self.text(key) else []

    def flag(self, key):
        return {"true": True, "false": False}[self.text(key)]

    # Tensors.
    def __getitem__(self, name):
        if name not in self.leaves:
            x = torch.from_numpy(np.array(self.arrays[name]))
            self.leaves[name] = self.tracked(name, x.double() if x.is_floating_point() else x)
        return self.leaves[name]

    def __contains__(self, name):
        return name in self.arrays

    def tracked(self, name, x):
        """Makes x a leaf of autograd if the case asks for its gradient."""
        self.leaves[name] = x.requires_grad_("gradient." + name in self.arrays)
        return self.leaves[name]

    def names(self, family):
        return [name for name in self.arrays if name.startswith(family + ".")]

    @property
    def tolerance(self):
        """(relative, absolute) as the case states it."""
        return tuple(float(self.meta["tolerance." + kind]) for kind in ("relative", "absolute"))

    def results(self, outputs, gradients=True):
        """Outputs as arrays, and the gradients that autograd finds for L = Σ⟨output, cotangent⟩."""
        found = {"output." + name: value for name, value in outputs.items()}
        cotangents = {n[len("cotangent.") :]: self[n] for n in self.names("cotangent")}
        if gradients and cotangents:
            loss = sum((outputs[name] * c).sum() for name, c in cotangents.items())
            names = [n for n in self.leaves if self.leaves[n].requires_grad]
            parts = torch.autograd.grad(loss, [self.leaves[n] for n in names], allow_unused=True)
            for name, part in zip(names, parts):
                part = torch.zeros_like(self.leaves[name]) if part is None else part
                found["gradient." + name] = self.summarised(name, part)
        return {name: torch.as_tensor(x).detach().numpy() for name, x in found.items()}

    def summarised(self, name, gradient):
        """What a case with generated parameters keeps of a long gradient: seven numbers."""
        generated = name.startswith("parameter.") and name not in self.arrays
        if not generated or gradient.numel() <= 7:
            return gradient
        v, n = gradient.reshape(-1), gradient.numel()
        projections = [v @ torch.from_numpy(pattern(n, o)) for o in (1001, 1002, 1003)]
        return torch.stack([v.norm(), *projections, v[0], v[n // 2], v[n - 1]])

    def save(self, path, found, writer, inputs=False):
        """Writes results as a case file, in the scalar of this case.

        With `inputs` the file is complete: another program can compute the case from it alone. It names no
        tolerance, so that the operation's own counts.
        """
        dropped = ("mvmr.", "tolerance.")
        meta = {k: v for k, v in self.meta.items() if not k.startswith(dropped)} | {"writer": writer}
        kept = ("input.", "parameter.", "attribute.", "cotangent.")
        tensors = {n: x for n, x in self.arrays.items() if inputs and n.startswith(kept)}
        wide = "<f8" if self.scalar == "float64" else "<f4"
        for name, x in found.items():
            tensors[name] = x if x.dtype == np.uint8 else x.astype(wide)
        write(path, meta, tensors)


def pattern(n, o):
    """pat(k; o) of docs/oracle.md."""
    m = (np.arange(n, dtype=np.int64) + 1009 * o) % 65519
    return (m**3 % 65519) / 65519 - 0.5
