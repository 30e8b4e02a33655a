"""ResNets, convolutions and batch norm of torchvision in float64, for NetworksTests."""

import torch
import torch.nn.functional as F
from compat import torchvision

from patterns import Fixture, channels_first, channels_last, pat

fixture = Fixture()

# Convolutions: images [B, H, W, C], filters [O, C / groups, K, L] as files hold them.
for image, filters, stride, padding, dilation, groups in [
    ((2, 9, 8, 3), (5, 3, 3, 3), 1, 1, 1, 1),
    ((2, 11, 10, 3), (6, 3, 7, 7), 2, 3, 1, 1),
    ((1, 10, 13, 4), (6, 2, 3, 2), 2, 1, 2, 2),
    ((2, 7, 9, 6), (6, 1, 3, 3), 2, 1, 1, 6),
    ((3, 6, 5, 17), (33, 17, 1, 1), 2, 0, 1, 1),
    ((1, 12, 11, 2), (3, 2, 5, 3), 3, 2, 2, 1),
]:
    x = channels_first(pat(*image)).requires_grad_()
    w = pat(*filters, offset=7).requires_grad_()
    y = F.conv2d(x, w, None, stride, padding, dilation, groups)
    y.backward(channels_first(pat(*channels_last(y).shape, offset=13)))
    name = "conv " + " ".join(str(v) for v in (*image, *filters, stride, padding, dilation, groups))
    fixture.put_summary(f"{name} y", channels_last(y))
    fixture.put_summary(f"{name} dX", channels_last(x.grad))
    fixture.put_summary(f"{name} dW", w.grad)

# Batch norm: two training batches, then evaluation.
norm = torch.nn.BatchNorm2d(5)
norm.weight.data, norm.bias.data = 1 + pat(5), pat(5, offset=3)
for step in range(2):
    x = channels_first(2 * pat(3, 4, 2, 5, offset=11 * step) + 0.3 * step).requires_grad_()
    norm.zero_grad()
    y = norm(x)
    y.backward(channels_first(pat(3, 4, 2, 5, offset=29)))
    fixture.put(f"norm.{step}.y", channels_last(y))
    fixture.put(f"norm.{step}.dX", channels_last(x.grad))
    fixture.put(f"norm.{step}.dGain", norm.weight.grad)
    fixture.put(f"norm.{step}.dBias", norm.bias.grad)
fixture.put("norm.mean", norm.running_mean)
fixture.put("norm.variance", norm.running_var)
norm.eval()
fixture.put("norm.evaluation", channels_last(norm(channels_first(pat(2, 3, 2, 5, offset=1)))))


def fill(model):
    """Golden vectors G6: every tensor a pattern, scaled so that activations keep their size."""
    for name, t in model.state_dict().items():
        if name.endswith("num_batches_tracked"):
            continue
        shape = list(t.shape)
        if t.dim() == 4:
            t.copy_(pat(*shape) * (24 / (shape[1] * shape[2] * shape[3])) ** 0.5)
        elif name.endswith("running_var"):
            t.copy_(1 + 0.5 * pat(*shape))
        elif name.endswith(("running_mean", "bias")):
            t.copy_(0.1 * pat(*shape))
        else:
            t.copy_(1 + 0.2 * pat(*shape))
    return model


def resnet(name, small):
    model = getattr(torchvision.models, name)()
    model.fc = torch.nn.Identity()
    if small:
        model.conv1 = torch.nn.Conv2d(3, 64, 3, 1, 1, bias=False)
    return fill(model.double())


class Small(torch.nn.Module):
    """ResNet-8x4: one basic block a stage, no pooling."""

    def __init__(self):
        super().__init__()
        self.conv1 = torch.nn.Conv2d(3, 32, 3, 1, 1, bias=False)
        self.bn1 = torch.nn.BatchNorm2d(32)
        from torchvision.models.resnet import BasicBlock

        inputs = 32
        for i, (width, stride) in enumerate([(64, 1), (128, 2), (256, 2)]):
            shortcut = torch.nn.Sequential(
                torch.nn.Conv2d(inputs, width, 1, stride, bias=False), torch.nn.BatchNorm2d(width)
            )
            block = BasicBlock(inputs, width, stride, shortcut)
            setattr(self, f"layer{i + 1}", torch.nn.Sequential(block))
            inputs = width

    def forward(self, x):
        x = torch.relu(self.bn1(self.conv1(x)))
        return self.layer3(self.layer2(self.layer1(x))).mean((2, 3))


# G6.
model = resnet("resnet18", small=False)
x = (4 * pat(1, 3, 32, 32)).float().double()
model.eval()
h = model(x)
print("G6 eval", h[0, :4].tolist(), h.sum().item(), h.max().item())
fixture.put("G6.evaluation", h)
model.train()
h = model(torch.cat([x, -x, x.flip(3)]))
print("G6 train", h[0, :4].tolist(), h.sum().item(), model.bn1.running_mean[0].item())
fixture.put_summary("G6.training", h)
fixture.put("G6.mean", model.bn1.running_mean)
fixture.put("G6.variance", model.bn1.running_var)

# All gradients, in training.
for name, model in [
    ("resnet18", resnet("resnet18", small=True)),
    ("resnet50", resnet("resnet50", small=True)),
    ("resnet8x4", fill(Small().double())),
]:
    model.train()
    # The root keeps sums off the grid of pat's values, where maxima of the pooling would tie and
    # rounding would choose who takes the gradient.
    shape = (3, 3, 32, 32)
    x = 4 * pat(*shape) + 2**0.5 * pat(*shape, offset=40) * pat(*shape, offset=71)
    x.requires_grad_()
    h = model(x)
    h.backward(pat(*h.shape, offset=5))
    fixture.put_summary(f"{name} h", h)
    fixture.put_summary(f"{name} dX", x.grad)
    for key, parameter in model.named_parameters():
        v = parameter.grad.reshape(-1)
        projections = [(v * pat(v.numel(), offset=o)).sum() for o in (17, 53)]
        fixture.put(f"{name} {key}", torch.stack([v.norm(), v[0], *projections]))


def fnv(text):
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = ((value ^ byte) * 0x100000001B3) % 2**64
    return value


for name in ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152"):
    model = getattr(torchvision.models, name)()
    model.fc = torch.nn.Identity()
    lines = [" ".join([k, *map(str, t.shape)]) for k, t in model.state_dict().items()]
    fixture.texts[f"{name} hash"] = [f"{fnv(chr(10).join(lines)):016x}", str(len(lines))]
    fixture.texts[f"{name} count"] = [str(sum(p.numel() for p in model.parameters()))]
    if name in ("resnet18", "resnet50"):
        fixture.texts[f"{name} names"] = lines

fixture.write("networks")
