"""Fixtures for the representations: scattering transform, HOG, local standard deviation.

Run:   python Tests/Reference/representations_fixtures.py
Made with: numpy 2, kymatio 0.3.0, torch 2.13, kornia 0.9 (the versions used are written into the file).

Inputs are a formula, so only a few coefficients, sums and weighted sums are stored. Each reference is
written from the definition, in double precision, and shares no code with the library it is compared
with below: kymatio (whose filters are single precision) for scattering, kornia's box blur for LSD.
"""

import json
import pathlib

import kornia
import kymatio
import numpy as np
import torch
from kymatio.numpy import Scattering2D

OUT = pathlib.Path(__file__).parent / "fixtures" / "representations.json"


def images(batch, height, width):
    """[batch, 3, height, width], multiples of 1/32, so that gradients are exact and ties are true ties."""
    b, c, i, j = np.ogrid[:batch, :3, :height, :width]
    return ((7 * i + 3 * j + 11 * c + 5 * b + (i * j) // 9 + (i * i + 2 * j * j) // 31) % 32) / 32.0 - 0.375


def summary(y):
    """Coefficients spread over the output, its sums, and four sums with fixed pseudo-random weights."""
    y = np.asarray(y, np.float64).reshape(-1)
    at = sorted({(k * 7919 + 13 * k * k) % y.size for k in range(24)} | {0, y.size - 1})
    k = np.arange(y.size)
    weights = [((k * (1009 + 2003 * p) + 17 * p) % 65521) / 65521 - 0.5 for p in range(4)]
    return {
        "count": int(y.size),
        "indices": [int(a) for a in at],
        "values": [float(y[a]) for a in at],
        "sum": float(y.sum()),
        "squares": float((y * y).sum()),
        "projections": [float(w @ y) for w in weights],
    }


# --- scattering -----------------------------------------------------------------------------------


def gabor(M, N, sigma, theta, xi, slant):
    c, s = np.cos(theta), np.sin(theta)
    R = np.array([[c, -s], [s, c]])
    C = R @ np.diag([1.0, slant**2]) @ R.T / (2 * sigma**2)
    total = np.zeros((M, N), complex)
    for e1 in range(-2, 3):
        for e2 in range(-2, 3):
            r, q = np.mgrid[e1 * M : e1 * M + M, e2 * N : e2 * N + N].astype(float)
            form = C[0, 0] * r * r + (C[0, 1] + C[1, 0]) * r * q + C[1, 1] * q * q
            total += np.exp(-form + 1j * xi * (r * c + q * s))
    return total / (2 * 3.1415 * sigma**2 / slant)


def morlet_hat(M, N, j, theta, L):
    angle = (int(L - L / 2 - 1) - theta) * np.pi / L
    wave = gabor(M, N, 0.8 * 2**j, angle, 0.75 * np.pi / 2**j, 4 / L)
    envelope = gabor(M, N, 0.8 * 2**j, angle, 0.0, 4 / L)
    return np.fft.fft2(wave - wave.sum() / envelope.sum() * envelope).real


def at_resolution(f, r):
    M, N = f.shape
    k = 2**r
    g = f.copy()
    g[M // (2 * k) : M // (2 * k) + M - M // k, :] = 0
    g[:, N // (2 * k) : N // (2 * k) + N - N // k] = 0
    return g.reshape(k, M // k, k, N // k).sum(axis=(0, 2))


def sub(X, k):
    M, N = X.shape[-2:]
    return X.reshape(X.shape[:-2] + (k, M // k, k, N // k)).mean(axis=(-4, -2))


def scattering(x, J, L, order):
    """[..., H, W] -> [..., paths, H >> J, W >> J]."""
    H, W = x.shape[-2:]
    pad = [(0, 0)] * (x.ndim - 2)
    for n in (H, W):
        P = ((n + 2**J) // 2**J + 1) * 2**J
        pad.append(((P - n) // 2, (P - n + 1) // 2))
    U0 = np.fft.fft2(np.pad(x, pad, mode="reflect"))
    M, N = U0.shape[-2:]
    phi = np.fft.fft2(gabor(M, N, 0.8 * 2 ** (J - 1), 0, 0, 1)).real
    psi = {(j, t): morlet_hat(M, N, j, t, L) for j in range(J) for t in range(L)}

    def blur(U_hat, r):
        return np.fft.ifft2(sub(U_hat * at_resolution(phi, r), 2 ** (J - r))).real[..., 1:-1, 1:-1]

    zero, first, second = [blur(U0, 0)], [], []
    for (j1, _), f1 in psi.items():
        U1 = np.fft.fft2(np.abs(np.fft.ifft2(sub(U0 * f1, 2**j1))))
        first.append(blur(U1, j1))
        for (j2, _), f2 in psi.items():
            if order == 2 and j2 > j1:
                U2 = np.abs(np.fft.ifft2(sub(U1 * at_resolution(f2, j1), 2 ** (j2 - j1))))
                second.append(blur(np.fft.fft2(U2), j2))
    return np.stack(zero + first + second, axis=-3)


def scattering_cases():
    cases = []
    for batch, H, W, J, L, order in [
        (2, 32, 32, 1, 8, 2),
        (2, 32, 32, 2, 8, 2),
        (7, 32, 32, 2, 4, 2),
        (1, 32, 32, 3, 8, 2),
        (1, 96, 96, 2, 8, 2),
        (1, 44, 29, 2, 8, 2),
        (1, 27, 50, 3, 4, 2),
        (1, 8, 20, 3, 5, 2),
        (2, 21, 34, 2, 6, 1),
    ]:
        x = images(batch, H, W)
        y = scattering(x, J, L, order)
        z = Scattering2D(J, (H, W), L=L, max_order=order)(x)
        assert z.shape == y.shape and np.abs(y - z).max() < 2e-6, np.abs(y - z).max()
        case = dict(batch=batch, height=H, width=W, scales=J, orientations=L, order=order)
        case |= summary(y)
        case["kymatio"] = summary(z)["values"]
        cases.append(case)
        print(case["count"], np.abs(y - z).max())
    return cases


# --- histograms of oriented gradients ---------------------------------------------------------------


def hog(x, bins, cell, released):
    B, C, H, W = x.shape
    p = np.pad(x, [(0, 0), (0, 0), (1, 1), (1, 1)], mode="constant" if released else "edge")
    at = lambda i, j: p[:, :, i : i + H, j : j + W]
    right = at(0, 2) + 2 * at(1, 2) + at(2, 2) - at(0, 0) - 2 * at(1, 0) - at(2, 0)
    bottom = at(2, 0) + 2 * at(2, 1) + at(2, 2) - at(0, 0) - 2 * at(0, 1) - at(0, 2)
    m = np.hypot(right, bottom)
    votes = np.zeros((B, C, bins, H, W))
    index = np.ogrid[:B, :C, :H, :W]
    put = lambda k: (index[0], index[1], k, index[2], index[3])
    if released:
        t = np.arctan2(-right + 0.0, -bottom + 0.0) / np.pi * bins
        votes[put(np.floor(t).astype(int) % bins)] = m
        votes[put(np.ceil(t).astype(int) % bins)] += 1 - m
    else:
        t = np.mod(np.arctan2(bottom, right), np.pi) / np.pi * bins
        low = np.floor(t).astype(int)
        votes[put(low % bins)] += m * (1 - (t - low))
        votes[put((low + 1) % bins)] += m * (t - low)
    h, w = H // cell, W // cell
    votes = votes[..., : h * cell, : w * cell].reshape(B, C, bins, h, cell, w, cell)
    return votes.mean(axis=(4, 6))


def hog_cases():
    cases = []
    for batch, H, W, bins, cell in [(2, 32, 32, 24, 8), (1, 96, 96, 24, 8), (3, 21, 35, 9, 5)]:
        for released in (False, True):
            y = hog(images(batch, H, W), bins, cell, released)
            case = dict(batch=batch, height=H, width=W, bins=bins, cell=cell, released=released)
            cases.append(case | summary(y))
    return cases


# --- local standard deviation -----------------------------------------------------------------------


def deviation_cases():
    cases = []
    for batch, H, W in [(2, 32, 32), (1, 96, 96), (2, 7, 19), (1, 2, 3)]:
        x = torch.from_numpy(images(batch, H, W))
        mean = kornia.filters.box_blur(x, (3, 3))
        square = kornia.filters.box_blur(x * x, (3, 3))
        y = torch.nan_to_num((square - mean * mean + 1e-8).sqrt())
        cases.append(dict(batch=batch, height=H, width=W) | summary(y.numpy()))
    return cases


if __name__ == "__main__":
    versions = {m.__name__: m.__version__ for m in (np, kymatio, torch, kornia)}
    OUT.parent.mkdir(exist_ok=True)
    text = json.dumps(
        {
            "versions": versions,
            "scattering": scattering_cases(),
            "gradients": hog_cases(),
            "deviations": deviation_cases(),
        },
        indent=1,
    )
    OUT.write_text(text + "\n")
    print(OUT.stat().st_size, "bytes", versions)
