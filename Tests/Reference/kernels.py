"""Pooling, normalisation, softmax and optimiser steps of PyTorch in float64, for KernelsTests."""

import torch
import torch.nn.functional as F

from patterns import Fixture, channels_first, channels_last, pat

fixture = Fixture()

for kind, kernel, stride, padding in [
    ("max", 3, 2, 1), ("max", 2, 2, 0), ("max", 3, 1, 1), ("mean", 3, 2, 1), ("mean", 2, 1, 0),
]:
    # Whole numbers from -2 to 2, so that most windows hold their maximum more than once.
    x = channels_first((4 * pat(2, 7, 6, 3)).round()).requires_grad_()
    pool = F.max_pool2d if kind == "max" else F.avg_pool2d
    y = pool(x, kernel, stride, padding)
    y.backward(channels_first(pat(*channels_last(y).shape, offset=5)))
    name = f"{kind}.{kernel}.{stride}.{padding}"
    fixture.put(f"{name}.y", channels_last(y))
    fixture.put(f"{name}.dX", channels_last(x.grad))

x = (3 * pat(5, 11)).requires_grad_()
gain, bias = (1 + pat(11, offset=7)).requires_grad_(), pat(11, offset=9).requires_grad_()
y = F.layer_norm(x, [11], gain, bias, 1e-5)
y.backward(pat(5, 11, offset=31))
for name, t in [("y", y), ("dX", x.grad), ("dGain", gain.grad)]:
    fixture.put(f"layerNorm.{name}", t)
fixture.put("softmax", F.softmax(9 * pat(4, 19), -1))
fixture.put("logSoftmax", F.log_softmax(9 * pat(4, 19), -1))

for name, make in {
    "adam": lambda p: torch.optim.Adam(p, lr=1e-2, betas=(0.9, 0.99), eps=1e-8, weight_decay=0.1),
    "adamW": lambda p: torch.optim.AdamW(p, lr=1e-2, betas=(0.8, 0.999), eps=1e-6, weight_decay=0.2),
    "momentum": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=0.05),
}.items():
    parameter = torch.nn.Parameter(pat(37))
    optimiser = make([parameter])
    for step in range(5):
        parameter.grad = 2 * pat(37, offset=10 * step + 3)
        optimiser.step()
    fixture.put(name, parameter)

fixture.write("kernels")
