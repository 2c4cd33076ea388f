"""Small sound pictures of every kind that is read, to be changed."""

from __future__ import annotations

import io

import numpy as np
import picture_writers as writers
from PIL import Image


def saved(mode: str, format_: str, **options: object) -> bytes:
    noise = np.random.default_rng(0).integers(0, 255, (24, 32, 4), np.uint8)
    stream = io.BytesIO()
    Image.fromarray(noise, "RGBA").convert(mode).save(stream, format_, **options)  # type: ignore[arg-type]
    return stream.getvalue()


EXIF = Image.Exif()
EXIF[0x0112] = 6
SEEDS = {
    "jpeg": saved("RGB", "JPEG", exif=EXIF),
    "progressive": saved("RGB", "JPEG", progressive=True),
    "cmyk": saved("CMYK", "JPEG"),
    "png": saved("RGBA", "PNG", exif=EXIF),
    "palette": saved("P", "PNG", transparency=3),
    "interlaced": writers.png(np.zeros((9, 9, 4), np.uint16), 6, interlaced=True),
    "gif": saved("P", "GIF", transparency=3),
    "bmp": saved("RGB", "BMP"),
    "run lengths": writers.bmp_rle(8, 2, b"\x08\xff\0\0\x08\x10\0\1"),
    "ppm": saved("RGB", "PPM"),
    "plain ppm": b"P3\n# made by hand\n2 2 255\n" + b"9 200 31\n" * 4,
    "tiff": saved("RGB", "TIFF", tiffinfo={274: 6}),
    "deflate": saved("L", "TIFF", compression="tiff_adobe_deflate"),
    "lzw": saved("RGBA", "TIFF", compression="tiff_lzw"),
    "tiff jpeg": saved("RGB", "TIFF", compression="jpeg"),
    "fax": saved("1", "TIFF", compression="group4"),
    "tiles": writers.deflated_tiff(40, 40, (16, 16)),
    "big tiff": writers.deflated_tiff(40, 40, None, big=True),
    "float": writers.gray_tiff(np.linspace(-1, 9, 99, dtype=np.float32).reshape(9, 11)),
    "webp": saved("RGB", "WEBP"),
    "lossless": saved("RGBA", "WEBP", lossless=True),
}
