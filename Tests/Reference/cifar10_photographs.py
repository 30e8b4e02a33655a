"""CIFAR-10 photographs from class folders of JPEG files to the CIFAR-10 binary format.

usage: cifar10_photographs.py cifar10-photographs.tar OUT [TRAINING_IMAGES_A_CLASS]

The archive holds train/<class>/*.jpg and test/<class>/*.jpg. Images are interleaved by class, so that the
first n of them are balanced; the training images are cut into the five files of the format.
"""
import io
import sys
import tarfile
from pathlib import Path

from PIL import Image

archive, out = sys.argv[1], Path(sys.argv[2])
limit = int(sys.argv[3]) if len(sys.argv) > 3 else 500
out.mkdir(parents=True, exist_ok=True)

files = {}
with tarfile.open(archive) as tar:
    for member in tar:
        parts = Path(member.name).parts
        if member.isfile() and len(parts) >= 3 and parts[-1].lower().endswith((".jpg", ".jpeg", ".png")):
            image = Image.open(io.BytesIO(tar.extractfile(member).read())).convert("RGB")
            planes = image.tobytes()
            planes = planes[0::3] + planes[1::3] + planes[2::3]
            files.setdefault((parts[-3], parts[-2]), []).append((parts[-1], planes))


def records(split, count):
    classes = sorted(c for s, c in files if s == split)
    columns = [[p for _, p in sorted(files[split, c])][:count] for c in classes]
    assert len(classes) == 10, classes
    return [bytes([label]) + column[i] for i in range(min(map(len, columns))) for label, column in enumerate(columns)]


train, test = records("train", limit), records("test", 10**6)
for i in range(5):
    part = train[len(train) * i // 5 : len(train) * (i + 1) // 5]
    (out / f"data_batch_{i + 1}.bin").write_bytes(b"".join(part))
(out / "test_batch.bin").write_bytes(b"".join(test))
print(len(train), "training and", len(test), "test images in", out)
