"""Files of weights for Tests/FormatsTests, written by the programs that own the formats.

    python weights_fixtures.py            (torch 2.13, numpy 2.4, safetensors 0.8)

Writes, below fixtures/weights:
  <case>.pt / <case>_legacy.pt   by torch.save, in the zip format and in the one before 1.6
  script*.pt                     by torch.jit.save
  *.npy, *.npz                   by numpy.save, numpy.savez, numpy.savez_compressed
  open_clip_names.json           names and shapes of a small CLIP of open_clip 3.3
  expected.safetensors           every tensor of every file, as `<file>/<way to it>`, dense

The way to a tensor is the keys of the dictionaries around it, joined by dots.
"""

import collections
import io
import json
import pathlib
import zipfile

import compat  # noqa: F401
import numpy as np
import open_clip
import safetensors.torch
import torch

HERE = pathlib.Path(__file__).parent / "fixtures" / "weights"
HERE.mkdir(parents=True, exist_ok=True)
for old in HERE.iterdir():
    old.unlink()
torch.manual_seed(3)
expected = {}


def note(file, value, way=""):
    """Adds every tensor below `value` to what is expected."""
    if isinstance(value, torch.Tensor):
        expected[f"{file}/{way or 'tensor'}"] = value.detach().clone().contiguous()
    elif isinstance(value, dict):
        for key, inner in value.items():
            note(file, inner, f"{way}.{key}" if way else str(key))
    elif isinstance(value, (list, tuple)):
        for i, inner in enumerate(value):
            note(file, inner, f"{way}.{i}" if way else str(i))


def save(name, value, legacy=True):
    torch.save(value, HERE / f"{name}.pt")
    note(f"{name}.pt", value)
    if legacy:
        torch.save(value, HERE / f"{name}_legacy.pt", _use_new_zipfile_serialization=False)
        note(f"{name}_legacy.pt", value)


def small():
    return torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2), torch.nn.Linear(2, 2))


module = small()
save("module", module.state_dict())


def trained(name, optimizer, scheduler):
    model = small()
    optimizer = optimizer(model.parameters())
    scheduler = scheduler(optimizer)
    for _ in range(2):
        optimizer.zero_grad()
        model(torch.randn(4, 3)).square().sum().backward()
        optimizer.step()
        scheduler.step()
    save(name, {"model": model.state_dict(), "optimizer": optimizer.state_dict(),
                "scheduler": scheduler.state_dict(), "epoch": 2, "best": 0.5, "note": "caf\u00e9"})


S = torch.optim.lr_scheduler
trained("adam", lambda p: torch.optim.Adam(p, 0.1), lambda o: S.CosineAnnealingLR(o, 5))
trained("adamw", lambda p: torch.optim.AdamW(p, 0.1), lambda o: S.StepLR(o, 5))
trained("sgd", lambda p: torch.optim.SGD(p, 0.1, momentum=0.9), lambda o: S.MultiStepLR(o, [1, 1, 3]))

base = torch.arange(24.0)
save("views", {
    "permuted": base.reshape(2, 3, 4).permute(2, 0, 1),
    "sliced": base.reshape(4, 6)[1:3, 1::2],
    "expanded": torch.tensor([[1.0], [2.0]]).expand(2, 3),
    "channels_last": torch.arange(36.0).reshape(1, 3, 3, 4).contiguous(memory_format=torch.channels_last),
    "overlapping": base.as_strided((4, 3), (1, 1), 2),
    "empty": torch.zeros(2, 0, 3),
    "scalar": torch.tensor(3.5),
    "half": torch.arange(6).reshape(2, 3).half().t(),
    "wide": torch.arange(6, dtype=torch.float64).reshape(2, 3).t(),
    "bytes": torch.arange(6, dtype=torch.uint8).reshape(2, 3).t(),
})
tied = torch.nn.Parameter(torch.randn(2, 3))
save("tied", collections.OrderedDict(a=tied, b=tied, c=tied.detach()[1], list=[tied.data, (tied.data,)]))
kinds = {}
for kind in ("float64 float32 float16 bfloat16 int64 int32 int16 int8 uint8 bool complex64").split():
    kinds[kind] = torch.tensor([0, 1, 3, 100]).to(getattr(torch, kind))
save("dtypes", kinds)
for kind in "uint16 uint32 uint64 float8_e4m3fn float8_e5m2".split():
    kinds[kind] = torch.tensor([0, 1, 3, 100]).to(getattr(torch, kind))
save("new_dtypes", kinds, legacy=False)
save("long_memo", {f"layer{i}": base[i % 24 : i % 24 + 1] for i in range(300)}, legacy=False)
save("one", torch.arange(3.0))
save("scalars", {"t": torch.ones(1), "ints": [0, 255, 256, 65535, 65536, 2**31 - 1, 2**31, -1, -(2**31),
     -(2**31) - 1, 2**63 - 1, -(2**63)], "huge": 2**70, "inf": float("inf"), "none": None,
     "flags": (True, False), "set": {1}, "bytes": b"\x00\xff", "size": torch.Size([2, 3]),
     "device": torch.device("cpu"), "dtype": torch.float16, "complex": 1 + 2j})

