"""Optimisers and schedules: torch.optim, and the schedules' closed formulas."""

import math
import warnings

import torch

from .peer import peer


def stepped(c, make, **state):
    """A parameter after one step of an optimiser whose state is given."""
    parameter = torch.nn.Parameter(c["input.parameter"].clone())
    parameter.grad = c["input.gradient"].clone()
    optimiser = make([parameter])
    optimiser.state[parameter] = state
    optimiser.step()
    return parameter, optimiser.state[parameter]


def adam_step(c, kind):
    parameter, state = stepped(
        c,
        lambda p: kind(
            p, lr=c.number("learning-rate"), betas=(c.number("beta1"), c.number("beta2")),
            eps=c.number("epsilon"), weight_decay=c.number("weight-decay"),
        ),
        step=torch.tensor(c.number("step") - 1), exp_avg=c["input.first"].clone(),
        exp_avg_sq=c["input.second"].clone(),
    )
    return {"parameter": parameter, "first": state["exp_avg"], "second": state["exp_avg_sq"]}


peer("adam", by="torch.optim.Adam")(lambda c: adam_step(c, torch.optim.Adam))
peer("adamw", by="torch.optim.AdamW")(lambda c: adam_step(c, torch.optim.AdamW))


@peer("sgd", by="torch.optim.SGD")
def sgd(c):
    momentum = c.number("momentum")
    parameter, state = stepped(
        c,
        lambda p: torch.optim.SGD(
            p, lr=c.number("learning-rate"), momentum=momentum, weight_decay=c.number("weight-decay")
        ),
        momentum_buffer=c["input.velocity"].clone(),
    )
    # Without momentum PyTorch keeps no velocity; by its own formula it is the gradient with its decay.
    decayed = c["input.gradient"] + c.number("weight-decay") * c["input.parameter"]
    return {"parameter": parameter, "velocity": state["momentum_buffer"] if momentum else decayed}


@peer("optimizer", by="torch.optim, clip_grad_norm_")
def optimizer(c):
    kinds = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW, "sgd": torch.optim.SGD}
    more = {"momentum": 0.9} if c.text("rule") == "sgd" else {}
    parameter = torch.nn.Parameter(c["input.parameter"].clone())
    optimiser = kinds[c.text("rule")](
        [parameter], lr=c.number("learning-rate"), weight_decay=c.number("weight-decay"), **more
    )
    for gradient in c["input.gradients"]:
        parameter.grad = gradient.clone()
        if c.number("clip") > 0:
            torch.nn.utils.clip_grad_norm_([parameter], c.number("clip"))
        optimiser.step()
    return {"parameter": parameter}


LOWEST = 1e-6


@peer("schedule", by="closed formulas in Python")
def schedule(c):
    base, total = c.number("base"), c.whole("total")
    warmup = c.whole("warmup") if c.text("kind") == "warmup-cosine" else 0

    def rate(t):
        if c.text("kind") == "multistep":
            return base * c.number("factor") ** sum(t >= m for m in c.wholes("milestones"))
        if t < warmup:
            return LOWEST + (base - LOWEST) * t / warmup
        progress = (min(t, total) - warmup) / (total - warmup)
        return LOWEST + (base - LOWEST) * (1 + math.cos(math.pi * progress)) / 2

    return {"rates": torch.tensor([rate(t) for t in c["attribute.steps"].tolist()], dtype=torch.float64)}


@peer("schedule", by="torch.optim.lr_scheduler", second=True)
def schedulers(c):
    from torch.optim import lr_scheduler as lrs

    base, total, warmup = c.number("base"), c.whole("total"), c.whole("warmup")
    optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=base)
    if c.text("kind") == "multistep":
        plan = lrs.MultiStepLR(optimiser, c.wholes("milestones"), c.number("factor"))
    elif c.text("kind") == "cosine" or warmup == 0:
        plan = lrs.CosineAnnealingLR(optimiser, total, LOWEST)
    else:
        rise = lrs.LinearLR(optimiser, LOWEST / base, 1, warmup)
        fall = lrs.CosineAnnealingLR(optimiser, total - warmup, LOWEST)
        plan = lrs.SequentialLR(optimiser, [rise, fall], [warmup])
    steps, rates = c["attribute.steps"].tolist(), []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that the optimiser itself never steps
        for _ in range(max(steps) + 1):
            rates.append(optimiser.param_groups[0]["lr"])
            plan.step()
    # After the last step PyTorch's cosine would rise again (docs/conventions.md).
    last = math.inf if c.text("kind") == "multistep" else total
    return {"rates": torch.tensor([rates[min(t, last)] for t in steps], dtype=torch.float64)}
