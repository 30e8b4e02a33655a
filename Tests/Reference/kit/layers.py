"""Normalisation, attention and networks: PyTorch's layers, torchvision's ResNets."""

import torch
import torch.nn.functional as F
from torch import nn

import compat  # noqa: F401  (before torchvision)
from torchvision.models import resnet as tv

from .case import pattern
from .peer import nchw, nhwc, peer


@peer("batch-norm", by="torch batch_norm")
def batch_norm(c):
    x = c["input.x"]
    mean, variance = (c["parameter.running_" + s].clone() for s in ("mean", "var"))
    rows = x.reshape(-1, x.shape[-1])
    weight, bias = c["parameter.weight"], c["parameter.bias"]
    y = F.batch_norm(rows, mean, variance, weight, bias, c.text("mode") == "training")
    return {"y": y.reshape(x.shape), "running_mean": mean, "running_var": variance}


@peer("layer-norm", by="torch layer_norm")
def layer_norm(c):
    x = c["input.x"]
    weight, bias = c["parameter.weight"], c["parameter.bias"]
    return {"y": F.layer_norm(x, x.shape[-1:], weight, bias, c.number("epsilon"))}


@peer("softmax", by="torch softmax")
def softmax(c):
    return {"y": F.softmax(c["input.x"], -1)}


@peer("log-softmax", by="torch log_softmax")
def log_softmax(c):
    return {"y": F.log_softmax(c["input.x"], -1)}


@peer("cross-entropy", by="torch cross_entropy")
def cross_entropy(c):
    return {"loss": F.cross_entropy(c["input.logits"], c["attribute.labels"])}


@peer("attention", by="torch scaled_dot_product_attention")
def attention(c):
    heads = c.whole("heads")
    q, k, v = (
        c["input." + s].unflatten(-1, (heads, -1)).transpose(1, 2) for s in ("query", "key", "value")
    )
    return {"o": F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)}


def run(c, model, output, x):
    """Runs a module with the parameters of a case; outputs are its value and running statistics."""
    state = {}
    for order, (key, held) in enumerate(model.state_dict().items()):
        if key.endswith("num_batches_tracked"):
            continue
        name = "parameter." + key
        value = c[name] if name in c else c.tracked(name, generated(c, key, order, held.shape))
        assert value.shape == held.shape, f"{name}: {list(value.shape)}, not {list(held.shape)}"
        # Batch norm writes running statistics in place.
        state[key] = value.clone() if "running" in key else value
    model.train(c.meta.get("attribute.mode", "training") == "training")
    y = torch.func.functional_call(model, state, (x,))
    running = {key: value for key, value in state.items() if "running" in key}
    return {output: nhwc(y) if y.dim() == 4 else y} | running


def generated(c, key, order, shape):
    """An entry of the state dictionary by the rule of docs/oracle.md, rounded to the case's scalar."""
    p = torch.from_numpy(pattern(shape.numel(), order)).reshape(shape)
    if len(shape) > 1:
        p = p * (24 / shape[1:].numel()) ** 0.5
    elif key.endswith("running_var"):
        p = 1 + 0.5 * p
    elif key.endswith(("running_mean", "bias")):
        p = 0.1 * p
    else:
        p = 1 + 0.2 * p
    return p if c.scalar == "float64" else p.float().double()


def shortcut(inputs, outputs, stride):
    if stride == 1 and inputs == outputs:
        return None
    return nn.Sequential(tv.conv1x1(inputs, outputs, stride), nn.BatchNorm2d(outputs))


@peer("residual-block", by="torchvision BasicBlock, Bottleneck")
def residual_block(c):
    kind = {"basic": tv.BasicBlock, "bottleneck": tv.Bottleneck}[c.text("kind")]
    inputs, width, stride = (c.whole(key) for key in ("inputs", "width", "stride"))
    block = kind(inputs, width, stride, shortcut(inputs, width * kind.expansion, stride))
    return run(c, block, "y", nchw(c["input.x"]))


@peer("projector", by="torch Linear, BatchNorm1d, ReLU")
def projector(c):
    widths = [c.whole("inputs"), *c.wholes("widths")]
    layers = []
    for before, after in zip(widths, widths[1:-1]):
        layers += [nn.Linear(before, after, bias=False), nn.BatchNorm1d(after), nn.ReLU()]
    layers.append(nn.Linear(*widths[-2:], bias=False))
    return run(c, nn.Sequential(*layers), "z", c["input.x"])


class SmallResNet(nn.Module):
    """ResNet-8×n as the distillation literature has it: a 3×3 stem without pooling, then three stages of
    one basic block, of 2, 4 and 8 times the stem's 8n channels."""

    def __init__(self, n):
        super().__init__()
        self.conv1 = tv.conv3x3(3, 8 * n)
        self.bn1 = nn.BatchNorm2d(8 * n)
        for stage in (1, 2, 3):
            inputs, outputs, stride = 2 ** (stage + 2) * n, 2 ** (stage + 3) * n, min(stage, 2)
            block = tv.BasicBlock(inputs, outputs, stride, shortcut(inputs, outputs, stride))
            setattr(self, f"layer{stage}", nn.Sequential(block))

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        return self.layer3(self.layer2(self.layer1(x))).mean((2, 3))


@peer("resnet", by="torchvision resnet; ResNet-8×n of its blocks")
def resnet(c):
    backbone = c.text("backbone")
    if backbone.startswith("resnet8"):
        model = SmallResNet(int(backbone[len("resnet8x") :] or 1))
    else:
        model = getattr(tv, backbone)()
        model.fc = nn.Identity()
        if c.text("stem") == "small":
            model.conv1 = tv.conv3x3(3, 64)
    return run(c, model, "h", nchw(c["input.x"]))
