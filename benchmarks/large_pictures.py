"""What does `plate-infer` take at most for a picture of 50 megapixels, or for one that was made to hurt?

Every kind of file is made, read once in a process of its own, and removed: peak memory, processor time, and whether it
was read or refused. All have to stay below 420 MB and 6 s.

    python benchmarks/large_pictures.py            -> results/large-pictures.csv, about five minutes
    python benchmarks/large_pictures.py webp tiff  # only these formats
"""

from __future__ import annotations

import sys
import tempfile
import zlib
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path

import numpy as np
from measuring import ROOT, command_line, one_of, run_process, write_csv
from numpy.typing import NDArray
from PIL import Image

sys.path.insert(0, str(ROOT / "tests"))

import picture_writers as writers

MOST_MB, MOST_SECONDS = 420, 6
WIDTH, HEIGHT = 8660, 5773  # 49,994,180 pixels
Make = Callable[[Path], object]


def scene(width: int = WIDTH, height: int = HEIGHT) -> NDArray[np.uint8]:
    """Return patches of colour with noise, uint8 (height, width, 3): as hard to compress as a photograph."""
    dice = np.random.default_rng(0)
    patches = dice.integers(0, 244, (height // 20 + 1, width // 20 + 1, 3), np.uint8)
    rgb = patches.repeat(20, axis=0).repeat(20, axis=1)[:height, :width]
    rgb += dice.integers(0, 12, (height, width, 1), np.uint8)
    return rgb


def gray() -> NDArray[np.uint8]:
    """Return the scene as uint8 (height, width)."""
    return np.ascontiguousarray(scene()[:, :, 1])


def saved(mode: str = "RGB", orientation: int = 1, size: tuple[int, int] = (WIDTH, HEIGHT), **options: object) -> Make:
    """Return what writes the scene with Pillow."""

    def make(path: Path) -> None:
        exif = Image.Exif()
        exif[0x0112] = orientation
        more = {} if orientation == 1 else {"exif": exif}
        Image.fromarray(scene(*size)).convert(mode).save(path, **more, **options)  # type: ignore[arg-type]

    return make


def written(make: Callable[[], bytes]) -> Make:
    """Return what writes these bytes."""
    return lambda path: path.write_bytes(make())


def deep(colour: int, channels: int, interlaced: bool = False) -> Make:
    """Return what writes a PNG of 16 bits."""
    wide = lambda: np.repeat(gray().astype(np.uint16)[:, :, None] * 257, channels, axis=2)  # noqa: E731
    return written(lambda: writers.png(wide(), colour, interlaced))


def tiff_of(dtype: type[np.generic], scale: float) -> Make:
    """Return what writes an uncompressed TIFF of one channel."""
    return written(lambda: writers.gray_tiff((gray() * scale).astype(dtype)))


PNG = {"compress_level": 1}
MUST_READ: dict[str, Make] = {
    "jpeg rgb 4:2:0": saved(format="JPEG", quality=88),
    "jpeg rgb 4:4:4": saved(format="JPEG", quality=88, subsampling=0),
    "jpeg rgb progressive 4:2:0": saved(format="JPEG", quality=88, progressive=True),
    "jpeg rgb progressive 4:4:4": saved(format="JPEG", quality=88, progressive=True, subsampling=0),
    "jpeg rgb turned by EXIF": saved(orientation=6, format="JPEG"),
    "jpeg gray": saved("L", format="JPEG", quality=88),
    "jpeg gray progressive": saved("L", format="JPEG", progressive=True),
    "png rgb": saved(format="PNG", **PNG),
    "png gray": saved("L", format="PNG", **PNG),
    "png gray 16 bits": deep(0, 1),
    "png rgba": saved("RGBA", format="PNG", **PNG),
    "png rgba turned by EXIF": saved("RGBA", orientation=7, format="PNG", **PNG),
}
OTHERS: dict[str, Make] = {
    "jpeg cmyk": saved("CMYK", format="JPEG"),
    "jpeg cmyk progressive": saved("CMYK", format="JPEG", progressive=True),
    "png gray and alpha": saved("LA", format="PNG", **PNG),
    "png palette, one entry transparent": saved("P", format="PNG", transparency=3, **PNG),
    "png 1 bit": saved("1", format="PNG"),
    "png rgba interlaced": written(lambda: writers.png(np.dstack([scene(), gray()]), 6, interlaced=True)),
    "png rgb 16 bits": deep(2, 3),
    "png rgba 16 bits": deep(6, 4),
    "png gray 16 bits interlaced": deep(0, 1, interlaced=True),
    "tiff rgb": saved(format="TIFF"),
    "tiff rgb lzw": saved(format="TIFF", compression="tiff_lzw"),
    "tiff rgb deflate": saved(format="TIFF", compression="tiff_adobe_deflate"),
    "tiff rgb jpeg": saved(format="TIFF", compression="jpeg"),
    "tiff rgb turned": saved(format="TIFF", tiffinfo={274: 6}),
    "tiff rgb deflate, one strip": saved(format="TIFF", compression="tiff_adobe_deflate", tiffinfo={278: HEIGHT}),
    "tiff gray deflate, tiles": written(lambda: writers.deflated_tiff(WIDTH, HEIGHT, (256, 256))),
    "tiff gray deflate, one strip, BigTIFF": written(lambda: writers.deflated_tiff(WIDTH, HEIGHT, None, big=True)),
    "tiff 1 bit fax": saved("1", format="TIFF", compression="group4"),
    "tiff gray 16 bits": tiff_of(np.uint16, 257.0),
    "tiff gray 32 bits": tiff_of(np.int32, 1e6),
    "tiff float 32 bits": tiff_of(np.float32, 257.0),
    "tiff float 64 bits": tiff_of(np.float64, 1e-3),
    "webp lossy": saved(size=(8000, 6000), format="WEBP", method=0),
    "webp lossy, 17 megapixels": saved(size=(4200, 4100), format="WEBP", method=0),
    "webp lossless, 16 megapixels": saved(size=(4000, 4000), format="WEBP", lossless=True, method=0, quality=0),
    "gif": saved("P", format="GIF"),
    "bmp rgb": saved(format="BMP"),
    "ppm rgb": saved(format="PPM"),
    "pgm 16 bits": written(lambda: b"P5 %d %d 65535\n" % (WIDTH, HEIGHT) + (gray().astype(">u2") * 257).tobytes()),
    "png 65535 pixels wide": saved(size=(65535, 762), format="PNG", **PNG),
}
LEAST = np.zeros((4, 6), np.uint16)
_BOMB = b"k\0\0" + zlib.compress(bytes(1 << 20), 9)
_TINY = {256: 8, 257: 8, 258: 8, 259: 1, 262: 1, 277: 1, 278: 8}
MADE_TO_HURT: dict[str, Make] = {
    "jpeg of 400 scans": written(lambda: writers.scans(400, 7000, 7000)),
    "jpeg of 12 scans": written(lambda: writers.scans(3, 7000, 7000)),
    "jpeg of 100 scans, 6 megapixels": written(lambda: writers.scans(91, 2800, 2100)),
    "jpeg with 100 MB of segments": written(lambda: writers.segments(1700, 60_000)),
    "png with bombs in texts": written(lambda: writers.png(LEAST, 0, beside=writers.chunk(b"zTXt", _BOMB) * 64)),
    "png with 100 MB behind its pixels": written(lambda: _behind(writers.png(LEAST, 0))),
    "jpeg with EXIF of 300 MB": written(lambda: writers.with_exif(5000)),
    "png with EXIF of 60 GB": written(
        lambda: writers.png(LEAST, 0, beside=writers.chunk(b"eXIf", writers.exif(65_000)))
    ),
    "tiff with a hole of 1 GB": written(
        lambda: writers.tiff({**_TINY, 278: 4, 273: [0, 1 << 30], 279: [32, 32]}, bytes(32))
    ),
    "png with 5,000,000 chunks": written(lambda: writers.png(LEAST, 0, beside=writers.chunk(b"prVt", b"") * 5_000_000)),
    "gif with 100 MB of comments": written(lambda: writers.gif(8, 8, b"!\xfe" + b"\x01c" * 50_000_000 + b"\0")),
    "gif of 65535x65535": written(lambda: writers.gif(65535, 65535)),
    "tiff 50,000,000 wide": written(lambda: writers.gray_tiff(np.zeros((1, 50_000_000), np.uint8))),
    "tiff of 1,000,000 pieces": written(lambda: writers.tiff({**_TINY, 273: [0] * 1_000_000, 279: [1] * 1_000_000})),
    "tiff with a tile of 268 megapixels": written(lambda: writers.deflated_tiff(64, 64, (65536, 4096))),
    "ppm with 1,000,000 comments": written(lambda: b"P3 9 9 255\n" + b"#\n" * 1_000_000),
    "ppm in plain text, 1 megapixel": written(lambda: b"P3 1000 1000 255\n" + b"200 31 7 " * 1_000_000),
    "ppm of an odd depth, 1 megapixel": written(lambda: b"P6 1000 1000 1023\n" + bytes(6_000_000)),
    "bmp of 3 MB of empty runs": written(lambda: writers.bmp_rle(999, 999, bytes(2_900_000))),
    "postscript that never ends": written(lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n{} loop\n"),
}


def _behind(png: bytes) -> bytes:
    """Put 100 MB of further pixels behind a PNG's own."""
    return png.replace(writers.chunk(b"IEND", b""), writers.chunk(b"IDAT", bytes(100_000_000)) + png[-12:])


KINDS = MUST_READ | OTHERS | MADE_TO_HURT


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure each kind and write the table; return 1 where one is above a limit, or has to be read and is not."""
    parser = command_line(__doc__)
    formats = {name.partition(" ")[0] for name in KINDS}
    parser.add_argument(
        "formats", nargs="*", metavar="FORMAT", type=one_of(formats), help="one of jpeg, png, tiff, ..."
    )
    asked = parser.parse_args(arguments).formats
    rows = list(_measured(asked or formats))
    if not asked:
        write_csv("large-pictures", rows)
    return int(any(row["held"] == "no" for row in rows))


def _measured(formats: Collection[str]) -> Iterator[dict[str, object]]:
    infer = str(Path(sys.executable).parent / "plate-infer")
    for name, make in KINDS.items():
        if name.partition(" ")[0] not in formats:
            continue
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "picture"
            make(path)
            size = path.stat().st_size
            run = run_process([infer, str(path)], codes=(0, 1))
        peak = run.memory * 1.048576
        held = peak < MOST_MB and run.cpu < MOST_SECONDS and (run.code == 0 or name not in MUST_READ)
        row = {
            "kind": name,
            "file_kb": round(size / 1000, 1),
            "peak_mb": round(peak, 1),
            "cpu_s": round(run.cpu, 2),
            "outcome": "refused" if run.code else "read",
            "held": "yes" if held else "no",
        }
        print(*row.values(), sep="\t", file=sys.stderr, flush=True)
        yield row


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
