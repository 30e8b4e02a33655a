"""Makes fixtures/images.json: what Pillow and torchvision do to reproducible images.

Made with Python 3.11, torch 2.13, torchvision 0.28, Pillow 13.0. Run: python images.py
Inputs are not stored: they come from a linear congruential generator both sides have.
Results that must be equal are stored as the first 16 digits of their SHA-256, results with a
tolerance as base64.
"""

import base64
import hashlib
import json
import pathlib
import random

import numpy as np

try:
    import cpu_torchvision  # noqa: F401  a CPU-only torch may lack operators torchvision registers
except ImportError:
    pass
import torch
import torchvision.transforms.functional as F
from PIL import Image
from torchvision.transforms import InterpolationMode

FILTERS = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}
MODES = {"bilinear": InterpolationMode.BILINEAR, "bicubic": InterpolationMode.BICUBIC}


def noise(width, height, state):
    """Bytes of state = 1664525 state + 1013904223 mod 2^32, the high byte of each."""
    out = np.empty(width * height * 3, np.uint8)
    for i in range(out.size):
        state = (1664525 * state + 1013904223) % 2**32
        out[i] = state >> 24
    return out.reshape(height, width, 3)


def smooth(width, height, state):
    """Noise of an eighth of the size, enlarged: closer to a photograph than noise is."""
    small = noise(max(1, width // 8), max(1, height // 8), state)
    return np.asarray(resize(Image.fromarray(small), width, height, "bicubic"))


def resize(image, width, height, filter):
    """Horizontal pass first, as Pillow did up to the 12 series."""
    return image.resize((width, image.height), FILTERS[filter]).resize((width, height), FILTERS[filter])


def digest(image):
    return hashlib.sha256(np.asarray(image).tobytes()).hexdigest()[:16]


def packed(array):
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def apply(step, x):
    """One step in the JSON form of Swift's AugmentationStep, to a Pillow image or a float batch."""
    (name, p), = step.items()
    tensor = isinstance(x, torch.Tensor)
    if name == "pad":
        return F.pad(x, p["margin"])
    if name == "crop":
        b = p["box"]
        return F.crop(x, b["top"], b["left"], b["height"], b["width"])
    if name == "resize":
        if not tensor:
            return resize(x, p["width"], p["height"], p["filter"])
        return F.resize(x, [p["height"], p["width"]], MODES[p["filter"]], antialias=False)
    if name == "flip":
        return F.hflip(x)
    if name == "grayscale":
        return F.rgb_to_grayscale(x, 3) if tensor else F.to_grayscale(x, 3)
    if name == "blur":
        return F.gaussian_blur(x, p["kernelSize"], p["sigma"])
    if name == "hue":
        return F.adjust_hue(x, p["turns"])
    adjust = {"brightness": F.adjust_brightness, "contrast": F.adjust_contrast,
              "saturation": F.adjust_saturation}[name]
    return adjust(x, p["factor"])


def main():
    draw = random.Random(20)
    resizes = []
    for seed in range(300):
        w, h, W, H = (draw.randint(1, 40) for _ in range(4))
        filter = draw.choice(list(FILTERS))
        image = Image.fromarray(noise(w, h, seed))
        resizes.append(dict(seed=seed, width=w, height=h, newWidth=W, newHeight=H, filter=filter,
                            digest=digest(resize(image, W, H, filter))))

    shortSides = []
    for seed, (w, h, s) in enumerate([(50, 37, 24), (37, 50, 24), (31, 31, 20), (20, 45, 20), (41, 29, 33)]):
        image = F.resize(Image.fromarray(noise(w, h, seed)), s)
        shortSides.append(dict(seed=seed, width=w, height=h, shortSide=s, newWidth=image.width,
                               newHeight=image.height))

    centerCrops = []
    for seed, (w, h, W, H) in enumerate([(10, 9, 5, 4), (11, 12, 4, 7), (9, 9, 8, 8), (7, 13, 9, 8), (5, 4, 8, 9), (13, 6, 6, 9)]):
        image = F.center_crop(Image.fromarray(noise(w, h, seed)), [H, W])
        centerCrops.append(dict(seed=seed, width=w, height=h, newWidth=W, newHeight=H, digest=digest(image)))

    chains = []
    for seed in range(60):
        w, h = draw.randint(12, 40), draw.randint(12, 40)
        bw, bh = draw.randint(2, w), draw.randint(2, h)
        box = dict(top=draw.randint(0, h - bh), left=draw.randint(0, w - bw), height=bh, width=bw)
        side = draw.randint(8, 32)
        steps = [{"crop": {"box": box}},
                 {"resize": {"width": side, "height": side, "filter": draw.choice(list(FILTERS))}}]
        jitter = [{"brightness": {"factor": draw.uniform(0, 2)}}, {"contrast": {"factor": draw.uniform(0, 2)}},
                  {"saturation": {"factor": draw.uniform(0, 2)}}, {"hue": {"turns": draw.uniform(-0.5, 0.5)}}]
        draw.shuffle(jitter)
        steps += jitter
        if seed % 3 == 0:
            steps.append({"grayscale": {}})
        if seed % 2 == 0:
            steps.append({"flip": {}})
        if seed % 4 == 0:
            steps.append({"pad": {"margin": draw.randint(1, 5)}})
        image = Image.fromarray(noise(w, h, seed))
        for step in steps:
            image = apply(step, image)
        chains.append(dict(seed=seed, width=w, height=h, steps=steps, digest=digest(image)))

    blurs = []
    for seed in range(8):
        k = [3, 9, 9, 5, 9, 23, 7, 3][seed]
        sigma = [1.0, 0.1, 0.7, 0.31, 2.0, 1.6, 1.23, 1.9][seed]
        w, h = (56, 48)
        pixels = noise(w, h, seed) if seed % 2 else smooth(w, h, seed)
        image = F.gaussian_blur(Image.fromarray(pixels), k, sigma)
        blurs.append(dict(seed=seed, width=w, height=h, smooth=seed % 2 == 0, kernelSize=k, sigma=sigma,
                          bytes=packed(np.asarray(image))))

    floats = []
    mean, std = torch.tensor([.485, .456, .406]), torch.tensor([.229, .224, .225])
    cases = [
        [{"brightness": {"factor": 1.4}}], [{"contrast": {"factor": 0.6}}], [{"saturation": {"factor": 1.7}}],
        [{"hue": {"turns": 0.13}}], [{"hue": {"turns": -0.2}}], [{"grayscale": {}}], [{"flip": {}}],
        [{"pad": {"margin": 2}}], [{"blur": {"kernelSize": 5, "sigma": 1.3}}],
        [{"resize": {"width": 17, "height": 6, "filter": "bilinear"}}],
        [{"resize": {"width": 7, "height": 15, "filter": "bicubic"}}],
        [{"crop": {"box": dict(top=1, left=2, height=7, width=5)}},
         {"resize": {"width": 12, "height": 12, "filter": "bilinear"}}, {"flip": {}},
         {"saturation": {"factor": 0.4}}, {"hue": {"turns": 0.19}}, {"brightness": {"factor": 1.2}},
         {"contrast": {"factor": 1.5}}, {"blur": {"kernelSize": 3, "sigma": 0.6}}],
    ]
    batch = torch.stack([torch.from_numpy(noise(11, 9, s)) for s in (1, 2)])
    batch = ((batch / 255 - mean) / std).permute(0, 3, 1, 2).contiguous()
    for steps in cases:
        x = batch
        for step in steps:
            x = apply(step, x)
        y = x.permute(0, 2, 3, 1).contiguous().numpy()
        floats.append(dict(steps=steps, height=y.shape[1], width=y.shape[2], values=packed(y)))

    fixture = dict(resizes=resizes, shortSides=shortSides, centerCrops=centerCrops, chains=chains,
                   blurs=blurs, floatBatch=dict(height=9, width=11, seeds=[1, 2], cases=floats))
    path = pathlib.Path(__file__).parent / "fixtures" / "images.json"
    path.write_text(json.dumps(fixture, separators=(",", ":")) + "\n")
    print(path, path.stat().st_size)


main()
