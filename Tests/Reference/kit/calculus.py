"""Arithmetic, shapes, reductions, products and pooling: PyTorch's own functions."""

import torch
import torch.nn.functional as F

from .peer import nchw, nhwc, peer

for name, function in {"add": torch.add, "subtract": torch.sub, "multiply": torch.mul, "divide": torch.div}.items():
    peer(name, by=f"torch.{function.__name__}")(
        lambda c, f=function: {"z": f(c["input.x"], c["input.y"])}
    )

for name, function in {
    "negate": torch.neg, "exponential": torch.exp, "logarithm": torch.log, "square": torch.square,
    "magnitude": torch.abs, "reciprocal": torch.reciprocal, "tanh": torch.tanh,
    "logistic": torch.sigmoid, "error-function": torch.erf, "relu": torch.relu, "square-root": torch.sqrt,
    "silu": F.silu, "relu6": F.relu6, "hard-swish": F.hardswish,
}.items():
    peer(name, by=f"torch.{function.__name__}")(lambda c, f=function: {"y": f(c["input.x"])})


@peer("gelu", by="torch gelu")
def gelu(c):
    return {"y": F.gelu(c["input.x"])}


@peer("quick-gelu", by="open_clip QuickGELU")
def quick_gelu(c):
    from open_clip.transformer import QuickGELU

    return {"y": QuickGELU()(c["input.x"])}


def hard_sigmoid(x):
    """Written out: PyTorch's own pulls back with 1/6 rounded to float32, also in float64: 3e-8 too much."""
    return F.relu6(x + 3) / 6


@peer("hard-sigmoid", by="torch relu6(x + 3) / 6")
def hard_sigmoid_of_case(c):
    return {"y": hard_sigmoid(c["input.x"])}


@peer("scale", by="torch arithmetic")
def scale(c):
    return {"y": c.number("scale") * c["input.x"] + c.number("shift")}


for name, function in {"sum": torch.sum, "mean": torch.mean, "maximum": torch.amax}.items():
    peer(name, by=f"torch.{function.__name__}")(
        lambda c, f=function: {"y": f(c["input.x"], dim=c.wholes("axes"), keepdim=c.flag("keep"))}
    )


@peer("reshape", by="torch.reshape")
def reshape(c):
    return {"y": c["input.x"].reshape(c.wholes("shape"))}


@peer("permute", by="torch.permute")
def permute(c):
    return {"y": c["input.x"].permute(c.wholes("axes"))}


@peer("transpose", by="torch.t")
def transpose(c):
    return {"y": c["input.x"].t()}


@peer("slice", by="torch.narrow")
def narrow(c):
    return {"y": c["input.x"].narrow(c.whole("axis"), c.whole("start"), c.whole("end") - c.whole("start"))}


@peer("concatenate", by="torch.cat")
def concatenate(c):
    return {"z": torch.cat([c["input.x"], c["input.y"]], c.whole("axis"))}


@peer("gather", by="torch.index_select")
def gather(c):
    return {"y": c["input.x"].index_select(0, c["attribute.rows"])}


@peer("matmul", by="torch.matmul")
def matmul(c):
    a, b = c["input.a"], c["input.b"]
    return {"c": (a.mT if c.flag("transpose-a") else a) @ (b.mT if c.flag("transpose-b") else b)}


@peer("linear", by="torch linear")
def linear(c):
    bias = c["parameter.bias"] if c.flag("bias") else None
    return {"y": F.linear(c["input.x"], c["parameter.weight"], bias)}


@peer("conv2d", by="torch conv2d")
def conv2d(c):
    steps = {key: c.whole(key) for key in ("stride", "padding", "dilation", "groups")}
    return {"y": nhwc(F.conv2d(nchw(c["input.x"]), c["parameter.weight"], **steps))}


@peer("maximum-pool", by="torch max_pool2d")
def maximum_pool(c):
    window = [c.whole(key) for key in ("kernel", "stride", "padding")]
    return {"y": nhwc(F.max_pool2d(nchw(c["input.x"]), *window))}


@peer("average-pool", by="torch avg_pool2d")
def average_pool(c):
    window = [c.whole(key) for key in ("kernel", "stride", "padding")]
    return {"y": nhwc(F.avg_pool2d(nchw(c["input.x"]), *window))}
