"""The losses of SEED, SimReg and the baselines, from PyTorch's own functions and modules.

Nothing is written as the Swift side writes it: cross-entropy with probabilities as targets,
torch.cov, BatchNorm1d, cosine_similarity, mse_loss of normalised rows; gradients by autograd.
"""

import torch
import torch.nn.functional as F

from patterns import Fixture, pat

fixture = Fixture()


def rows(n, d, offset=0):
    # A product of two patterns: rows of one alone are near copies of each other.
    return 4 * pat(n, d, offset=offset) * pat(n, d, offset=offset + 31) + pat(n, d, offset=offset + 5)


def seed_loss(student, teacher, queue, tau_s, tau_t):
    s, t = F.normalize(student, dim=1), F.normalize(teacher, dim=1)
    loss, divergence = 0, 0
    for i in range(len(s)):  # one dictionary an image, in so many words
        dictionary = torch.cat([t[i : i + 1], queue])
        target = F.softmax(dictionary @ t[i] / tau_t, dim=0)
        logits = (dictionary @ s[i] / tau_s)[None]
        loss = loss + F.cross_entropy(logits, target[None])
        log_p, log_q = F.log_softmax(logits[0], 0), F.log_softmax(dictionary @ t[i] / tau_t, 0)
        divergence = divergence + F.kl_div(log_p, log_q, reduction="sum", log_target=True)
    return loss / len(s), divergence / len(s)


def put(name, loss, *tracked):
    loss.backward()
    fixture.put(f"{name} loss", loss)
    for i, x in enumerate(tracked):
        fixture.put(f"{name} gradient {i}", x.grad)


def leaf(x):
    return x.clone().requires_grad_()


def seed_cases():
    n, d, k = 5, 6, 11
    queue, patch_queue = (F.normalize(rows(k, d, offset=o), dim=1) for o in (60, 77))
    for name, tau_s, tau_t in [("paper", 0.2, 0.01), ("released", 0.2, 1e-4), ("soft", 0.5, 0.3)]:
        student = leaf(rows(n, d))
        loss, divergence = seed_loss(student, rows(n, d, offset=9), queue, tau_s, tau_t)
        fixture.put(f"seed {name} divergence", divergence)
        put(f"seed {name}", loss, student)
    student, patches = leaf(rows(n, d)), leaf(rows(3 * n, d, offset=13))
    whole, _ = seed_loss(student, rows(n, d, offset=9), queue, 0.2, 0.1)
    small, _ = seed_loss(patches, rows(3 * n, d, offset=21), patch_queue, 0.2, 0.1)
    put("seed patches", whole + small, student, patches)


def simreg_cases():
    q, t = leaf(rows(6, 5)), rows(6, 5, offset=9)
    put("simreg sum", F.mse_loss(F.normalize(q), F.normalize(t), reduction="sum") / 6, q)
    q = leaf(rows(6, 5))
    put("simreg mean", F.mse_loss(F.normalize(q), F.normalize(t)), q)
    a, b = leaf(rows(6, 5)), leaf(rows(6, 3, offset=40))
    losses = [
        F.mse_loss(F.normalize(q), F.normalize(t), reduction="sum") / 6
        for q, t in ((a, t), (b, rows(6, 3, offset=50)))
    ]
    put("simreg teachers", sum(losses) / 2, a, b)


def covariance_penalty(x):
    c = torch.cov(x.T)
    return (c**2).sum().sub((c.diagonal() ** 2).sum()) / len(c)


def vicreg_cases():
    for n, d, scale in [(7, 4, 1), (5, 9, 3)]:
        for name in ("released", "paper"):
            x, y = leaf(scale * rows(n, d)), leaf(scale * rows(n, d, offset=9))
            invariance = F.mse_loss(x, y) * (d if name == "paper" else 1)
            hinge = sum(F.relu(1 - (z.var(0) + 1e-4).sqrt()).mean() for z in (x, y))
            hinge = hinge / (1 if name == "paper" else 2)
            covariance = covariance_penalty(x) + covariance_penalty(y)
            key = f"vicreg {n} {d} {name}"
            fixture.put(f"{key} terms", torch.stack([invariance, hinge, covariance]))
            put(key, 25 * invariance + 25 * hinge + covariance, x, y)


def barlow_cases():
    for n, d in [(7, 4), (5, 9)]:
        norm = torch.nn.BatchNorm1d(d, affine=False)
        x, y = leaf(rows(n, d)), leaf(rows(n, d, offset=9))
        c = norm(x).T @ norm(y) / n
        on = (c.diagonal() - 1).pow(2).sum()
        off = c.masked_select(~torch.eye(d, dtype=torch.bool)).pow(2).sum()
        fixture.put(f"barlow {n} {d} terms", torch.stack([on, off]))
        fixture.put(f"barlow {n} {d} correlation", c)
        put(f"barlow {n} {d}", on + 0.005 * off, x, y)


def predictor_cases():
    def tensors():
        p1, p2 = leaf(rows(6, 5)), leaf(rows(6, 5, offset=9))
        return p1, p2, rows(6, 5, offset=17), rows(6, 5, offset=44)

    p1, p2, z1, z2 = tensors()
    fixture.put("cosine", F.cosine_similarity(p1, z1))
    pairs = ((p1, z2), (p2, z1))
    put("byol", sum(((F.normalize(p) - F.normalize(z)) ** 2).sum(1).mean() for p, z in pairs), p1, p2)
    p1, p2, z1, z2 = tensors()
    pairs = ((p1, z2), (p2, z1))
    put("simsiam", -sum(F.cosine_similarity(p, z).mean() for p, z in pairs) / 2, p1, p2)


if __name__ == "__main__":
    seed_cases()
    simreg_cases()
    vicreg_cases()
    barlow_cases()
    predictor_cases()
    fixture.write("baselines")