# The shape of a pytorch-lightning checkpoint: without the package, its keys and nesting.
encoder = {f"_encoder.backbone.{k}": v for k, v in small().state_dict().items()}
with_archive_folder = {
    "epoch": 1, "global_step": 2, "pytorch-lightning_version": "1.5.10", "state_dict": collections.OrderedDict(encoder),
    "callbacks": {"ModelCheckpoint": {"best_model_score": torch.tensor(0.5), "monitor": "val/acc"}},
    "optimizer_states": [torch.optim.Adam(small().parameters()).state_dict()], "lr_schedulers": [],
    "native_amp_scaling_state": {"scale": 65536.0}, "hyper_parameters": {"batch_size": 256, "lr": 1e-4},
}
with open(HERE / "lightning.ckpt", "wb") as stream:
    torch.save(with_archive_folder, stream)
note("lightning.ckpt", with_archive_folder)


class Part(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(2, 2)
        self.sizes = [1, 2]
        self.register_buffer("table", torch.arange(3.0).half())

    def forward(self, x):
        return self.linear(x) + self.table.float().sum() + self.sizes[0]


for name, script in {"script": torch.jit.script(torch.nn.Sequential(Part(), Part())),
                     "script_traced": torch.jit.trace(small().eval(), torch.ones(2, 3))}.items():
    buffer = io.BytesIO()
    torch.jit.save(script, buffer)
    # Without the debug entries, which hold the paths of this machine.
    with zipfile.ZipFile(buffer) as old, zipfile.ZipFile(HERE / f"{name}.pt", "w") as new:
        for entry in old.infolist():
            if not entry.filename.endswith(".debug_pkl"):
                new.writestr(zipfile.ZipInfo(entry.filename), old.read(entry), entry.compress_type)
    note(f"{name}.pt", dict(script.state_dict()))

arrays = {}
for kind in "f8 f4 f2 i8 i4 i2 i1 u8 u4 u2 u1 ?".split():
    arrays[f"{kind.replace('?', 'b')}_c"] = np.arange(6).reshape(2, 3).astype(kind)
arrays["fortran"] = np.asfortranarray(np.arange(24, dtype="f4").reshape(2, 3, 4))
arrays["big"] = np.arange(5, dtype=">f4")
arrays["big_long"] = np.arange(-2, 5, dtype=">i8")
arrays["big_fortran"] = np.asfortranarray(np.arange(6, dtype=">i2").reshape(2, 3))
arrays["scalar"] = np.float64(2.5)
arrays["empty"] = np.zeros((2, 0, 3), "f4")
arrays["five"] = np.arange(32, dtype="u2").reshape(2, 2, 2, 2, 2)


def plain(array):
    return torch.from_numpy(np.array(array).astype(np.array(array).dtype.newbyteorder("="), order="C"))


np.savez(HERE / "arrays.npz", **arrays)
np.savez_compressed(HERE / "packed.npz", zeros=np.zeros((64, 64), "f4"),
                    noise=np.random.default_rng(1).normal(size=300), **arrays)
for name, array in arrays.items():
    expected[f"arrays.npz/{name}"], expected[f"packed.npz/{name}"] = plain(array), plain(array)
expected["packed.npz/zeros"] = torch.zeros(64, 64)
expected["packed.npz/noise"] = torch.from_numpy(np.random.default_rng(1).normal(size=300))
for name in ("f4_c", "fortran", "big", "scalar", "empty"):
    np.save(HERE / f"{name}.npy", arrays[name])
    expected[f"{name}.npy/array"] = plain(arrays[name])
with open(HERE / "version2.npy", "wb") as stream:
    np.lib.format.write_array(stream, arrays["f4_c"], version=(2, 0))
expected["version2.npy/array"] = plain(arrays["f4_c"])

# A small ResNet of two basic blocks, as MoCo keeps it.
def conv_bn(conv, bn, inputs, outputs, kernel):
    state = {f"{conv}.weight": torch.randn(outputs, inputs, kernel, kernel)}
    return {**state, **{f"{bn}.{k}": v for k, v in torch.nn.BatchNorm2d(outputs).state_dict().items()}}


resnet = {**conv_bn("conv1", "bn1", 3, 2, 7),
          **conv_bn("layer1.0.conv1", "layer1.0.bn1", 2, 2, 3), **conv_bn("layer1.0.conv2", "layer1.0.bn2", 2, 2, 3),
          **conv_bn("layer2.0.conv1", "layer2.0.bn1", 2, 4, 3), **conv_bn("layer2.0.conv2", "layer2.0.bn2", 4, 4, 3),
          **conv_bn("layer2.0.downsample.0", "layer2.0.downsample.1", 2, 4, 1)}
moco = {f"module.encoder_q.{k}": v for k, v in resnet.items()}
moco["module.queue"] = torch.zeros(2, 3)
save("moco", {"epoch": 200, "arch": "resnet50", "state_dict": moco}, legacy=False)

clip = open_clip.model.CLIP(
    8, {"image_size": 8, "layers": 2, "width": 64, "patch_size": 4},
    {"context_length": 5, "vocab_size": 11, "width": 64, "heads": 1, "layers": 1})
names = {k: list(v.shape) for k, v in clip.state_dict().items()}
(HERE / "open_clip_names.json").write_text(json.dumps(names, indent=0) + "\n")

safetensors.torch.save_file(expected, HERE / "expected.safetensors")
print(len(list(HERE.iterdir())), "files,", len(expected), "tensors,", sum(f.stat().st_size for f in HERE.iterdir()), "bytes")
