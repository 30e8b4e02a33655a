"""SEED, SimReg, VICReg, Barlow Twins, BYOL and SimSiam in PyTorch, by its own losses and modules."""

import torch
import torch.nn.functional as F

from .peer import peer


@peer("cosine-similarity", by="torch cosine_similarity")
def cosine_similarity(c):
    return {"cosine": F.cosine_similarity(c["input.x"], c["input.y"], eps=1e-12)}


def seed(c, student, teacher, queue):
    """Cross-entropy with probabilities as targets; a dictionary an image, its own embedding first."""
    s, t = F.normalize(c[student]), F.normalize(c[teacher])
    dictionary = torch.cat([t[:, None], c[queue].expand(len(t), -1, -1)], 1)  # [N, K + 1, D]
    logits = torch.einsum("nd,nkd->nk", s, dictionary) / c.number("student-temperature")
    target = torch.einsum("nd,nkd->nk", t, dictionary) / c.number("teacher-temperature")
    loss = F.cross_entropy(logits, target.softmax(1))
    divergence = F.kl_div(
        logits.log_softmax(1), target.log_softmax(1), reduction="batchmean", log_target=True
    )
    return loss, divergence


@peer("seed-loss", by="torch cross_entropy, kl_div")
def seed_loss(c):
    loss, divergence = seed(c, "input.student", "input.teacher", "input.queue")
    return {"loss": loss, "KL": divergence}


@peer("seed-multi-view-loss", by="torch cross_entropy, kl_div")
def seed_multi_view_loss(c):
    whole, divergence = seed(c, "input.student", "input.teacher", "input.queue")
    patches, small = seed(c, "input.patch_student", "input.patch_teacher", "input.patch_queue")
    return {"loss": whole + patches, "KL": divergence, "KL_patches": small}


@peer("seed-queue", by="torch roll")
def seed_queue(c):
    queue, batch, position = c["input.queue"], F.normalize(c["input.teacher"]), c.whole("position")
    rest = queue.roll(-position, 0)[len(batch) :]
    filled = torch.cat([batch, rest]).roll(position, 0)
    return {"queue": filled, "position": torch.tensor((position + len(batch)) % len(queue), dtype=queue.dtype)}


@peer("simreg-loss", by="torch mse_loss of normalize")
def simreg_loss(c):
    q, t = F.normalize(c["input.prediction"]), F.normalize(c["input.teacher"])
    mean = F.mse_loss(q, t)
    return {"loss": mean if c.text("scale") == "mean" else mean * q.shape[1]}


def covariances(x):
    """c(X): squares off the diagonal of torch.cov."""
    off = ~torch.eye(x.shape[1], dtype=torch.bool)
    return torch.cov(x.T).masked_select(off).square().sum() / x.shape[1]


@peer("covariance-penalty", by="torch.cov")
def covariance_penalty(c):
    return {"loss": covariances(c["input.x"])}


@peer("vicreg-loss", by="torch.cov, torch.var, mse_loss")
def vicreg_loss(c):
    x, y = c["input.x"], c["input.y"]
    paper = c.text("form") == "paper"
    terms = {
        "MSE": F.mse_loss(x, y) * (x.shape[1] if paper else 1),
        "STD": sum(F.relu(1 - (z.var(0) + 1e-4).sqrt()).mean() for z in (x, y)) / (1 if paper else 2),
        "COV": covariances(x) + covariances(y),
    }
    weights = (c.number(name) for name in ("invariance", "variance", "covariance"))
    return terms | {"total": sum(w * t for w, t in zip(weights, terms.values()))}


def correlations(x, y):
    """C, by batch norm without an affine part."""
    return F.batch_norm(x, None, None, training=True).T @ F.batch_norm(y, None, None, training=True) / len(x)


@peer("cross-correlation", by="torch batch_norm")
def cross_correlation(c):
    return {"correlation": correlations(c["input.x"], c["input.y"])}


@peer("barlow-twins-loss", by="torch batch_norm")
def barlow_twins_loss(c):
    C = correlations(c["input.x"], c["input.y"])
    diagonal = (C.diagonal() - 1).square().sum()
    off = C.masked_select(~torch.eye(len(C), dtype=torch.bool)).square().sum()
    return {"total": diagonal + c.number("lambda") * off, "diagonal": diagonal, "off_diagonal": off}


@peer("byol-loss", by="torch mse_loss of normalize")
def byol_loss(c):
    def half(p, z):
        p, z = F.normalize(c["input.prediction_" + p]), F.normalize(c["input.target_" + z])
        return F.mse_loss(p, z, reduction="sum") / len(p)

    return {"loss": half("1", "2") + half("2", "1")}


@peer("simsiam-loss", by="torch cosine_similarity")
def simsiam_loss(c):
    def half(p, z):
        p, z = c["input.prediction_" + p], c["input.projection_" + z].detach()
        return F.cosine_similarity(p, z, eps=1e-12).mean()

    return {"loss": -(half("1", "2") + half("2", "1")) / 2}
