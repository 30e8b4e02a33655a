"""What the fixture scripts share: the input pattern, summaries of large tensors, the file format.

Inputs are never stored: both sides compute pat(k; o) = ((37 (k + o) + 11) mod 101) / 101 - 0.5.
A large result is stored as its summary: sum, sum of squares, four elements, three projections on
patterns. Files are {"tensors": {name: {"shape": [...], "values": [...]}}, "texts": {name: [...]}}.
"""

import json
import pathlib

import torch

torch.set_default_dtype(torch.float64)
FIXTURES = pathlib.Path(__file__).parent / "fixtures"


def pat(*shape, offset=0):
    count = 1
    for extent in shape:
        count *= extent
    k = torch.arange(count, dtype=torch.int64) + offset
    return (((37 * k + 11) % 101).to(torch.float64) / 101 - 0.5).reshape(shape)


def summary(t):
    v = t.detach().reshape(-1)
    n = v.numel()
    places = [0, n // 3, 2 * n // 3, n - 1]
    projections = [(v * pat(n, offset=o)).sum() for o in (17, 53, 89)]
    return torch.stack([v.sum(), (v * v).sum(), *[v[i] for i in places], *projections])


def channels_last(t):
    return t.permute(0, 2, 3, 1).contiguous()


def channels_first(t):
    return t.permute(0, 3, 1, 2).contiguous()


class Fixture:
    def __init__(self):
        self.tensors = {}
        self.texts = {}

    def put(self, name, t):
        t = torch.as_tensor(t).detach()
        self.tensors[name] = {"shape": list(t.shape), "values": t.reshape(-1).tolist()}

    def put_summary(self, name, t):
        self.put(name, summary(t))

    def write(self, name):
        FIXTURES.mkdir(exist_ok=True)
        path = FIXTURES / f"{name}.json"
        lines = [
            f"{json.dumps(key)}: {json.dumps(value, separators=(',', ':'))}"
            for key, value in self.tensors.items()
        ]
        text = '{"tensors": {\n' + ",\n".join(lines) + '\n}, "texts": '
        path.write_text(text + json.dumps(self.texts, separators=(",", ":")) + "}\n")
        print(path.name, path.stat().st_size, "bytes")
