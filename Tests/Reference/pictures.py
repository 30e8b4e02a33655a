"""Makes fixtures/pictures.json: JPEG and PNG files and what Pillow reads from them.

Made with Python 3.11, Pillow 13.0 (libjpeg-turbo 3.2). Run: python pictures.py
Compare a folder of your own: python pictures.py --compare LIST, where LIST names files, each of which has
the bytes of `RasterImage` beside it under its name and .rgb.
The files come from Pillow's encoder and from the small encoders below, which write what Pillow does not:
odd sampling factors, components one by one, wide quantisation tables, all kinds of PNG.
"""

import base64
import hashlib
import io
import json
import pathlib
import random
import struct
import sys
import zlib

import numpy as np
from PIL import Image

DC_COUNTS = [0, 1, 5, 1, 1, 1, 1, 1, 1] + [0] * 7  # ITU-T T.81, table K.3
DC_SYMBOLS = list(range(12))
ZIGZAG = sorted(range(64), key=lambda i: (i // 8 + i % 8, i // 8 if (i // 8 + i % 8) % 2 else i % 8))


def photograph(width, height, seed):
    """Smooth colours and noise."""
    generator = np.random.default_rng(seed)
    small = generator.integers(0, 256, (max(2, height // 9), max(2, width // 9), 3), dtype=np.uint8)
    smooth = np.asarray(Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC))
    return Image.fromarray(np.clip(smooth + generator.normal(0, 12, smooth.shape), 0, 255).astype(np.uint8))


class Bits:
    """Entropy-coded bytes."""

    def __init__(self):
        self.bytes, self.value, self.count = bytearray(), 0, 0

    def put(self, value, size):
        for i in reversed(range(size)):
            self.value, self.count = self.value << 1 | (value >> i & 1), self.count + 1
            if self.count == 8:
                self.bytes.append(self.value)
                if self.value == 255:
                    self.bytes.append(0)
                self.value = self.count = 0

    def fill(self):
        while self.count:
            self.put(1, 1)


def canonical(counts, symbols):
    code, result, place = 0, {}, 0
    for size, count in enumerate(counts, 1):
        for _ in range(count):
            result[symbols[place]] = (code, size)
            code, place = code + 1, place + 1
        code *= 2
    return result


def jpeg(width, height, factors, seed, ids=(1, 2, 3, 4), jfif=False, adobe=None, apart=False, restart=0, wide=False, sof=0xC0):
    """A sequential JPEG of chance coefficients with any sampling factors."""
    draw = random.Random(seed)
    # Every run and size has a code of eight bits or, the last ones, nine: not short, but complete.
    symbols = [0, 0xF0] + [run << 4 | size for run in range(16) for size in range(1, 11)]
    ac_counts = [0] * 7 + [162] + [0] * 8
    dc, ac = canonical(DC_COUNTS, DC_SYMBOLS), canonical(ac_counts, symbols)

    def segment(marker, body):
        return bytes([255, marker]) + struct.pack(">H", len(body) + 2) + body

    out = b"\xff\xd8"
    if jfif:
        out += segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0")
    if adobe is not None:
        out += segment(0xEE, b"Adobe\0\x64\0\0\0\0" + bytes([adobe]))
    steps = [min(255, 2 + i // 3) for i in range(64)]
    out += segment(0xDB, (b"\x10" + struct.pack(">64H", *steps)) if wide else b"\0" + bytes(steps))
    n = len(factors)
    out += segment(sof, struct.pack(">BHHB", 8, height, width, n)
                   + b"".join(bytes([ids[i], factors[i][0] << 4 | factors[i][1], 0]) for i in range(n)))
    out += segment(0xC4, b"\0" + bytes(DC_COUNTS) + bytes(DC_SYMBOLS)) + segment(0xC4, b"\x10" + bytes(ac_counts) + bytes(symbols))
    if restart:
        out += segment(0xDD, struct.pack(">H", restart))
    most, down = max(h for h, _ in factors), max(v for _, v in factors)

    def scan(which):
        bits, before = Bits(), [0] * n

        def signed(value):
            size = abs(value).bit_length()
            bits.put(value if value > 0 else value + (1 << size) - 1, size)

        def block(i):
            value = draw.randint(-40, 40)
            difference, before[i] = value - before[i], value
            bits.put(*dc[abs(difference).bit_length()])
            if difference:
                signed(difference)
            run = 0
            for k in range(1, 64):
                value = draw.randint(-8, 8) if draw.random() < 0.25 / (1 + 0.2 * k) else 0
                if value == 0:
                    run += 1
                    continue
                while run > 15:
                    bits.put(*ac[0xF0])
                    run -= 16
                bits.put(*ac[run << 4 | abs(value).bit_length()])
                signed(value)
                run = 0
            if run:
                bits.put(*ac[0])

        if len(which) == 1:
            h, v = factors[which[0]]
            units = [which] * (-(-(-(-width * h // most)) // 8) * -(-(-(-height * v // down)) // 8))
        else:
            unit = [i for i in which for _ in range(factors[i][0] * factors[i][1])]
            units = [unit] * (-(-width // (8 * most)) * -(-height // (8 * down)))
        for k, unit in enumerate(units):
            if restart and k and k % restart == 0:
                bits.fill()
                bits.bytes += bytes([255, 0xD0 + (k // restart - 1) % 8])
                before[:] = [0] * n
            for i in unit:
                block(i)
        bits.fill()
        return segment(0xDA, bytes([len(which)]) + b"".join(bytes([ids[i], 0]) for i in which) + b"\0\x3f\0") + bytes(bits.bytes)

    for which in [[i] for i in range(n)] if apart else [list(range(n))]:
        out += scan(which)
    return out + b"\xff\xd9"


def png(width, height, depth, color, seed, interlaced=False, pieces=1, palette=None, transparency=None):
    """A PNG of chance bytes with chance filters."""
    generator = np.random.default_rng(seed)
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[color]

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    rows = b""
    for x, y, dx, dy in passes if interlaced else [(0, 0, 1, 1)]:
        w, h = (width - x + dx - 1) // dx, (height - y + dy - 1) // dy
        length = (w * channels * depth + 7) // 8
        for _ in range(h if w > 0 else 0):
            rows += bytes([generator.integers(0, 1 if color == 3 else 5)])
            if color == 3 and depth == 8:
                rows += generator.integers(0, len(palette) // 3, length, dtype=np.uint8).tobytes()
            else:
                rows += generator.integers(0, 256, length, dtype=np.uint8).tobytes()
    packed = zlib.compress(rows)
    size = -(-len(packed) // pieces)
    out = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, int(interlaced)))
    out += chunk(b"tEXt", b"Comment\0of chance")
    if palette:
        out += chunk(b"PLTE", bytes(palette))
    if transparency:
        out += chunk(b"tRNS", bytes(transparency))
    for i in range(0, len(packed), size):
        out += chunk(b"IDAT", packed[i:i + size])
    return out + chunk(b"IEND", b"")


def saved(image, format, **options):
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def jpegs():
    draw = random.Random(7)
    for i, (kind, options) in enumerate([
            ("RGB", dict(subsampling=2)), ("RGB", dict(subsampling=1)), ("RGB", dict(subsampling=0)), ("L", {}), ("CMYK", {}),
            ("RGB", dict(keep_rgb=True)), ("RGB", dict(subsampling=2, restart_marker_blocks=2)),
            ("RGB", dict(subsampling=1, optimize=True))]):
        for progressive in (False, True):
            for quality in (20, 92):
                width, height = draw.randint(1, 45), draw.randint(1, 45)
                image = photograph(width, height, i).convert(kind)
                name = f"Pillow {kind} {options} quality {quality}{' progressive' if progressive else ''}"
                yield name, saved(image, "JPEG", quality=quality, progressive=progressive, **options)
    for width, height in [(1, 1), (2, 3), (3, 2), (4, 17), (17, 5), (5, 4)]:
        yield f"Pillow {width} × {height}", saved(photograph(width, height, 1), "JPEG", subsampling=2)
    one = (1, 1)
    for i, (factors, options) in enumerate([
            ([one], dict(sof=0xC1)), ([(2, 2)], {}), ([one] * 3, dict(adobe=0)), ([one] * 3, dict(adobe=1)),
            ([one] * 3, dict(ids=(82, 71, 66, 1))), ([(1, 2), one, one], dict(jfif=True)), ([(4, 1), one, one], dict(wide=True)),
            ([(4, 2), one, one], dict(apart=True)), ([(1, 4), one, one], {}), ([(3, 1), one, one], {}),
            ([(2, 2), (2, 1), (1, 2)], dict(apart=True, restart=2)), ([one, (2, 2), one], {}), ([(2, 2), one, one], dict(restart=1)),
            ([(2, 2), one, one, (2, 2)], dict(adobe=2)), ([one] * 4, {}), ([one] * 4, dict(adobe=0)),
            ([(2, 1), one, one, (2, 1)], dict(adobe=2, apart=True))]):
        name = f"factors {factors} {options}"
        yield name, jpeg(draw.randint(1, 40), draw.randint(1, 40), factors, i, **options)


def pngs():
    palette = list(np.random.default_rng(1).integers(0, 256, 768))
    seed = 0
    for color, depths in [(0, (1, 2, 4, 8, 16)), (2, (8, 16)), (3, (1, 2, 4, 8)), (4, (8, 16)), (6, (8, 16))]:
        for depth in depths:
            for interlaced in (False, True):
                seed += 1
                colors = palette[:3 * min(256, 2 ** depth)] if color == 3 else None
                clear = {0: [0, 1], 2: [0, 1, 0, 2, 0, 3], 3: [0, 128]}.get(color) if seed % 3 == 0 else None
                width, height = 1 + seed * 5 % 19, 1 + seed * 7 % 17
                name = f"PNG colour {color} depth {depth}{' interlaced' if interlaced else ''}"
                yield name, png(width, height, depth, color, seed, interlaced, 1 + seed % 4 * 7, colors, clear)
    for mode in ("RGB", "L", "1", "P", "LA", "RGBA"):
        yield f"PNG of Pillow {mode}", saved(photograph(23, 14, 3).convert(mode), "PNG")


def compare(names):
    worst = differing = count = 0
    for name in names:
        expected = np.asarray(Image.open(name).convert("RGB")).astype(int)
        found = np.fromfile(name + ".rgb", np.uint8).reshape(expected.shape)
        difference = np.abs(expected - found).max()
        worst, count, differing = max(worst, difference), count + 1, differing + (difference > 0)
    print(f"{count} pictures, largest difference {worst}, {differing} differ")


def main():
    if sys.argv[1:2] == ["--compare"]:
        return compare(pathlib.Path(sys.argv[2]).read_text().split("\n")[:-1])
    cases = []
    for name, file in [*jpegs(), *pngs()]:
        image = Image.open(io.BytesIO(file)).convert("RGB")
        digest = hashlib.sha256(image.tobytes()).hexdigest()
        cases.append(dict(name=name, width=image.width, height=image.height, digest=digest,
                          file=base64.b64encode(file).decode()))
    path = pathlib.Path(__file__).parent / "fixtures" / "pictures.json"
    path.write_text(json.dumps(cases, separators=(",", ":")) + "\n")
    print(path, len(cases), path.stat().st_size)


main()
