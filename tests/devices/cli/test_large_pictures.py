"""Pictures of 50 megapixels are read in bounded memory: the peak of the whole process, as the kernel counts it.

Few and flat, so that they are made and read in a second or two; benchmarks/large_pictures.py measures every kind.
"""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import picture_writers as writers
import pytest

WIDTH, HEIGHT = 7100, 7040
MOST = 420_000_000

# Linux counts the memory of the process that starts another as the new one's own, so a small one does it.
LAUNCHER = """
import json, os, sys
process = os.posix_spawn(sys.executable, [sys.executable, "-c", sys.argv[1], *sys.argv[2:]], os.environ)
_, status, usage = os.wait4(process, 0)
print(json.dumps([os.waitstatus_to_exitcode(status), usage.ru_maxrss * 1024]), file=sys.stderr)
"""


def peak(path: Path) -> tuple[int, int]:
    """Exit code and peak memory in bytes of `plate-infer PATH`."""
    command = [sys.executable, "-c", LAUNCHER, "from plate_devices.cli.infer import main; main()", str(path)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    code, memory = json.loads(ended.stderr.splitlines()[-1])
    return code, memory


def flat_png() -> bytes:
    """An RGBA PNG of one colour, packed line by line."""
    packer = zlib.compressobj(1)
    line = b"\0" + bytes([200]) * (4 * WIDTH)
    data = b"".join([packer.compress(line) for _ in range(HEIGHT)] + [packer.flush()])
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 6, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", data), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(writers.chunk(*one) for one in chunks)


def flat_float_tiff() -> bytes:
    packed = zlib.compress(b"".join([struct.pack("<f", 0.25) * WIDTH, struct.pack("<f", 900.0) * WIDTH]) * 32, 1)
    strips = HEIGHT // 64
    tags = {256: WIDTH, 257: HEIGHT, 258: 32, 259: 8, 262: 1, 273: [0] * strips, 277: 1, 278: 64,
            279: [len(packed)] * strips, 339: 3}  # fmt: skip
    return writers.tiff(tags, packed)


@pytest.mark.parametrize(
    ("kind", "make"),
    [
        ("rgba.png", flat_png),
        ("float.tif", flat_float_tiff),
        ("progressive.jpg", lambda: writers.jpeg(WIDTH, HEIGHT, progressive=True, subsampling=0)),
    ],
)
def test_a_picture_of_50_megapixels_is_read_below_420_megabytes(kind: str, make: object, tmp_path: Path) -> None:
    path = tmp_path / kind
    path.write_bytes(make())  # type: ignore[operator]
    code, memory = peak(path)
    assert code == 0
    assert 100_000_000 < memory < MOST
