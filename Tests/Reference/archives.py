"""Makes fixtures/archives.json: tar and gzip files from Python's own modules, good ones and hostile ones.

Made with Python 3.11, standard library only. Run: python archives.py
"""

import base64
import gzip
import io
import json
import pathlib
import struct
import tarfile
import zlib

LONG = "deep/" + "n" * 90 + "/" + "m" * 90 + "/file.txt"
FILES = {"data/a.txt": b"alpha\n", "data/empty": b"", "data/b.bin": bytes(range(256)) * 5, LONG: b"long name"}


def tar(entries, format=tarfile.PAX_FORMAT):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=format) as archive:
        for name, content in entries:
            info = content if isinstance(content, tarfile.TarInfo) else tarfile.TarInfo(name)
            if isinstance(content, bytes):
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
            else:
                info.name = name
                archive.addfile(info)
    return out.getvalue()


def special(kind, link=""):
    info = tarfile.TarInfo()
    info.type, info.linkname = kind, link
    return info


def packed(content, flags=0, extra=b""):
    body = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = body.compress(content) + body.flush()
    return (b"\x1f\x8b\x08" + bytes([flags]) + b"\0\0\0\0\0\xff" + extra + data
            + struct.pack("<II", zlib.crc32(content), len(content) & 0xFFFFFFFF))


def main():
    good = [("data", special(tarfile.DIRTYPE)), *FILES.items()]
    cases = []

    def add(name, file, **expected):
        cases.append(dict(name=name, file=base64.b64encode(file).decode(), **expected))

    for name, format in [("ustar", tarfile.USTAR_FORMAT), ("gnu", tarfile.GNU_FORMAT), ("pax", tarfile.PAX_FORMAT)]:
        add(f"tar {name}", tar(good, format), files={k: base64.b64encode(v).decode() for k, v in FILES.items()})
    add("tar parent", tar([("../x", b"1")]), error="unsafe")
    add("tar inner parent", tar([("a/../../x", b"1")]), error="unsafe")
    add("tar absolute", tar([("/x", b"1")]), error="unsafe")
    add("tar symbolic link", tar([("x", special(tarfile.SYMTYPE, "/etc"))]), error="unsafe")
    add("tar hard link", tar([("x", special(tarfile.LNKTYPE, "y"))]), error="unsafe")
    add("tar device", tar([("x", special(tarfile.CHRTYPE))]), error="unsupported")
    add("tar twice", tar([("x", b"1"), ("X", b"2")]), error="duplicate")
    add("tar cut", tar([("x", b"1" * 600)])[:700], error="truncated")
    damaged = bytearray(tar([("x", b"1")]))
    damaged[0] ^= 1
    add("tar damaged", bytes(damaged), error="checksum")
    text = b"hello hello hello " * 40
    whole = gzip.compress(text, mtime=0)
    content = base64.b64encode(text).decode()
    add("gzip plain", whole, content=content)
    add("gzip fields", packed(text, 4 | 8 | 16 | 2, b"\3\0abc" + b"name\0" + b"comment\0" + b"xx"), content=content)
    add("gzip two members", packed(text[:100]) + packed(text[100:]) + bytes(9), content=content)
    add("gzip stored", gzip.compress(text, 0, mtime=0), content=content)
    add("gzip checksum", whole[:-8] + bytes([whole[-8] ^ 1]) + whole[-7:], error="checksum")
    add("gzip length", whole[:-1] + b"\1", error="checksum")
    add("gzip cut", whole[:-9], error="truncated")
    add("gzip tail", whole + b"x", error="trailing")
    add("gzip other", b"PK\3\4" + bytes(20), error="badMagic")
    add("gzip of tar", gzip.compress(tar(good), mtime=0), files={k: base64.b64encode(v).decode() for k, v in FILES.items()})
    path = pathlib.Path(__file__).parent / "fixtures" / "archives.json"
    path.write_text(json.dumps(cases, separators=(",", ":")) + "\n")
    print(path, len(cases), path.stat().st_size)


main()
