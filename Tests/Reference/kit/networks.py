"""Transformers by open_clip and PyTorch; MobileNets, EfficientNets and their parts by torchvision."""

import torch
import torch.nn.functional as F
from torch import nn

import compat  # noqa: F401  (before torchvision)
import open_clip.transformer as clip
import torchvision
from torchvision.models import resnet as tv
from torchvision.ops import Conv2dNormActivation, SqueezeExcitation, StochasticDepth

from .calculus import hard_sigmoid
from .layers import run
from .peer import nchw, peer

ACTIVATIONS = {
    "gelu": nn.GELU, "quickGELU": clip.QuickGELU, "silu": nn.SiLU, "hardSwish": nn.Hardswish,
    "relu6": nn.ReLU6, "relu": nn.ReLU,
}


def activation(c):
    return ACTIVATIONS[c.text("activation")]


@peer("self-attention", by="torch scaled_dot_product_attention")
def self_attention(c):
    heads = c.whole("heads")
    q, k, v = (part.unflatten(-1, (heads, -1)).transpose(1, 2) for part in c["input.x"].chunk(3, -1))
    return {"o": F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)}


class SelfAttention(nn.MultiheadAttention):
    def forward(self, x):
        return super().forward(x, x, x, need_weights=False)[0]


@peer("multi-head-attention", by="torch MultiheadAttention")
def multi_head_attention(c):
    layer = SelfAttention(c.whole("width"), c.whole("heads"), batch_first=True)
    return run(c, layer, "y", c["input.x"])


@peer("transformer-block", by="open_clip ResidualAttentionBlock")
def transformer_block(c):
    width, hidden = c.whole("width"), c.whole("hidden")
    ratio = (hidden + 0.5) / width  # its integer part counts
    block = clip.ResidualAttentionBlock(width, c.whole("heads"), ratio, act_layer=activation(c))
    return run(c, block, "y", c["input.x"])


@peer("vision-transformer", by="open_clip VisionTransformer")
def vision_transformer(c):
    size, patch = c.whole("grid") * c.whole("patch"), c.whole("patch")
    sizes = (c.whole("width"), c.whole("layers"), c.whole("heads"))
    tower = clip.VisionTransformer(
        size, patch, *sizes, 4.0, output_dim=c.whole("outputs"), act_layer=activation(c)
    )
    return run(c, tower, "y", nchw(c["input.x"]))


class HardSigmoid(nn.Module):
    def forward(self, x):
        return hard_sigmoid(x)


GATES = {"logistic": nn.Sigmoid, "hardSigmoid": HardSigmoid}


@peer("squeeze-excitation", by="torchvision SqueezeExcitation")
def squeeze_excitation(c):
    layer = SqueezeExcitation(c.whole("channels"), c.whole("squeezed"), activation(c), GATES[c.text("gate")])
    return run(c, layer, "y", nchw(c["input.x"]))


@peer("convolution-norm-activation", by="torchvision Conv2dNormActivation")
def convolution_norm_activation(c):
    sizes = (c.whole(key) for key in ("inputs", "outputs", "kernel", "stride"))
    return run(c, Conv2dNormActivation(*sizes, activation_layer=activation(c)), "y", nchw(c["input.x"]))


class InvertedResidual(nn.Module):
    """torchvision's own are of three classes, which round widths and fix the gate; this is of their parts."""

    def __init__(self, inputs, expanded, outputs, kernel, stride, squeezed, layer):
        super().__init__()
        parts = []
        if expanded != inputs:
            parts.append(Conv2dNormActivation(inputs, expanded, 1, activation_layer=layer))
        parts.append(
            Conv2dNormActivation(expanded, expanded, kernel, stride, groups=expanded, activation_layer=layer)
        )
        if squeezed:
            parts.append(SqueezeExcitation(expanded, squeezed, nn.SiLU))
        parts.append(Conv2dNormActivation(expanded, outputs, 1, activation_layer=None))
        self.block = nn.Sequential(*parts)
        self.adds = stride == 1 and inputs == outputs

    def forward(self, x):
        return x + self.block(x) if self.adds else self.block(x)


@peer("inverted-residual", by="torchvision Conv2dNormActivation, SqueezeExcitation")
def inverted_residual(c):
    keys = ("inputs", "expanded", "outputs", "kernel", "stride", "squeezed")
    return run(c, InvertedResidual(*map(c.whole, keys), activation(c)), "y", nchw(c["input.x"]))


class Subsampled(nn.Module):
    """He et al.'s option A: every second pixel, and as many channels of zeros as are new."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.half = (outputs - inputs) // 2

    def forward(self, x):
        return F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.half, self.half))


class CIFARResNet(nn.Module):
    def __init__(self, layers):
        super().__init__()
        self.conv1, self.bn1 = tv.conv3x3(3, 16), nn.BatchNorm2d(16)
        inputs = 16
        for stage, width in enumerate((16, 32, 64)):
            blocks = []
            for _ in range((layers - 2) // 6):
                changes = width != inputs
                pass_ = Subsampled(inputs, width) if changes else None
                blocks.append(tv.BasicBlock(inputs, width, 2 if changes else 1, pass_))
                inputs = width
            setattr(self, f"layer{stage + 1}", nn.Sequential(*blocks))

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        return self.layer3(self.layer2(self.layer1(x))).mean((2, 3))


def features(name):
    """A network of torchvision without its last matrix, without random layers, with exact gates."""
    model = getattr(torchvision.models, name)()
    model.classifier[-1] = nn.Identity()
    for module in model.modules():
        if isinstance(module, (nn.Dropout, StochasticDepth)):
            module.p = 0.0
        if isinstance(getattr(module, "scale_activation", None), nn.Hardsigmoid):
            module.scale_activation = HardSigmoid()
    return model


@peer("small-network", by="torchvision; CIFAR ResNets of its blocks")
def small_network(c):
    name = c.text("network")
    of_cifar = name.startswith("cifar_resnet")
    model = CIFARResNet(int(name[len("cifar_resnet") :])) if of_cifar else features(name)
    return run(c, model, "h", nchw(c["input.x"]))
