"""Equations (2) to (10) in PyTorch, and the released code's numerics; dcor for the values."""

import torch
import torch.nn.functional as F

from .peer import peer


def distances(x, numerics):
    """a_kl = ‖x_k − x_l‖; by differences, so that near rows lose nothing. Clamped: squares of at least 1e-4."""
    if numerics == "exact":
        return torch.cdist(x, x, compute_mode="donot_use_mm_for_euclid_dist")
    squares = (x[:, None] - x[None]).square().sum(-1)
    return squares.clamp(min=1e-4).sqrt()


def centred(a):
    """A = H a H with H = 1 − 1/N: row and column means off, the grand mean added."""
    h = torch.eye(len(a), dtype=a.dtype) - 1 / len(a)
    return h @ a @ h


def covariance(x, y, numerics="exact"):
    """dCov², eq. (3)."""
    return (centred(distances(x, numerics)) * centred(distances(y, numerics))).mean()


def correlation(x, y, numerics="exact"):
    """dCor, eq. (2): the root of dCov² / √(dVar² dVar²); 0 where dCov² is not positive (docs/errata.md, D7)."""
    if covariance(x, y, numerics) <= 0:
        return 0 * covariance(x, y, numerics)
    variances = covariance(x, x, numerics) * covariance(y, y, numerics)
    return (covariance(x, y, numerics) / variances.sqrt()).sqrt()


@peer("pairwise-distances", by="torch.cdist; clamped: torch")
def pairwise_distances(c):
    return {"distances": distances(c["input.x"], c.text("numerics"))}


@peer("double-centring", by="torch, as H a H")
def double_centring(c):
    return {"centred": centred(c["input.distances"])}


@peer("unbiased-centring", by="Székely & Rizzo 2014, §3, in torch")
def unbiased_centring(c):
    n = c["input.distances"].shape[0]
    others = 1 - torch.eye(n, dtype=c["input.distances"].dtype)
    a = c["input.distances"] * others  # of distances the diagonal is 0; the case has numbers there
    rows = a.sum(1, keepdim=True) / (n - 2)
    columns = a.sum(0, keepdim=True) / (n - 2)
    return {"centred": (a - rows - columns + a.sum() / ((n - 1) * (n - 2))) * others}


@peer("distance-covariance", by="eq. (3) in torch")
def distance_covariance(c):
    return {"covariance": covariance(c["input.x"], c["input.y"], c.text("numerics"))}


@peer("distance-correlation", by="eq. (2) in torch")
def distance_correlation(c):
    return {"correlation": correlation(c["input.x"], c["input.y"], c.text("numerics"))}


def exactly(c):
    # The package knows no clamp.
    return (c["input.x"].detach().numpy(), c["input.y"].detach().numpy()) if c.text("numerics") == "exact" else None


@peer("distance-covariance", by="dcor", second=True, gradients=False)
def dcor_covariance(c):
    import dcor

    pair = exactly(c)
    return pair and {"covariance": dcor.distance_covariance_sqr(*pair)}


@peer("distance-correlation", by="dcor", second=True, gradients=False)
def dcor_correlation(c):
    import dcor

    pair = exactly(c)
    return pair and {"correlation": dcor.distance_correlation(*pair)}


def deviation(z, epsilon):
    """S, eq. (6)."""
    return (z.var(0, correction=1) + epsilon).sqrt()


def hinge(z, margin, epsilon):
    """v, eq. (5)."""
    return F.relu(margin - deviation(z, epsilon)).mean()


@peer("invariance-loss", by="torch mse_loss")
def invariance_loss(c):
    return {"loss": F.mse_loss(c["input.z"], c["input.augmented"])}


@peer("standard-deviation", by="torch.var, eq. (6)")
def standard_deviation(c):
    return {"deviation": deviation(c["input.z"], c.number("epsilon"))}


@peer("variance-hinge", by="torch.var, eq. (5)")
def variance_hinge(c):
    return {"loss": hinge(c["input.z"], c.number("margin"), c.number("epsilon"))}


@peer("length-normalized", by="torch normalize")
def length_normalized(c):
    return {"y": F.normalize(c["input.z"], eps=1e-12)}


@peer("mv-mr-objective", by="eq. (2)–(10) in torch")
def objective(c):
    released = c.text("numerics") == "released-code"
    z, augmented = c["input.z"], c["input.augmented"]
    if c.flag("normalize"):
        z, augmented = F.normalize(z, eps=1e-12), F.normalize(augmented, eps=1e-12)
    numerics = "clamped" if released else "exact"
    margin, epsilon = c.number("margin"), 0 if released else c.number("epsilon")

    def dependence(x, y, divided=True):
        # The released code divides by 32 first: all but the histograms of gradients.
        return correlation(x / 32, y / 32 if divided else y, numerics) if released else correlation(x, y)

    terms = {
        "MSE": F.mse_loss(z, augmented),
        "STD": hinge(z, margin, epsilon) + hinge(augmented, margin, epsilon),
        "DC_zz": 1 - dependence(augmented, z),
    }
    total = c.number("lambda") * terms["MSE"] + c.number("mu") * terms["STD"] + c.number("alpha") * terms["DC_zz"]
    for name, weight in (("full_img", "pixels"), ("full_img_hog", "gradients"), ("clip", "clip")):
        value = dependence(augmented, c["input." + name], divided=name != "full_img_hog")
        # The released code minimises the dependence on its own representations; CLIP has the paper's sign.
        terms["DC_" + name] = value if released and name != "clip" else 1 - value
        total = total + c.number("beta-" + weight) * terms["DC_" + name]
    return terms | {"total": total}
