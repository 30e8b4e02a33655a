"""Makes fixtures/policies.json: the operations and tables of RandAugment and AutoAugment in torchvision.

Made with Python 3.11, torch 2.13, torchvision 0.28, Pillow 13.0. Run: python policies.py
The images are those of images.py; each case names its strength, so no random number is compared.
"""

import hashlib
import json
import pathlib
import random

import numpy as np

try:
    import cpu_torchvision  # noqa: F401  a CPU-only torch may lack operators torchvision registers
except ImportError:
    pass
from PIL import Image
from torchvision.transforms import AutoAugment, AutoAugmentPolicy, InterpolationMode, RandAugment
from torchvision.transforms.autoaugment import _apply_op

NAMES = {"ShearX": "shearX", "ShearY": "shearY", "TranslateX": "translateX", "TranslateY": "translateY", "Rotate": "rotate",
         "Brightness": "brightness", "Color": "color", "Contrast": "contrast", "Sharpness": "sharpness", "Posterize": "posterize",
         "Solarize": "solarize", "AutoContrast": "autoContrast", "Equalize": "equalize", "Invert": "invert", "Identity": "identity"}


def noise(width, height, state):
    """Bytes of state = 1664525 state + 1013904223 mod 2^32, the high byte of each."""
    out = np.empty(width * height * 3, np.uint8)
    for i in range(out.size):
        state = (1664525 * state + 1013904223) % 2**32
        out[i] = state >> 24
    return out.reshape(height, width, 3)


def digest(image):
    return hashlib.sha256(np.asarray(image).tobytes()).hexdigest()[:16]


def main():
    draw = random.Random(3)
    cases = []
    rand, auto = RandAugment(4, 10), AutoAugment(AutoAugmentPolicy.IMAGENET)
    for bins, spaces in [(31, lambda w, h: rand._augmentation_space(31, (h, w))), (10, lambda w, h: auto._augmentation_space(10, (h, w)))]:
        for name in NAMES:
            for repeat in range(4):
                w, h = draw.randint(5, 60), draw.randint(5, 60)
                space = spaces(w, h)
                if name not in space:
                    continue
                magnitudes, signed = space[name]
                bin = 10 if bins == 31 and repeat < 2 else draw.randint(0, bins - 1)
                sign = -1 if signed and repeat % 2 else 1
                strength = sign * float(magnitudes[bin].item()) if magnitudes.ndim > 0 else 0.0
                # Values of few kinds as well: equalize and autocontrast leave plain channels alone.
                pixels = noise(w, h, repeat) // (1, 1, 60, 2)[repeat] + (0, 0, 90, 64)[repeat]
                if repeat == 3:
                    pixels[..., 1] = 77
                image = _apply_op(Image.fromarray(pixels.astype(np.uint8)), name, strength, InterpolationMode.NEAREST, None)
                cases.append(dict(operation=NAMES[name], seed=repeat, width=w, height=h, bin=bin, bins=bins, sign=sign,
                                  digest=digest(image)))
    pairs = [[[NAMES[n], p, b or 0] for n, p, b in pair] for pair in auto.policies]
    path = pathlib.Path(__file__).parent / "fixtures" / "policies.json"
    path.write_text(json.dumps(dict(cases=cases, pairs=pairs), separators=(",", ":")) + "\n")
    print(path, len(cases), path.stat().st_size)


main()
