"""The hand-crafted representations: kymatio, SciPy, kornia, PyTorch."""

import math

import numpy as np
import scipy.ndimage
import torch
import torch.nn.functional as F

from .peer import nchw, peer


def flat(x):
    """The features of [N, C, …], channel slowest."""
    return {"features": torch.as_tensor(x).flatten(1)}


@peer("pixels", by="torch.permute")
def pixels(c):
    return flat(nchw(c["input.images"]))


def kymatio_coefficients(c):
    from kymatio.numpy import Scattering2D

    x = nchw(c["input.images"]).numpy()
    scattering = Scattering2D(J=c.whole("scales"), shape=x.shape[2:], L=c.whole("orientations"))
    return flat(np.asarray(scattering(x)))


class DoublePrecision:
    """numpy, but its complex64 and float32 have 64 bits a part."""

    complex64, float32 = np.complex128, np.float64

    def __getattr__(self, name):
        return getattr(np, name)


@peer("scattering", by="kymatio, filters in float64")
def scattering(c):
    from kymatio.scattering2d import filter_bank

    # kymatio samples its wavelets in complex64 whatever the input is; nothing else is changed.
    filter_bank.np = DoublePrecision()
    try:
        return kymatio_coefficients(c)
    finally:
        filter_bank.np = np


@peer(
    "scattering", by="kymatio as it is", second=True, relative=1e-5,
    why="its wavelets are sampled in single precision",
)
def scattering_by_library(c):
    return kymatio_coefficients(c)


@peer("oriented-gradients", by="SciPy; released votes: torch")
def oriented_gradients(c):
    x = nchw(c["input.images"])
    votes = released_votes if c.text("variant") == "released-code" else interpolated_votes
    v = votes(x, c.whole("bins"))  # [N, C, bins, H, W]
    n, channels, bins = v.shape[:3]
    cells = F.avg_pool2d(v.flatten(0, 1), c.whole("pool"))
    return flat(cells.reshape(n, channels * bins, *cells.shape[2:]))


def interpolated_votes(x, bins):
    """A pixel's magnitude, shared linearly by the two bins nearest to its direction over half a turn."""
    def sobel(along, over):
        sides = scipy.ndimage.correlate1d(x.numpy(), [-1, 0, 1], along, mode="nearest")
        return scipy.ndimage.correlate1d(sides, [1, 2, 1], over, mode="nearest")

    across, down = sobel(3, 2), sobel(2, 3)
    magnitude = np.hypot(across, down)
    place = (np.arctan2(down, across) % math.pi) / math.pi * bins
    # A triangle around each bin; bin 0 is also bin `bins`, half a turn on.
    offset = np.abs(place[:, :, None] - np.arange(bins)[:, None, None])
    share = np.clip(1 - np.minimum(offset, bins - offset), 0, None)
    return torch.from_numpy(magnitude[:, :, None] * share)


def released_votes(x, bins):
    """The lower bin is set to the magnitude m, then the upper one receives 1 − m; zeros beyond the border."""
    kernel = torch.tensor([[1.0, 0, -1], [2, 0, -2], [1, 0, -1]], dtype=x.dtype)
    g = F.conv2d(x.flatten(0, 1)[:, None], torch.stack([kernel, kernel.T])[:, None], padding=1)
    g1, g2 = g.unflatten(0, x.shape[:2]).unbind(2)
    magnitude = (g1.square() + g2.square()).sqrt()[:, :, None]
    place = (torch.atan2(g1, g2) / math.pi * bins)[:, :, None]
    votes = torch.zeros(*x.shape[:2], bins, *x.shape[2:], dtype=x.dtype)
    votes.scatter_(2, place.floor().long() % bins, magnitude)
    return votes.scatter_add_(2, place.ceil().long() % bins, 1 - magnitude)


@peer("local-deviation", by="torch, windows unfolded")
def local_deviation(c):
    x = nchw(c["input.images"])
    windows = F.pad(x, [1] * 4, mode="reflect").unfold(2, 3, 1).unfold(3, 3, 1).flatten(-2)
    return flat((windows.var(-1, correction=0) + 1e-8).sqrt())


@peer("local-deviation", by="kornia box_blur", second=True)
def local_deviation_by_library(c):
    from kornia.filters import box_blur

    x = nchw(c["input.images"])
    mean, mean_of_squares = (box_blur(v, (3, 3), "reflect") for v in (x, x.square()))
    return flat((mean_of_squares - mean.square() + 1e-8).sqrt().nan_to_num())
