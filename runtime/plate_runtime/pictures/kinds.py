"""Picture formats, recognised by the first bytes of a file: those that are read, and names of others for errors."""

from __future__ import annotations

import re
from pathlib import PurePath

from ..errors import InputError

PLUGINS = {
    "JPEG": "JpegImagePlugin",
    "PNG": "PngImagePlugin",
    "GIF": "GifImagePlugin",
    "BMP": "BmpImagePlugin",
    "PPM": "PpmImagePlugin",
    "TIFF": "TiffImagePlugin",
    "WEBP": "WebPImagePlugin",
}
"""The formats that are decoded -> the Pillow plugin that does it. No other plugin is loaded to read a picture."""

HEAD_BYTES = 512
"""Bytes from the beginning of a file that `identify` needs."""

_BEGINNINGS = {
    "JPEG": (b"\xff\xd8\xff",),
    "PNG": (b"\x89PNG\r\n\x1a\n",),
    "GIF": (b"GIF87a", b"GIF89a"),
    "TIFF": (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
    "BMP": (b"BM",),
    "PPM": (b"P1", b"P2", b"P3", b"P4", b"P5", b"P6", b"Pf"),
    "WEBP": (b"RIFF",),
}
_BMP_HEADERS = (12, 40, 52, 56, 64, 108, 124)

# These patterns are compiled at the first error: most processes never need them.
_SAVE = "save it as JPEG or PNG"
_VIDEO = "is a video, not a picture; plate-infer reads it from a file, by its path"
_BY_CONTENT = (
    (
        rb".{4}ftyp(?:hei[cmsx]|hev[cmsx]|mif1|msf1)",
        f"is a HEIC picture, which is not read; {_SAVE}, or let the phone store 'most compatible' pictures",
    ),
    (rb".{4}ftypavi[fs]", f"is an AVIF picture, which is not read; {_SAVE}"),
    (rb".{4}ftypcrx|II\*\0.{4}CR|II(?:RO|RS|U\0)|FUJIFILMCCD|FOVb|\0MRM", f"is camera raw, which is not read; {_SAVE}"),
    (rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51", f"is a JPEG 2000 picture, which is not read; {_SAVE}"),
    (rb"\0\0\0\x0cJXL |\xff\x0a", f"is a JPEG XL picture, which is not read; {_SAVE}"),
    (rb"II\xbc\x01", f"is a JPEG XR picture, which is not read; {_SAVE}"),
    (rb"\s*%!|\xc5\xd0\xd3\xc6", "is a PostScript program, which is never run; save its picture as JPEG or PNG"),
    (rb"\s*%PDF-", "is a PDF document, which is not read; save its pages as JPEG or PNG"),
    (rb"\0\0[\x01\x02]\0|icns", f"is an icon or a cursor, which is not read; {_SAVE}"),
    (rb"8BPS", f"is a Photoshop document, which is not read; {_SAVE}"),
    (rb"gimp xcf", f"is a GIMP document, which is not read; {_SAVE}"),
    (rb"(?i)\s*<(?:!doctype html|html)", "is a web page, not a picture; is it a login page that was saved?"),
    (rb"(?:\xef\xbb\xbf)?\s*<(?:\?xml|svg|!DOCTYPE svg|!--)", f"is SVG or other XML, which is not read; {_SAVE}"),
    (rb"v/1\x01|#\?(?:RADIANCE|RGBE)", f"is an OpenEXR or Radiance picture, which is not read; {_SAVE}"),
    (rb".{128}DICM|SIMPLE  =", f"is a DICOM or FITS picture, which is not read; {_SAVE}"),
    (rb"DDS |qoif|FLIF|BPG\xfb|AT&TFORM|\x8aMNG|\x8bJNG|\x01\xda[\0\1]|\x59\xa6\x6a\x95|/\* XPM|\xd7\xcd\xc6\x9a|P7\s",
     f"is a picture of a format that is not read; {_SAVE}"),
    (rb".{4}ftyp|.{4}(?:moov|mdat|wide)|RIFF.{4}AVI |\x1aE\xdf\xa3|\0\0\x01[\xba\xb3]|FLV\x01|G.{187}G", _VIDEO),
    (rb"ID3|fLaC|RIFF.{4}WAVE|#!AMR|\xff[\xfb\xf3\xf1\xf9]", "is sound, not a picture; name pictures or videos"),
    (rb"PK\x03\x04|\x1f\x8b|7z\xbc\xaf|Rar!|BZh|\xfd7zXZ", "is an archive, not a picture; unpack it first"),
)  # fmt: skip

_RAW = (".arw", ".cr2", ".cr3", ".dng", ".nef", ".nrw", ".orf", ".pef", ".raf", ".rw2", ".srw")
_BY_SUFFIX = dict.fromkeys(_RAW, "is camera raw, which is not read") | {
    ".tga": "is a Targa picture, which is not read",
    ".pcx": "is a PCX picture, which is not read",
}


def identify(head: bytes, name: str, formats: tuple[str, ...]) -> str:
    """Return the format of a file, one of `PLUGINS`.

    Args:
        head: its first `HEAD_BYTES` bytes, or all there are.
        name: what errors call it; its suffix distinguishes camera raw from TIFF, and names formats without a mark.
        formats: those of `PLUGINS` that are accepted here.

    Raises:
        InputError: it is empty, or of another format, which is named where it is known.
    """
    if not head:
        raise InputError(f"{name} is empty")
    kind, suffix = _kind_of(head), PurePath(name).suffix.lower()
    if suffix in _BY_SUFFIX and (kind is None or (kind == "TIFF" and suffix in _RAW)):
        raise InputError(f"{name} {_BY_SUFFIX[suffix]}; {_SAVE}")
    if kind is None:
        raise InputError(f"{name} {_describe(head)}")
    if kind not in formats:
        raise InputError(f"{name} is a picture of the format {kind}; only {' and '.join(formats)} is read here")
    return kind


def _kind_of(head: bytes) -> str | None:
    kind = next((kind for kind, beginnings in _BEGINNINGS.items() if head.startswith(beginnings)), None)
    fits = {
        "BMP": int.from_bytes(head[14:18], "little") in _BMP_HEADERS,
        "PPM": head[2:3].isspace() or head[2:3] == b"#",
        "TIFF": head[8:10] != b"CR",  # camera raw of Canon
        "WEBP": head[8:12] == b"WEBP",
    }
    return kind if kind and fits.get(kind, True) else None


def _describe(head: bytes) -> str:
    for pattern, text in _BY_CONTENT:
        if re.match(pattern, head, re.DOTALL):
            return text
    return f"is not a picture that can be read; {_SAVE}"
