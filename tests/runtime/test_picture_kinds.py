"""Formats are recognised by content; the error for other formats names them, and what to do."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from plate_runtime.errors import InputError
from plate_runtime.pictures.kinds import PLUGINS, identify
from plate_runtime.pictures.open_picture import CAMERA, CAMERA_PNG, FILES, SUFFIXES, open_picture


def saved(format_: str, mode: str = "RGB", **options: object) -> bytes:
    stream = io.BytesIO()
    Image.new(mode, (60, 40), 90 if mode == "L" else (200, 90, 30)).save(stream, format_, **options)  # type: ignore[arg-type]
    return stream.getvalue()


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "GIF", "BMP", "PPM", "TIFF", "WEBP"])
@pytest.mark.parametrize("suffix", [".jpg", ".eps", ".png", ".tga", ".pcx", ""])
def test_what_a_file_holds_counts_not_its_name(format_: str, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"picture{suffix}"
    path.write_bytes(saved(format_))
    picture = open_picture(path)
    assert picture.rgb.shape == (40, 60, 3)
    assert np.abs(picture.rgb[20, 30].astype(int) - (200, 90, 30)).max() <= 12


def test_a_suffix_of_camera_raw_counts_for_a_tiff_alone(tmp_path: Path) -> None:
    for format_ in ("JPEG", "TIFF"):
        (tmp_path / f"{format_}.NEF").write_bytes(saved(format_))
    assert open_picture(tmp_path / "JPEG.NEF").rgb.shape == (40, 60, 3)
    with pytest.raises(InputError, match="camera raw"):
        open_picture(tmp_path / "TIFF.NEF")


FOREIGN = {
    "HEIC": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
    "HEIC picture, which is not read; save it as JPEG or PNG": b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic",
    "AVIF": b"\0\0\0\x1cftypavif\0\0\0\0avifmif1",
    "JPEG 2000": b"\0\0\0\x0cjP  \r\n\x87\n\0\0\0\x14ftypjp2 ",
    "JPEG 2000 picture": b"\xff\x4f\xff\x51\0\x2f",
    "JPEG XL": b"\xff\x0a\xfa\x1f",
    "JPEG XR": b"II\xbc\x01\x08\0\0\0",
    "PostScript program, which is never run": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
    "PostScript": b"\xc5\xd0\xd3\xc6\x20\0\0\0",
    "PostScript program": b"\n\n  %!PS\nshowpage",
    "PDF": b"%PDF-1.7\n",
    "icon": b"\0\0\1\0\1\0\x10\x10\0\0",
    "cursor": b"\0\0\2\0\1\0\x10\x10\0\0",
    "icon or a cursor": b"icns\0\0\1\0",
    "Photoshop": b"8BPS\0\1",
    "GIMP": b"gimp xcf v011",
    "SVG": b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg">',
    "SVG or other XML": b"<svg>",
    "web page": b"<!DOCTYPE html>\n<html>",
    "camera raw": b"FUJIFILMCCD-RAW 0201",
    "camera raw, which": b"II*\0\x10\0\0\0CR\x02\0",
    "OpenEXR": b"v/1\x01\x02\0\0\0",
    "format that is not read": b"qoif\0\0\0\x10",
    "DICOM": bytes(128) + b"DICM",
    "video": b"\0\0\0\x20ftypisom\0\0\2\0",
    "video, not a picture": b"RIFF\0\0\1\0AVI LIST",
    "archive": b"PK\x03\x04\x14\0",
    "sound, not a picture": b"RIFF\x24\0\0\0WAVEfmt ",
    "sound": b"ID3\x04\0\0",
    "not a picture": b"good morning",
    "empty": b"",
}


@pytest.mark.parametrize("words", FOREIGN)
def test_other_formats_are_named_and_refused(words: str, tmp_path: Path) -> None:
    path = tmp_path / "gate.jpg"
    path.write_bytes(FOREIGN[words])
    for source in (path, FOREIGN[words], io.BytesIO(FOREIGN[words])):
        with pytest.raises(InputError) as refused:
            open_picture(source, name="gate.jpg")
        assert str(refused.value).startswith("gate.jpg is ")
        assert words in str(refused.value)
        assert words == "empty" or ";" in str(refused.value)


@pytest.mark.parametrize("format_", ["EPS", "PDF", "ICO", "ICNS", "JPEG2000", "TGA", "PCX", "SGI", "MSP", "XBM", "DDS",
                                     "IM", "PALM", "BLP", "QOI", "SPIDER"])  # fmt: skip
def test_nothing_else_that_pillow_reads_is_read(format_: str) -> None:
    mode = {"MSP": "1", "XBM": "1", "PALM": "L", "BLP": "P", "SPIDER": "F"}.get(format_, "RGB")
    stream = io.BytesIO()
    try:
        Image.new(mode, (64, 64)).save(stream, format_)
    except (KeyError, OSError, ValueError):
        stream.write(b"%!PS")
    with pytest.raises(InputError):
        open_picture(stream.getvalue())


def test_camera_raw_that_begins_like_tiff(tmp_path: Path) -> None:
    preview = saved("TIFF", tiffinfo={254: 1})
    with pytest.raises(InputError, match="camera raw, or begins with a preview"):
        open_picture(preview)
    path = tmp_path / "DSC_0001.NEF"
    path.write_bytes(saved("TIFF"))
    with pytest.raises(InputError, match="camera raw"):
        open_picture(path)


def test_cameras_send_jpeg_and_png_where_they_say_so() -> None:
    assert open_picture(saved("JPEG"), limits=CAMERA).width == 60
    assert open_picture(saved("PNG"), limits=CAMERA_PNG).width == 60
    with pytest.raises(InputError, match="format PNG; only JPEG"):
        open_picture(saved("PNG"), limits=CAMERA)
    with pytest.raises(InputError, match="format TIFF; only PNG"):
        open_picture(saved("TIFF"), limits=CAMERA_PNG)
    stream = io.BytesIO()
    Image.new("L", (4001, 4000)).save(stream, "JPEG")
    with pytest.raises(InputError, match="4001x4000 pixels; more than 16 megapixels"):
        open_picture(stream.getvalue(), limits=CAMERA)
    assert open_picture(stream.getvalue()).width == 4001


def test_the_list_is_the_list() -> None:
    assert set(FILES.formats) == set(PLUGINS) == {"JPEG", "PNG", "GIF", "BMP", "PPM", "TIFF", "WEBP"}
    assert {".jpg", ".jfif", ".pnm"} <= SUFFIXES
    assert not {".eps", ".avif", ".heic", ".jp2", ".ico"} & SUFFIXES


def test_reading_a_jpeg_loads_no_other_plugin() -> None:
    import subprocess

    code = (
        "import io, sys; from plate_runtime.pictures.open_picture import open_picture\n"
        f"open_picture({saved('JPEG')!r})\n"
        "print(sorted(name for name in sys.modules if name.endswith('ImagePlugin')))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert ended.stdout.strip() in ("['PIL.JpegImagePlugin']", "['PIL.JpegImagePlugin', 'PIL.TiffImagePlugin']")


def test_bitmaps_have_a_header_of_a_known_size() -> None:
    def kind(size: int) -> str:
        return identify(b"BM" + bytes(12) + size.to_bytes(4, "little") + bytes(200), "a.bmp", FILES.formats)

    for size in (12, 40, 52, 56, 64, 108, 124):
        assert kind(size) == "BMP"
    for size in (0, 13, 41, 65, 125, 40 << 8):
        with pytest.raises(InputError, match="not a picture"):
            kind(size)
