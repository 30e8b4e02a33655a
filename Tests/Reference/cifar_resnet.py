"""Published CIFAR ResNets in PyTorch: names, gradients, and the class of every test image.

usage: cifar_resnet.py WEIGHTS_FOLDER TEST_BATCH

The folder holds resnet20-12fca82f.th and resnet56-4bfd9763.th; TEST_BATCH is what
cifar10_photographs.py makes of the 2,000 test photographs.
"""

import sys
from pathlib import Path

import numpy
import torch
import torch.nn.functional as F

from patterns import Fixture, pat, summary

fixture = Fixture()


class Block(torch.nn.Module):
    def __init__(self, inputs, width, stride):
        super().__init__()
        self.conv1 = torch.nn.Conv2d(inputs, width, 3, stride, 1, bias=False)
        self.bn1 = torch.nn.BatchNorm2d(width)
        self.conv2 = torch.nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = torch.nn.BatchNorm2d(width)
        self.stride, self.more = stride, width - inputs

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        half = self.more // 2
        x = F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, half, half))
        return F.relu(x + y)


class Net(torch.nn.Module):
    def __init__(self, layers):
        super().__init__()
        self.conv1 = torch.nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = torch.nn.BatchNorm2d(16)
        inputs = 16
        for i, width in enumerate((16, 32, 64)):
            blocks = []
            for j in range((layers - 2) // 6):
                blocks.append(Block(inputs, width, 2 if i > 0 and j == 0 else 1))
                inputs = width
            setattr(self, f"layer{i + 1}", torch.nn.Sequential(*blocks))
        self.linear = torch.nn.Linear(64, 10)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        return self.linear(self.layer3(self.layer2(self.layer1(x))).mean((2, 3)))


folder, batch = Path(sys.argv[1]), numpy.fromfile(sys.argv[2], numpy.uint8).reshape(-1, 3073)
labels = torch.from_numpy(batch[:, 0].astype(numpy.int64))
pixels = torch.from_numpy(batch[:, 1:].reshape(-1, 3, 32, 32).astype(numpy.float64)) / 255
mean = torch.tensor([0.485, 0.456, 0.406]).reshape(3, 1, 1)
deviation = torch.tensor([0.229, 0.224, 0.225]).reshape(3, 1, 1)
pixels = (pixels - mean) / deviation

for layers, name in [(20, "resnet20-12fca82f.th"), (56, "resnet56-4bfd9763.th")]:
    state = torch.load(folder / name, map_location="cpu", weights_only=True)["state_dict"]
    state = {k.removeprefix("module."): v.double() for k, v in state.items()}
    model = Net(layers).double().eval()
    missing, unexpected = model.load_state_dict(state, strict=False)
    assert not unexpected and all(k.endswith("num_batches_tracked") for k in missing)
    with torch.no_grad():
        logits = torch.cat([model(part) for part in pixels.split(100)])
        fixture.put(f"{layers} pattern", model(4 * pat(2, 3, 32, 32)))
    classes = logits.argmax(1)
    top = logits.topk(2).values
    print(layers, (classes == labels).double().mean().item(), (top[:, 0] - top[:, 1]).min().item())
    fixture.texts[f"{layers} classes"] = ["".join(str(c) for c in classes.tolist())]
    fixture.texts[f"{layers} right"] = [str((classes == labels).sum().item())]

# Gradients of a training batch, with patterns for weights; an odd size, so that subsampling shows.
model = Net(20).double().train()
for i, (name, t) in enumerate(model.state_dict().items()):
    if not name.endswith("num_batches_tracked"):
        p = pat(*t.shape, offset=13 * i)
        if t.dim() >= 2:
            t.copy_(p * (24 * t.shape[0] / t.numel()) ** 0.5)
        elif name.endswith("running_var"):
            t.copy_(1 + 0.5 * p)
        else:
            t.copy_(0.1 * p if name.endswith(("running_mean", "bias")) else 1 + 0.2 * p)
shape = (3, 3, 15, 15)
x = 4 * pat(*shape) + 2**0.5 * pat(*shape, offset=40) * pat(*shape, offset=71)
x.requires_grad_()
y = model(x)
y.backward(pat(*y.shape, offset=5))
fixture.put("20 y", y)
fixture.put("20 dX", summary(x.grad))
for key, parameter in model.named_parameters():
    fixture.put(f"20 {key}", summary(parameter.grad))

for layers in (20, 32, 44, 56):
    state = Net(layers).state_dict().items()
    fixture.texts[f"{layers} names"] = [" ".join([k, *map(str, t.shape)]) for k, t in state]
fixture.write("cifar_resnet")
