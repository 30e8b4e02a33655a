"""Two optimiser steps of each distillation method in float64, with a frozen ResNet-8x2 as the teacher.

MV-MR (eq. (10), the teacher's feature as the representation; Adam), SEED with small patches and a queue that
wraps around (SGD), SimReg with its head of four layers (SGD). The losses are written out here.
"""

import torch
import torch.nn.functional as F

from objectives import objective
from patterns import Fixture, pat
from training_step import Encoder, fill, images

fixture = Fixture()


def teacher():
    model = fill(Encoder().double())
    with torch.no_grad():
        for i, (name, t) in enumerate(model.state_dict().items()):
            if name.endswith("running_mean"):
                t.copy_(0.3 * pat(*t.shape, offset=i))
            elif name.endswith("running_var"):
                t.copy_(1 + 0.5 * pat(*t.shape, offset=i))
            elif t.dim() > 1:
                t.copy_(pat(*t.shape, offset=i + 50) * (24 / t[0].numel()) ** 0.5)
    return model.eval()


def features(model, x):
    b = model.backbone
    x = torch.relu(b.bn1(b.conv1(x)))
    return b.layer3(b.layer2(b.layer1(x))).mean((2, 3))


def student(head):
    model = Encoder().double()
    if head is not None:
        model.projector = head.double()
    return fill(model).train()


def patches(offset):
    shape = (12, 3, 8, 8)
    return 2 * pat(*shape, offset=offset) + 2 * pat(*shape, offset=offset + 40) * pat(*shape, offset=offset + 71)


def finish(method, model):
    for name, t in model.state_dict().items():
        v = t.detach().double().reshape(-1)
        fixture.put(f"{method} final {name}", torch.stack([v.norm(), v[0], v[-1], (v * pat(v.numel(), offset=17)).sum()]))


def seed_loss(s, t, queue, student_temperature=0.2, teacher_temperature=0.01):
    s, t = F.normalize(s, dim=1), F.normalize(t, dim=1)
    own_student, own_teacher = (s * t).sum(1, keepdim=True), (t * t).sum(1, keepdim=True)
    logits = torch.cat([own_student, s @ queue.T], 1) / student_temperature
    target = torch.cat([own_teacher, t @ queue.T], 1) / teacher_temperature
    return -(target.softmax(1) * logits.log_softmax(1)).sum(1).mean()


frozen = teacher()
torch.set_grad_enabled(True)

model = student(None)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, weight_decay=1e-2)
for step in range(2):
    x, augmented = images(100 * step), images(100 * step + 5)
    with torch.no_grad():
        t = features(frozen, x)
    optimizer.zero_grad()
    w = model(augmented)
    z = model(x)
    total, terms = objective(z, w, {"teacher": t})
    total.backward()
    fixture.put(f"mv-mr {step} terms", torch.stack([total, *terms.values()]))
    optimizer.step()
finish("mv-mr", model)

model = student(torch.nn.Sequential(torch.nn.Linear(128, 20), torch.nn.ReLU(), torch.nn.Linear(20, 12)))
optimizer = torch.optim.SGD(model.parameters(), lr=0.03, momentum=0.9, weight_decay=1e-4)
queues = [F.normalize(pat(8, 12, offset=o), dim=1) for o in (3, 5)]
position = 0
for step in range(2):
    x, p = images(100 * step + 5), patches(100 * step + 9)
    with torch.no_grad():
        t, u = frozen(x), frozen(p)
    optimizer.zero_grad()
    s = model(x)
    v = model(p)
    large, small = seed_loss(s, t, queues[0]), seed_loss(v, u, queues[1])
    (large + small).backward()
    fixture.put(f"seed {step} terms", torch.stack([large, small]))
    optimizer.step()
    rows = (position + torch.arange(6)) % 8
    queues[0][rows] = F.normalize(t, dim=1)
    queues[1][rows] = F.normalize(u[::2], dim=1)
    position = (position + 6) % 8
finish("seed", model)
fixture.put("seed queue", queues[0])
fixture.put("seed patch queue", queues[1])

model = student(torch.nn.Sequential(
    torch.nn.Linear(128, 256), torch.nn.BatchNorm1d(256), torch.nn.ReLU(), torch.nn.Linear(256, 128),
    torch.nn.Linear(128, 256), torch.nn.BatchNorm1d(256), torch.nn.ReLU(), torch.nn.Linear(256, 128),
))
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-4)
for step in range(2):
    x, y = images(100 * step + 5), images(100 * step)
    with torch.no_grad():
        t = features(frozen, y)
    optimizer.zero_grad()
    loss = (2 - 2 * F.cosine_similarity(model(x), t)).mean()
    loss.backward()
    fixture.put(f"simreg {step} terms", loss.reshape(1))
    optimizer.step()
finish("simreg", model)

fixture.write("distillation_step")
