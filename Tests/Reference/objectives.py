"""The terms of MV-MR and their gradients, written out from eq. (2)-(10) with PyTorch's autograd.

Distance correlation is checked against the `dcor` package as well.
"""

import dcor
import torch

from patterns import Fixture, pat

fixture = Fixture()


def distances(x, clamped):
    if clamped:
        r = (x * x).sum(1)
        return (r[:, None] - 2 * x @ x.T + r[None, :]).clamp_min(1e-4).sqrt()
    squared = ((x[:, None, :] - x[None, :, :]) ** 2).sum(2)
    zero = squared == 0
    return torch.where(zero, 0.0, torch.where(zero, 1.0, squared).sqrt())


def centred(a):
    return a - a.mean(1, keepdim=True) - a.mean(0, keepdim=True) + a.mean()


def u_centred(a):
    n = len(a)
    off = 1 - torch.eye(n)
    a = a * off
    rows, columns = a.sum(1, keepdim=True) / (n - 2), a.sum(0, keepdim=True) / (n - 2)
    return (a - rows - columns + a.sum() / ((n - 1) * (n - 2))) * off


def correlation(x, y, clamped=False, corrected=False):
    a, b = distances(x, clamped), distances(y, clamped)
    if corrected:  # R* of Székely & Rizzo 2014; the factor 1/(n(n - 3)) cancels
        a, b = u_centred(a), u_centred(b)
        return (a * b).sum() / ((a * a).sum() * (b * b).sum()).sqrt()
    a, b = centred(a), centred(b)
    return (a * b).mean().sqrt() / ((a * a).mean() * (b * b).mean()) ** 0.25


def hinge(z, margin, epsilon, correction=1):
    return torch.relu(margin - (z.var(0, correction=correction) + epsilon).sqrt()).mean()


SCALED = ("full_img", "full_img_scatnet", "full_img_augment", "clip")


def objective(z, w, features, weights=(1, 1, 1), betas=None, margin=1, normalised=False,
              released=False, minimised=None, clamped=None, scaled=None, epsilon=None,
              correction=1, per_image=False, corrected=False):
    minimised, clamped, scaled = (
        released if choice is None else choice for choice in (minimised, clamped, scaled)
    )
    if epsilon is None:
        epsilon = 0 if released else 1e-4
    if normalised:
        z, w = (torch.nn.functional.normalize(v, dim=1, eps=1e-12) for v in (z, w))
    scale = 32 if scaled else 1
    terms = {
        "MSE": ((z - w) ** 2).sum() / (len(z) if per_image else z.numel()),
        "STD": sum(hinge(v, margin, epsilon, correction) for v in (z, w)),
    }
    terms["DC_zz"] = 1 - correlation(w / scale, z / scale, clamped, corrected)
    total = sum(c * t for c, t in zip(weights, terms.values()))
    for name, f in features.items():
        f = f / 32 if scaled and name in SCALED else f
        value = correlation(w / scale, f, clamped, corrected)
        if not (minimised and name != "clip"):
            value = 1 - value
        terms[f"DC_{name}"] = value
        total = total + (betas or {}).get(name, 1) * value
    return total, terms


def put(name, z, w, features, **options):
    z, w = z.requires_grad_(), w.requires_grad_()
    total, terms = objective(z, w, features, **options)
    total.backward()
    fixture.put(f"{name} total", total)
    fixture.put(f"{name} terms", torch.stack(list(terms.values())))
    fixture.put(f"{name} dZ", z.grad)
    fixture.put(f"{name} dAugmented", w.grad)


def batches(n, d, widths):
    names = ("full_img", "full_img_scatnet", "full_img_augment", "full_img_hog", "full_img_std")
    z, w = 2 * pat(n, d), 2 * pat(n, d, offset=7)
    # Squared, so that neither batch is a shifted copy of another.
    w = w + pat(n, d, offset=40) * pat(n, d, offset=71)
    features = {k: 2 * pat(n, p, offset=3 + i) for i, (k, p) in enumerate(zip(names, widths))}
    return z, w, features


if __name__ == "__main__":
    SETTINGS = {
        "paper": {},
        "released": {"released": True},
        "weighted": {"weights": (2, 0.5, 3), "betas": {"full_img": 0.25, "full_img_hog": 4}, "margin": 1.5},
        "normalised": {"normalised": True},
    }
    for n, d, widths in [(7, 3, (5, 2, 9, 4, 6)), (12, 17, (40, 1)), (2, 4, (3,))]:
        for kind, options in SETTINGS.items():
            put(f"{n} {d} {kind}", *batches(n, d, widths), **options)
    z, w, features = batches(9, 5, (6,))
    put("clip released", z, w, {"clip": features["full_img"]}, released=True)

    # G2, with all digits.
    z, w, f = 2 * pat(8, 5), 2 * pat(8, 5, offset=7), 2 * pat(8, 9, offset=3)
    put("G2 paper", z.clone(), w.clone(), {"full_img_hog": f})
    put("G2 released", z.clone(), w.clone(), {"full_img_hog": f}, released=True)

    # One choice at a time, on the same batch: how far apart paper and released code are.
    CHOICES = {
        "none": {},
        "preset": {"released": True},
        "D1": {"minimised": True},
        "D4": {"epsilon": 0},
        "D4 biased": {"correction": 0},
        "D5": {"per_image": True},
        "D6 clamped": {"clamped": True},
        "D6 scaled": {"scaled": True},
        "D6 both": {"clamped": True, "scaled": True},
        "preset but D1": {"released": True, "minimised": False},
        "preset but D4": {"released": True, "epsilon": 1e-4},
        "preset but D6": {"released": True, "clamped": False, "scaled": False},
        "corrected": {"corrected": True},
    }
    for name, options in CHOICES.items():
        z, w, f = 2 * pat(8, 5), 2 * pat(8, 5, offset=7), 2 * pat(8, 9, offset=3)
        put(f"choice {name}", z, w, {"full_img": f}, **options)

    # The dcor package: an implementation by others.
    pairs = [(6, 1, 1), (9, 3, 2), (30, 5, 40), (25, 64, 64), (50, 2, 1)]
    for n, p, q in pairs:
        x, y = pat(n, p) * pat(n, p, offset=50), pat(n, q, offset=19)
        theirs = dcor.distance_correlation(x.numpy(), y.numpy())
        covariance = dcor.distance_covariance_sqr(x.numpy(), y.numpy())
        assert abs(theirs - correlation(x, y).item()) < 1e-12
        fixture.put(f"dcor {n} {p} {q}", [theirs, covariance])
        theirs = dcor.u_distance_correlation_sqr(x.numpy(), y.numpy())
        covariance = dcor.u_distance_covariance_sqr(x.numpy(), y.numpy())
        assert abs(theirs - correlation(x, y, corrected=True).item()) < 1e-12
        fixture.put(f"dcor corrected {n} {p} {q}", [theirs, covariance])

    fixture.write("objectives")
