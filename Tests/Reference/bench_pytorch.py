"""The PyTorch twin of `mvmr bench`: the same names, the same work, one JSON line each.

    python bench_pytorch.py [NAME…] [--threads N] [--repeat N] [--float64]

Every figure but a matrix product is measured with contiguous (channels first) and with channels-last
tensors; the better of the two is reported and named. A figure is the median of several runs after one
that is not counted. PyTorch has its batches in memory, where `mvmr bench` also draws and augments them.
`memory/…` is what autograd saves for backward, the better layout being the smaller one.
"""

import argparse
import json
import statistics
import time

import torch
import torch.nn.functional as F
from compat import torchvision
from torch import nn

LAYOUTS = {"contiguous": torch.contiguous_format, "channels-last": torch.channels_last}
CONVOLUTIONS = [  # channels, side, outputs, kernel, stride
    (3, 96, 64, 3, 1), (64, 48, 64, 3, 1), (64, 48, 64, 1, 1), (64, 48, 256, 1, 1),
    (256, 48, 64, 1, 1), (64, 48, 128, 3, 2), (128, 24, 128, 3, 1), (512, 24, 128, 1, 1),
    (256, 12, 256, 3, 1), (1024, 12, 256, 1, 1), (512, 6, 512, 3, 1), (2048, 6, 512, 1, 1),
]


def matmul(n, _):
    a, b, c = torch.randn(n, n), torch.randn(n, n), torch.empty(n, n)
    return lambda: torch.mm(a, b, out=c)


def convolution(channels, side, outputs, kernel, stride, which):
    def prepare(layout):
        x = torch.randn(16, channels, side, side).to(memory_format=layout)
        w = (0.05 * torch.randn(outputs, channels, kernel, kernel)).to(memory_format=layout)
        padding = kernel // 2
        dY = torch.randn_like(F.conv2d(x, w, None, stride, padding)).to(memory_format=layout)
        if which == "forward":
            return lambda: F.conv2d(x, w, None, stride, padding)
        mask = [which == "input-gradient", which == "filter-gradient", False]
        return lambda: torch.ops.aten.convolution_backward(
            dY, x, w, None, [stride] * 2, [padding] * 2, [1, 1], False, [0, 0], 1, mask)
    return prepare


def with_small_stem(name):
    network = torchvision.models.get_model(name, weights=None)
    network.conv1 = nn.Conv2d(3, 64, 3, padding=1, bias=False)
    network.fc = nn.Identity()
    return network


def inference(name):
    def prepare(layout):
        if name == "vit-b-16":
            import open_clip

            network, x = open_clip.create_model("ViT-B-16").visual, torch.randn(8, 3, 224, 224)
        else:
            network, x = with_small_stem(name), torch.randn(64, 3, 96, 96)
        network = network.to(memory_format=layout).eval()
        x = x.to(memory_format=layout)

        def forward():
            with torch.inference_mode():
                network(x)
        return forward
    return prepare


def representation(name):
    def prepare(_):
        x = torch.randn(64, 3, 96, 96)
        if name == "scattering":
            from kymatio.torch import Scattering2D

            transform = Scattering2D(J=2, shape=(96, 96), L=8).to(x.dtype)
            return lambda: transform(x)
        return lambda: {"hog": oriented_gradients, "local-deviation": local_deviation}[name](x)
    return prepare


def distance_correlation(_):
    z, phi = torch.randn(256, 8192, requires_grad=True), torch.randn(256, 62208)

    def step():
        z.grad = None
        correlation(centred_distances(z), centred_distances(phi)).backward()
    return step


def training_step(name):
    def prepare(layout):
        network = with_small_stem(name).to(memory_format=layout).train()
        x = torch.randn(16, 3, 96, 96).to(memory_format=layout)

        def step():
            network.zero_grad(set_to_none=True)
            network(x).square().mean().backward()
        return step
    return prepare


