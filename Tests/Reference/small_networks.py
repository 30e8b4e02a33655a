"""torchvision's networks for telephones and wide ResNets in float64, for NetworksTests."""

import torch
from compat import torchvision

from patterns import Fixture, pat, summary

fixture = Fixture()


def fill(model):
    """Every tensor a pattern, shifted by its place, scaled so that activations keep their size."""
    for i, (name, t) in enumerate(model.state_dict().items()):
        if name.endswith("num_batches_tracked"):
            continue
        p = pat(*t.shape, offset=13 * i)
        if t.dim() >= 2:
            t.copy_(p * (24 * t.shape[0] / t.numel()) ** 0.5)
        elif name.endswith("running_var"):
            t.copy_(1 + 0.5 * p)
        elif name.endswith(("running_mean", "bias")):
            t.copy_(0.1 * p)
        else:
            t.copy_(1 + 0.2 * p)
    return model


def images(batch, size):
    return 4 * pat(batch, 3, size, size) + 2**0.5 * pat(batch, 3, size, size, offset=40) * pat(
        batch, 3, size, size, offset=71
    )


class HardSigmoid(torch.nn.Module):
    """PyTorch's own pulls back with 1/6 rounded to float32, also in float64: 3e-8 too much."""

    def forward(self, x):
        return torch.clamp(x + 3, 0, 6) / 6


def quiet(model):
    """Without the random layers, whose draws are the generator's; gates exact to float64."""
    for module in model.modules():
        if isinstance(module, (torch.nn.Dropout, torchvision.ops.StochasticDepth)):
            module.p = 0.0
        if isinstance(module, torchvision.ops.SqueezeExcitation):
            if isinstance(module.scale_activation, torch.nn.Hardsigmoid):
                module.scale_activation = HardSigmoid()
    return model


def names(model):
    return [" ".join([k, *map(str, t.shape)]) for k, t in model.state_dict().items()]


def fnv(text):
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = ((value ^ byte) * 0x100000001B3) % 2**64
    return value


def put_names(name, model):
    lines = names(model)
    fixture.texts[f"{name} hash"] = [f"{fnv(chr(10).join(lines)):016x}", str(len(lines))]
    fixture.texts[f"{name} count"] = [str(sum(p.numel() for p in model.parameters()))]


SIZE, BATCH = 64, 4
for name in ("mobilenet_v2", "mobilenet_v3_large", "efficientnet_b0", "efficientnet_b1"):
    model = quiet(getattr(torchvision.models, name)(num_classes=10).double())
    fixture.texts[f"{name} names"] = names(model)
    fill(model)
    model.eval()
    fixture.put(f"{name} evaluation", model(images(2, SIZE)))
    model.train()
    x = images(BATCH, SIZE).requires_grad_()
    y = model(x)
    y.backward(pat(*y.shape, offset=5))
    fixture.put(f"{name} y", y)
    fixture.put(f"{name} dX", summary(x.grad))
    for key, parameter in model.named_parameters():
        v = parameter.grad.reshape(-1)
        projections = [(v * pat(v.numel(), offset=o)).sum() for o in (17, 53)]
        fixture.put(f"{name} {key}", torch.stack([v.norm(), v[0], *projections]))
    mean = [t for k, t in model.state_dict().items() if k.endswith("running_mean")][-1]
    fixture.put(f"{name} last mean", summary(mean))
    drops = [m for m in model.modules() if isinstance(m, torchvision.ops.StochasticDepth)]
    print(name, y[0, :2].tolist(), len(drops))
    put_names(f"{name} 1000", getattr(torchvision.models, name)())

# How often blocks are left out, before `quiet`.
for name in ("efficientnet_b0", "efficientnet_b1"):
    model = getattr(torchvision.models, name)()
    drops = [m.p for m in model.modules() if isinstance(m, torchvision.ops.StochasticDepth)]
    fixture.put(f"{name} drops", torch.tensor(drops))


class Wide(torchvision.models.ResNet):
    """SwAV's wide ResNet: the stem is multiplied too, so the whole network starts wider."""

    def __init__(self, factor):
        block = type("Block", (torchvision.models.resnet.Bottleneck,), {})
        super().__init__(block, [3, 4, 6, 3])
        widths = [64 * factor, 128 * factor, 256 * factor, 512 * factor]
        self.inplanes = widths[0]
        self.conv1 = torch.nn.Conv2d(3, widths[0], 7, 2, 3, bias=False)
        self.bn1 = torch.nn.BatchNorm2d(widths[0])
        for i, (width, depth) in enumerate(zip(widths, [3, 4, 6, 3])):
            layer = self._make_layer(block, width, depth, stride=1 if i == 0 else 2)
            setattr(self, f"layer{i + 1}", layer)
        self.fc = torch.nn.Identity()


model = Wide(2)
put_names("resnet50w2", model)
fill(model.double()).eval()
fixture.put("resnet50w2 evaluation", summary(model(images(1, 48))))
for factor in (4, 5):
    with torch.device("meta"):
        put_names(f"resnet50w{factor}", Wide(factor))

fixture.write("small_networks")
