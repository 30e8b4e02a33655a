"""Views: recorded steps, done again by torchvision on Pillow images and on tensors."""

import numpy as np
import torch
from PIL import Image

import compat  # noqa: F401  (before torchvision)
from torchvision.transforms import InterpolationMode
from torchvision.transforms import functional as tvf

from .peer import nchw, nhwc, peer

INTERPOLATION = {"bilinear": InterpolationMode.BILINEAR, "bicubic": InterpolationMode.BICUBIC}
STATISTICS = {
    "imagenet": ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
    "cifar10": ([0.491, 0.482, 0.447], [0.247, 0.243, 0.261]),
}


def blur_in_float64(image, kernel, sigma):
    """A Gaussian blur of bytes: mirrored border, float64, rounded once."""
    taps = np.exp(-0.5 * ((np.arange(kernel) - kernel // 2) / sigma) ** 2)
    taps /= taps.sum()
    side = kernel // 2
    x = np.pad(np.asarray(image, np.float64), [(side, side), (side, side), (0, 0)], mode="reflect")
    for axis in (0, 1):
        extent = x.shape[axis] - kernel + 1
        x = sum(w * x.take(range(k, k + extent), axis) for k, w in enumerate(taps))
    return Image.fromarray(x.round().clip(0, 255).astype(np.uint8))


def blur(image, kernel, sigma):
    return tvf.gaussian_blur(image, [kernel, kernel], [sigma, sigma])


def resize_across_then_down(image, size, how):
    """Two passes of Pillow, horizontal first: what every Pillow before 13 does by itself."""
    filters = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}
    across = image.resize((size[1], image.height), filters[how])
    return across.resize((size[1], size[0]), filters[how])


def resize(image, size, how):
    antialias = isinstance(image, Image.Image)  # the released code's tensors are not
    return tvf.resize(image, size, INTERPOLATION[how], antialias=antialias)


def view(image, steps, blur=blur, resize=resize):
    """An image, or a batch of tensors, after steps such as 'crop 0 1 21 18; flip'."""
    for step in steps.split("; "):
        match step.split():
            case ["pad", margin]:
                image = tvf.pad(image, [int(margin)] * 4)
            case ["crop", *box]:
                image = tvf.crop(image, *map(int, box))
            case ["resize", height, width, how]:
                image = resize(image, [int(height), int(width)], how)
            case ["flip"]:
                image = tvf.hflip(image)
            case ["grayscale"]:
                image = tvf.rgb_to_grayscale(image, 3)
            case ["blur", kernel, sigma]:
                image = blur(image, int(kernel), float(sigma))
            case [("brightness" | "contrast" | "saturation" | "hue") as what, factor]:
                image = getattr(tvf, "adjust_" + what)(image, float(factor))
            case _:
                raise ValueError(f"unknown step: {step!r}")
    return image


def picture(c):
    return Image.fromarray(c["input.image"].numpy())


def exact_view(c):
    return view(picture(c), c.text("steps"), blur_in_float64, resize_across_then_down)


@peer("augmentation", by="torchvision, Pillow; blur in NumPy float64")
def augmentation(c):
    return {"view": torch.from_numpy(np.array(exact_view(c)))}


@peer(
    "augmentation", by="torchvision on Pillow, as they are", second=True, levels=1,
    why="Pillow 13 resizes downwards first where the height shrinks much more than the width; blur sums in float32",
)
def augmentation_by_library(c):
    return {"view": torch.from_numpy(np.array(view(picture(c), c.text("steps"))))}


def normalised(c, dtype):
    """As the last steps of a transform: bytes/255, minus mean, over deviation; channel slowest."""
    x = torch.from_numpy(np.array(exact_view(c))).permute(2, 0, 1).to(dtype) / 255
    return {"features": tvf.normalize(x, *STATISTICS[c.text("statistics")]).reshape(1, -1)}


@peer("augmented-pixels", by="torchvision, float32")
def augmented_pixels(c):
    # ToTensor gives float32, and so does ours: the last bit decides.
    return normalised(c, torch.float32)


@peer(
    "augmented-pixels", by="torchvision, float64", second=True, relative=1e-6,
    why="the transform is single precision, here and in torchvision",
)
def augmented_pixels_in_double_precision(c):
    return normalised(c, torch.float64)


SINGLE = "defined in single precision"


@peer("released-augmentation", by="torchvision on float32 tensors", relative=2e-6, why=SINGLE)
def released_augmentation(c):
    images = nchw(c["input.images"]).float()
    return {"views": nhwc(view(images, c.text("steps")))}


@peer("released-augmentation", by="torchvision on float64 tensors", second=True, relative=5e-6, why=SINGLE)
def released_augmentation_in_double_precision(c):
    return {"views": nhwc(view(nchw(c["input.images"]), c.text("steps")))}