def held(name):
    def prepare(layout):
        network = with_small_stem(name).to(memory_format=layout).train()
        x = torch.randn(16, 3, 96, 96).to(memory_format=layout)
        kept = {one.untyped_storage().data_ptr() for one in [*network.parameters(), *network.buffers()]}

        def megabytes():
            found = {}

            def note(tensor):
                storage = tensor.untyped_storage()
                found[storage.data_ptr()] = storage.nbytes()
                return tensor.detach()
            with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
                output = network(x)
            # The graph is alive, so no two storages have shared an address.
            del output
            return 1e-6 * sum(size for key, size in found.items() if key not in kept) / 16
        return megabytes
    return prepare


# One step of the built-in job: ResNet-8x2, projector 512-512-512, five representations, all losses, Adam.

class Block(nn.Module):
    def __init__(self, inputs, width, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = nn.Sequential(
            nn.Conv2d(inputs, width, 1, stride, bias=False), nn.BatchNorm2d(width))

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)), inplace=True)
        return F.relu(self.downsample(x) + self.bn2(self.conv2(y)), inplace=True)


def resnet8x2():
    return nn.Sequential(
        nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU(inplace=True),
        Block(16, 32, 1), Block(32, 64, 2), Block(64, 128, 2), nn.AdaptiveAvgPool2d(1), nn.Flatten())


def projector(inputs, width=512):
    return nn.Sequential(
        nn.Linear(inputs, width, bias=False), nn.BatchNorm1d(width), nn.ReLU(inplace=True),
        nn.Linear(width, width, bias=False), nn.BatchNorm1d(width), nn.ReLU(inplace=True),
        nn.Linear(width, width, bias=False))


def centred_distances(x):
    x = x - x.mean(0)
    gram = x @ x.T
    squares = gram.diagonal()
    squared = squares[:, None] - 2 * gram + squares[None, :]
    free = squared > 0
    a = torch.where(free, torch.where(free, squared, 1).sqrt(), 0)
    return a - a.mean(1, keepdim=True) - a.mean(0, keepdim=True) + a.mean()


def correlation(a, b):
    return ((a * b).mean() / ((a * a).mean() * (b * b).mean()).sqrt()).sqrt()


SOBEL = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])


def oriented_gradients(x, bins=24, pool=8):
    n, c, h, w = x.shape
    padded = F.pad(x.reshape(n * c, 1, h, w), (1, 1, 1, 1), mode="replicate")
    gradient = F.conv2d(padded, torch.stack([SOBEL, SOBEL.T])[:, None].to(x.dtype))
    gx, gy = gradient[:, :1], gradient[:, 1:]
    m = (gx * gx + gy * gy).sqrt()
    t = torch.remainder(torch.atan2(gy, gx), torch.pi) / torch.pi * bins
    low = t.floor()
    f = t - low
    votes = torch.zeros(n * c, bins, h, w)
    votes.scatter_add_(1, low.long() % bins, m * (1 - f))
    votes.scatter_add_(1, (low.long() + 1) % bins, m * f)
    return F.avg_pool2d(votes, pool)


def local_deviation(x):
    padded = F.pad(x, (1, 1, 1, 1), mode="reflect")
    mean, square = F.avg_pool2d(padded, 3, 1), F.avg_pool2d(padded * padded, 3, 1)
    return (square - mean * mean + 1e-8).clamp_min(0).sqrt()


def hinge(z):
    return F.relu(1 - (z.var(0) + 1e-4).sqrt()).mean()


def pretraining_step(layout):
    from kymatio.torch import Scattering2D

    scattering = Scattering2D(J=2, shape=(32, 32), L=8)
    f, g = resnet8x2().to(memory_format=layout).train(), projector(128).train()
    probe = nn.Linear(128, 10)
    parameters = [*f.parameters(), *g.parameters()]
    adam = torch.optim.Adam(parameters, lr=2e-3, weight_decay=1e-6, fused=True)
    probe_adam = torch.optim.Adam(probe.parameters(), lr=1e-2, fused=True)
    x, augmented, pixels = (torch.randn(128, 3, 32, 32) for _ in range(3))
    labels = torch.arange(128) % 10

    def step():
        z2 = g(f(augmented.contiguous(memory_format=layout)))
        h = f(x.contiguous(memory_format=layout))
        z = g(h)
        a, a2 = centred_distances(z), centred_distances(z2)
        with torch.no_grad():
            values = [x, scattering(x), pixels, oriented_gradients(x), local_deviation(x)]
            matrices = [centred_distances(v.reshape(128, -1)) for v in values]
        loss = F.mse_loss(z, z2) + hinge(z) + hinge(z2) + 1 - correlation(a2, a)
        loss = loss + sum(1 - correlation(a2, b) for b in matrices)
        if not torch.isfinite(loss):
            raise ArithmeticError("the loss is not finite")
        adam.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.get_total_norm([p.grad for p in parameters]).item()
        adam.step()
        probe_adam.zero_grad(set_to_none=True)
        F.cross_entropy(probe(h.detach()), labels).backward()
        probe_adam.step()
    return step


