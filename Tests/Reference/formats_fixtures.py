"""Fixtures for Tests/FormatsTests, made by the reference programs.

    python formats_fixtures.py            (torch 2.13, safetensors 0.8.0, PyYAML 6.0.3)

Writes, below fixtures/formats:
  every_dtype.safetensors   by safetensors.torch.save: every element type we read, a scalar, an empty
                            tensor, names that need escaping, metadata
  lcg.safetensors           one U8 tensor of bytes from the generator named below
  yaml_scalars.json         plain scalars and the type and value PyYAML's FullLoader gives them
"""

import json
import pathlib

import safetensors.torch
import torch
import yaml

HERE = pathlib.Path(__file__).parent / "fixtures" / "formats"
HERE.mkdir(parents=True, exist_ok=True)


def lcg(count, state=1):
    out = bytearray()
    for _ in range(count):
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        out.append(state >> 24)
    return bytes(out)


special = [0.0, -0.0, 1.0, -2.5, 65504.0, 6e-8, float("inf"), float("nan")]
tensors = {
    "f64": torch.tensor([0.1, 1e300, -5e-324, float("inf")], dtype=torch.float64),
    "f32": torch.tensor([[0.1, -2.0, 3e38], [1e-45, float("nan"), 0.0]]),
    "f16": torch.tensor(special, dtype=torch.float16),
    "bf16": torch.tensor(special, dtype=torch.bfloat16),
    "i64": torch.tensor([-(2**63), 2**63 - 1, 0]),
    "i32": torch.tensor([-(2**31), 2**31 - 1], dtype=torch.int32),
    "i16": torch.tensor([-32768, 32767], dtype=torch.int16),
    "i8": torch.tensor([-128, 127, -1], dtype=torch.int8),
    "u8": torch.tensor([0, 255, 7], dtype=torch.uint8),
    "u16": torch.tensor([0, 65535], dtype=torch.uint16),
    "u32": torch.tensor([0, 2**32 - 1], dtype=torch.uint32),
    "u64": torch.tensor([2**64 - 1, 1], dtype=torch.uint64),
    "bool": torch.tensor([True, False, True]),
    "f8": torch.tensor([1.0, 2.0]).to(torch.float8_e4m3fn),
    "scalar": torch.tensor(3.5),
    "empty": torch.zeros(2, 0, 3),
    'quote " backslash \\ newline \n': torch.tensor([1.0]),
    "e\u0301": torch.tensor([1.0]),
    "\u00e9": torch.tensor([2.0]),
}
metadata = {"zebra": "last", "alpha": 'a "quoted" text', "control": "\x01\t\u00e9"}
(HERE / "every_dtype.safetensors").write_bytes(safetensors.torch.save(tensors, metadata))
(HERE / "lcg.safetensors").write_bytes(
    safetensors.torch.save({"bytes": torch.frombuffer(bytearray(lcg(300)), dtype=torch.uint8)})
)

SCALARS = """|~|null|Null|NULL|true|True|TRUE|false|False|FALSE|yes|Yes|no|NO|on|Off|y|n|0|5|-5|+5|256|1_000|
010|0x1F|0b11|1:30|190:20:30|0o10|08|1,000|0.80|0.|.5|-.5|+0.5|-0.5|1.0e-6|1.e-6|6.02e+23|.inf|-.inf|.Inf|.nan|.NaN|
1e-6|1e5|1E-6|1.e6|6.02e23|1e+3|2e-4|2024-01-02|<>|8192-8192-8192|ViT-B-16|laion400m_e32|imagenet_semi_supervised_0.10|
warmup_cosine|a.b|.|-|1.2.3|0.1_0|1_0.5|00|0_1|07_1|-010|+0x1f|0x|0b|0b2|1:60|1:5|1:30.5|:30|_1|1_|-_1|nan|inf|NaN|
Infinity|-|9223372036854775807|a b c|a#b|a:b|-1.5|-1.5e-3|-1.5e3|trUe|nULL|~~|resnet50|1e|e5|1.5e|1.5e+|+|.e5|-0|+0|-0.0|
0.5.|12e03|1.0E+2|0.0""".replace("\n", "").split("|")
rows = []
for text in dict.fromkeys(SCALARS):
    if text == "-":
        continue
    value = yaml.load(f"k: {text}", Loader=yaml.FullLoader)["k"]
    kind = type(value).__name__
    rows.append([text, kind, repr(value)])
(HERE / "yaml_scalars.json").write_text(json.dumps(rows, indent=0) + "\n")
print(len(rows), "scalars")
