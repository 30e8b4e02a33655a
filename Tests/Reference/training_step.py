"""Two optimiser steps of the main job in float64: ResNet-8x2, projector, five representations, Adam.

Everything is written out here or in the neighbouring scripts; nothing is shared with the Swift sources.
"""

import numpy as np
import torch
from compat import torchvision

from objectives import objective
from patterns import Fixture, pat
from representations_fixtures import hog, scattering

BasicBlock = torchvision.models.resnet.BasicBlock

class Encoder(torch.nn.Module):
    def __init__(self):
        super().__init__()
        backbone = torch.nn.Module()
        backbone.conv1 = torch.nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        backbone.bn1 = torch.nn.BatchNorm2d(16)
        inputs = 16
        for i, (width, stride) in enumerate([(32, 1), (64, 2), (128, 2)]):
            shortcut = torch.nn.Sequential(
                torch.nn.Conv2d(inputs, width, 1, stride, bias=False), torch.nn.BatchNorm2d(width)
            )
            setattr(backbone, f"layer{i + 1}", torch.nn.Sequential(BasicBlock(inputs, width, stride, shortcut)))
            inputs = width
        self.backbone = backbone
        self.projector = torch.nn.Sequential(
            torch.nn.Linear(128, 24, bias=False), torch.nn.BatchNorm1d(24), torch.nn.ReLU(),
            torch.nn.Linear(24, 12, bias=False),
        )

    def forward(self, x):
        b = self.backbone
        x = torch.relu(b.bn1(b.conv1(x)))
        return self.projector(b.layer3(b.layer2(b.layer1(x))).mean((2, 3)))


def fill(model):
    for i, (name, t) in enumerate(model.state_dict().items()):
        if name.endswith("num_batches_tracked"):
            continue
        inputs = t[0].numel()
        if t.dim() > 1:
            t.copy_(pat(*t.shape, offset=i) * (24 / inputs) ** 0.5)
        elif name.endswith("running_var"):
            t.copy_(torch.ones_like(t))
        elif name.endswith("running_mean"):
            t.copy_(torch.zeros_like(t))
        elif name.endswith("bias"):
            t.copy_(0.1 * pat(*t.shape, offset=i))
        else:
            t.copy_(1 + 0.2 * pat(*t.shape, offset=i))
    return model


def images(offset):
    shape = (6, 3, 16, 16)
    return 2 * pat(*shape, offset=offset) + 2 * pat(*shape, offset=offset + 40) * pat(*shape, offset=offset + 71)


def deviation(x):
    import torch.nn.functional as F

    def box(v):
        return F.avg_pool2d(F.pad(v, (1, 1, 1, 1), mode="reflect"), 3, 1)

    return (box(x * x) - box(x) ** 2 + 1e-8).sqrt()


def main():
    fixture = Fixture()
    model = fill(Encoder().double()).train()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, weight_decay=1e-2)
    for step in range(2):
        x, augmented, pixels = images(100 * step), images(100 * step + 5), images(100 * step + 9)
        features = {
            "full_img": x.flatten(1),
            "full_img_scatnet": torch.from_numpy(np.ascontiguousarray(scattering(x.numpy(), 2, 4, 2))).flatten(1),
            "full_img_augment": pixels.flatten(1),
            "full_img_hog": torch.from_numpy(np.ascontiguousarray(hog(x.numpy(), 24, 8, False))).flatten(1),
            "full_img_std": deviation(x).flatten(1),
        }
        optimizer.zero_grad()
        w = model(augmented)
        z = model(x)
        total, terms = objective(z, w, features)
        total.backward()
        fixture.put(f"{step} terms", torch.stack([total, *terms.values()]))
        optimizer.step()
    for name, t in model.state_dict().items():
        v = t.detach().double().reshape(-1)
        fixture.put(f"final {name}", torch.stack([v.norm(), v[0], v[-1], (v * pat(v.numel(), offset=17)).sum()]))
    fixture.write("training_step")


if __name__ == "__main__":
    main()