def benchmarks():
    """(name, unit, units of one call, how to prepare it for a layout, whether the layout matters)"""
    for n in (512, 1024, 2048):
        yield f"matmul/{n}", "GFLOP/s", 2e-9 * n**3, lambda layout, n=n: matmul(n, layout), False
    for one in CONVOLUTIONS:
        channels, side, outputs, kernel, stride = one
        work = 2e-9 * 16 * (side // stride) ** 2 * outputs * channels * kernel**2
        for which in ("forward", "input-gradient", "filter-gradient"):
            name = f"{channels}x{side}x{side}-{outputs}-k{kernel}s{stride}/{which}"
            yield f"conv/{name}", "GFLOP/s", work, convolution(*one, which), True
            # Another algorithm here, the same there.
            if kernel == 3 and channels > 3 or min(channels, outputs) >= 256:
                yield f"winograd/{name}", "GFLOP/s", work, convolution(*one, which), True
    for name in ("resnet18", "resnet50"):
        yield f"inference/{name}-96", "images/s", 64, inference(name), True
    yield "inference/vit-b-16-224", "images/s", 8, inference("vit-b-16"), True
    for name in ("scattering", "hog", "local-deviation"):
        yield f"representation/{name}-96", "images/s", 64, representation(name), False
    yield "distance-correlation/256x8192-256x62208", "calls/s", 1, distance_correlation, False
    for name in ("resnet18", "resnet50"):
        for suffix in ("", "-direct"):  # two algorithms here, one there
            yield f"step/{name}-96{suffix}", "images/s", 16, training_step(name), True
    yield "step/mv-mr-32", "images/s", 128, pretraining_step, True
    for name in ("resnet18", "resnet50"):
        yield f"memory/{name}-96", "MB/image", 16, held(name), True


def rates(prepare, layout, work, repeat):
    torch.manual_seed(0)
    measure = prepare(layout)
    figure = measure()
    if isinstance(figure, float):  # not a rate
        return [figure]
    found = []
    for _ in range(repeat):
        start = time.perf_counter()
        measure()
        found.append(work / (time.perf_counter() - start))
    return sorted(found)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="beginnings of names; all if none is given")
    parser.add_argument("--threads", type=int, help="threads to compute with (default: all cores)")
    parser.add_argument("--repeat", type=int, default=7, help="runs of each figure")
    parser.add_argument("--float64", action="store_true", help="compute in float64")
    options = parser.parse_args()
    if options.float64:
        torch.set_default_dtype(torch.float64)
    if options.threads:
        torch.set_num_threads(options.threads)
    names = {name for name, *_ in benchmarks()}
    for name, unit, work, prepare, matters in benchmarks():
        # A whole name names one figure, a part all that begin with it.
        if options.names and not any(
                name == n or n not in names and name.startswith(n) for n in options.names):
            continue
        layouts = LAYOUTS if matters else {"contiguous": torch.contiguous_format}
        found = {key: rates(prepare, value, work, options.repeat) for key, value in layouts.items()}
        best_of = min if name.startswith("memory/") else max
        layout = best_of(found, key=lambda key: statistics.median(found[key]))
        best = found[layout]
        print(json.dumps({
            "name": name, "value": statistics.median(best), "unit": unit,
            "threads": torch.get_num_threads(), "low": best[0], "high": best[-1], "layout": layout,
        }), flush=True)


if __name__ == "__main__":
    main()
