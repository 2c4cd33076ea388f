"""What would cost too much memory or time is refused by its headers, in one sentence; the rest is read."""

from __future__ import annotations

import io
import os
import zlib
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
import picture_writers as writers
import pytest
from PIL import Image

from plate_runtime.errors import InputError
from plate_runtime.pictures import decoder
from plate_runtime.pictures.cost import MEMORY, Cost, bytes_of, memory_of, read_jpeg
from plate_runtime.pictures.decoder import decoded
from plate_runtime.pictures.open_picture import CAMERA, open_picture
from plate_runtime.pictures.tiff import _bytes_of_samples

BOMB = zlib.compress(bytes(1 << 20), 9)
DEEP = np.zeros((4, 6), np.uint16)


def huge_png(width: int, height: int) -> bytes:
    """The header of a PNG of so many pixels, and no pixels."""
    size = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    return b"\x89PNG\r\n\x1a\n" + writers.chunk(b"IHDR", size + b"\x08\0\0\0\0") + writers.chunk(b"IDAT", BOMB)


def small_tiff(**more: object) -> bytes:
    """A gray TIFF of 8x8 pixels with other tags: `small_tiff(t259=8)`."""
    tags = {256: 8, 257: 8, 258: 8, 259: 1, 262: 1, 273: 0, 277: 1, 278: 8, 279: 64}
    tags |= {int(tag[1:]): value for tag, value in more.items()}  # type: ignore[misc]
    return writers.tiff(tags, bytes(64))  # type: ignore[arg-type]


def two_frames() -> bytes:
    whole = writers.jpeg()
    frame = whole.index(b"\xff\xc0")
    return whole[:frame] + whole[frame : frame + 19] + whole[frame:]


def webp(width: int, height: int) -> bytes:
    bits = (width - 1) | (height - 1) << 14
    content = b"VP8L" + (8).to_bytes(4, "little") + b"\x2f" + bits.to_bytes(4, "little") + bytes(3)
    return b"RIFF" + (len(content) + 4).to_bytes(4, "little") + b"WEBP" + content + bytes(8)


REFUSED = {
    "more than 50 megapixels": huge_png(8000, 8000),
    "sides of more than 65535": huge_png(1, 50_000_000),
    "50000000x1 pixels; sides of": small_tiff(t256=50_000_000, t257=1),
    "JPEG scans, which takes too long": writers.scans(101),
    "in 13 JPEG scans, which": writers.scans(4, 7000, 7000),
    "two JPEG frames": two_frames(),
    "are no JPEG": writers.segments(1).replace(b"\xff\xe5", b"\xff\xe5\0\x02" + bytes(70_000) + b"\xff\xe5", 1),
    "it has no JPEG frame": b"\xff\xd8" + b"\xff" * 5_000_000,
    "4096 JPEG segments": writers.segments(5000),
    "too large a header": writers.segments(300, 60_000),
    "arithmetic or hierarchical": writers.with_marker(0xC9),
    "lossless coding": writers.with_marker(0xC3),
    "its EXIF holds more than": writers.with_exif(4000),
    "too much text": writers.png(DEEP, 0, beside=writers.chunk(b"zTXt", b"k\0\0" + BOMB) * 9),
    "too many profiles": writers.png(DEEP, 0, beside=writers.chunk(b"iCCP", b"k\0\0" + BOMB) * 9),
    "too much text or too many": writers.png(DEEP, 0, beside=writers.chunk(b"prVt", bytes(17 << 20))),
    "more than 200000 chunks": writers.png(DEEP, 0, beside=writers.chunk(b"prVt", b"") * 200_001),
    "too large a header; save": writers.gif(8, 8, b"!\xfe" + b"\x01c" * 120_000 + b"\0"),
    "64000x64000 pixels; more": writers.gif(64_000, 64_000),
    "WebP of 7000x7000 pixels": webp(7000, 7000),
    "decoding takes 400 MB": webp(64, 64) + bytes(100_000_000),
    "with lzma compression": small_tiff(t259=34925),
    "with zstd compression": small_tiff(t259=50000),
    "with webp compression": small_tiff(t259=50001),
    "70000 pieces": small_tiff(t273=[0] * 70_000, t279=[64] * 70_000),
    "where its pieces end": small_tiff(t259=7, t279=0),
    "does not say where": small_tiff(t259=8, t273=[0] * 800, t279=[50_000] * 800),
    "tiles much larger": small_tiff(t256=65535, t259=8, t322=16, t323=100_000, t324=[0] * 4096, t325=[64] * 4096),
    "(TIFF); decoding takes": small_tiff(t256=7000, t257=7000, t259=8, t278=7000, t277=1, t258=32, t339=3),
    "too large a header; save it": small_tiff(t700=bytes(5 << 20)),
    "run lengths": writers.bmp_rle(2000, 2000, b"\0\1"),
    "a BMP with run lengths": writers.bmp_rle(8, 8, bytes(12_100_000)),
    "plain text": b"P3 2000 2000 255\n" + b"0 " * 100,
    "in plain text": b"P2 9 9 255\n" + b"#\n" * 500_000,
    "of an odd depth": b"P6 2000 2000 1023\n" + bytes(100),
}


@pytest.mark.parametrize("words", REFUSED)
def test_what_costs_too_much_is_refused_before_decoding(words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def load(*_: object) -> None:
        pytest.fail("it was decoded")

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", load)
    monkeypatch.setattr("PIL.TiffImagePlugin.TiffImageFile.load", load)
    monkeypatch.setattr("PIL.WebPImagePlugin.WebPImageFile.load", load)
    with pytest.raises(InputError) as refused:
        open_picture(REFUSED[words], name="gate")
    assert words in str(refused.value)
    assert str(refused.value).startswith("gate ")
    assert "\n" not in str(refused.value)


def read(content: bytes) -> np.ndarray:
    return open_picture(content).rgb


def test_what_is_only_large_is_read(tmp_path: Path) -> None:
    assert read(writers.scans(5)).shape == (48, 64, 3)
    assert read(writers.segments(1).replace(b"\xff\xe5", b"\xff" * 1000 + b"\xe5")).shape == (48, 64, 3)
    assert read(writers.segments(50, 60_000)).shape == (48, 64, 3)
    assert read(writers.png(DEEP, 0, beside=writers.chunk(b"zTXt", b"k\0\0" + BOMB) * 3)).shape == (4, 6, 3)
    assert read(writers.deflated_tiff(300, 200, (64, 64))).shape == (200, 300, 3)
    assert read(writers.deflated_tiff(300, 200, None, big=True)).shape == (200, 300, 3)
    assert read(writers.bmp_rle(8, 2, b"\x08\xff\0\0\x08\x10\0\1")).shape == (2, 8, 3)
    assert read(b"P2 2 1 9\n# one comment\n0 9\n").tolist() == [[[0] * 3, [255] * 3]]
    assert read(writers.gif(9, 9, b"!\xfe\x03abc\0")).shape == (9, 9, 3)


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize(("colour", "channels"), [(0, 1), (2, 3), (4, 2), (6, 4)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_every_kind_of_png(colour: int, channels: int, dtype: type[np.generic], interlaced: bool) -> None:
    full = np.iinfo(dtype).max
    pixels = np.full((40, 50, channels), full, dtype)
    pixels[10:20, 10:30, : channels - (colour in (4, 6))] = full // 4
    rgb = read(writers.png(pixels, colour, interlaced))
    assert rgb.shape == (40, 50, 3)
    assert abs(int(rgb[15, 20, 0]) - 63) <= 1
    assert rgb[0, 0].tolist() == [255] * 3


@pytest.mark.parametrize("format_", ["GIF", "PNG", "WEBP", "TIFF"])
def test_of_several_frames_the_first_is_read(format_: str) -> None:
    frames = [Image.new("RGB", (30, 20), (value, value, value)) for value in (200, 10, 60)]
    stream = io.BytesIO()
    frames[0].save(stream, format_, save_all=True, append_images=frames[1:], lossless=True)
    assert read(stream.getvalue()).tolist() == np.full((20, 30, 3), 200).tolist()


def test_a_jpeg_with_more_pictures_behind_it_is_the_first() -> None:
    stream = io.BytesIO()
    Image.new("RGB", (30, 20), (9, 9, 9)).save(
        stream, "MPO", save_all=True, append_images=[Image.new("RGB", (600, 400), (250, 9, 9))]
    )
    assert open_picture(stream.getvalue(), limits=CAMERA).rgb.shape == (20, 30, 3)


def test_a_thumbnail_with_scans_of_its_own_does_not_count() -> None:
    thumbnail = writers.scans(60)
    whole = writers.jpeg()
    for _ in range(3):
        whole = whole[:2] + b"\xff\xe1" + (len(thumbnail) + 2).to_bytes(2, "big") + thumbnail + whole[2:]
    assert read(whole).shape == (48, 64, 3)


def test_progressive_coefficients_are_counted() -> None:
    baseline, half, full = (read_jpeg(writers.jpeg(640, 480, **options), "x") for options in (
        {}, {"progressive": True, "subsampling": 2}, {"progressive": True, "subsampling": 0}))  # fmt: skip
    assert baseline.coefficients == 0
    assert half.coefficients == 640 * 480 * 3
    assert full.coefficients == 640 * 480 * 6


def test_a_progressive_picture_that_is_too_large_in_colour_is_read_in_gray(monkeypatch: pytest.MonkeyPatch) -> None:
    content = writers.jpeg(640, 480, progressive=True, subsampling=0, quality=95)
    colour = open_picture(content)
    monkeypatch.setattr("plate_runtime.pictures.decoder.MEMORY", 640 * 480 * 8)
    monkeypatch.setattr("plate_runtime.pictures.cost.MEMORY", 640 * 480 * 8)
    gray = open_picture(content)
    assert gray.rgb.shape == colour.rgb.shape
    assert gray.rgb[..., 0].tolist() == gray.rgb[..., 1].tolist()
    assert np.abs(gray.gray().astype(int) - colour.gray()).max() <= 1


def test_the_budget_admits_what_is_promised_and_counts_every_mode() -> None:
    for mode, size in (
        ("L", 1),
        ("P", 1),
        ("1", 1),
        ("I;16", 2),
        ("I;16B", 2),
        ("LA", 4),
        ("RGB", 4),
        ("F", 4),
        ("I", 4),
    ):
        assert bytes_of(mode) == size
    with decoded(writers.jpeg(), "x", CAMERA) as (image, _):
        image._size = (7071, 7071)
        assert memory_of(image, Cost()) == 7071 * 7071 * 7 < MEMORY
        assert memory_of(image, Cost(decoder=7071 * 7071 * 3)) < MEMORY < memory_of(image, Cost(kept=7_000_000))


def test_files_are_not_mapped_and_pipes_not_waited_for(tmp_path: Path) -> None:
    raw = tmp_path / "raw.tif"
    Image.new("RGB", (600, 400)).save(raw)
    with decoded(raw, "raw.tif", CAMERA._replace(formats=("TIFF",))) as (image, _):
        assert getattr(image, "map", None) is None
        assert "raw.tif" not in Path("/proc/self/maps").read_text()
    os.mkfifo(tmp_path / "pipe.jpg")
    with pytest.raises(InputError, match="not a regular file"):
        open_picture(tmp_path / "pipe.jpg")


def test_nothing_behind_the_pixels_is_read() -> None:
    whole = writers.png(np.full((4, 6), 9, np.uint8), 0)
    last = writers.chunk(b"IEND", b"")
    more = writers.chunk(b"IDAT", bytes(30 << 20)) + writers.chunk(b"tEXt", b"a\0b") + last
    assert read(whole.replace(last, more)).tolist() == np.full((4, 6, 3), 9).tolist()


def test_a_long_text_behind_the_pixels_takes_no_memory() -> None:
    taken = []

    class Watched(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            content = super().read(size)
            taken.append(len(content))
            return content

    last = writers.chunk(b"IEND", b"")
    more = writers.chunk(b"tEXt", b"a\0" + bytes(5 << 20)) + last
    open_picture(Watched(writers.png(np.full((4, 6), 9, np.uint8), 0).replace(last, more)))
    assert max(taken) < 1 << 20


def test_a_strip_that_is_said_to_have_a_gigabyte_is_read_in_pieces() -> None:
    content = small_tiff(t278=4, t273=[0, 1 << 30], t279=[32, 32])
    asked = []

    class Watched(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            asked.append(size)
            return super().read(size)

    with pytest.raises(InputError, match="truncated"):
        open_picture(Watched(content))
    assert asked
    assert all(size is not None and size <= 1 << 20 for size in asked)


def test_raw_pieces_that_are_all_the_same_place_are_refused() -> None:
    content = small_tiff(t256=640, t257=60_000, t278=1, t273=[0] * 60_000, t279=[640] * 60_000)
    with pytest.raises(InputError, match="damaged: its pieces overlap"):
        open_picture(content + bytes(1 << 20))


@pytest.mark.parametrize("count", [1, 5000])
def test_exif_is_read_for_the_orientation_alone(count: int) -> None:
    pixels = np.zeros((4, 6), np.uint8)
    assert read(writers.png(pixels, 0, beside=writers.chunk(b"eXIf", writers.exif(count)))).shape == (6, 4, 3)
    last = writers.chunk(b"IEND", b"")
    behind = writers.png(pixels, 0).replace(last, writers.chunk(b"eXIf", writers.exif(1, 9)) + last)
    assert read(behind).shape == (6, 4, 3)
    assert read(writers.with_exif(1)).shape == (64, 48, 3)


def test_orientation_in_xmp() -> None:
    xmp = b'<x:xmpmeta><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'
    content = b"http://ns.adobe.com/xap/1.0/\0" + xmp
    jpeg = writers.jpeg()
    jpeg = jpeg[:2] + b"\xff\xe1" + (len(content) + 2).to_bytes(2, "big") + content + jpeg[2:]
    itxt = writers.chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp)
    assert read(writers.png(np.zeros((4, 6), np.uint8), 0, beside=itxt)).shape == (6, 4, 3)
    if "xmp" in Image.open(io.BytesIO(jpeg)).info:  # newer Pillow
        assert read(jpeg).shape == (64, 48, 3)


def test_arrays_have_the_same_limits() -> None:
    with pytest.raises(InputError, match=r"array .*sides of more than 65535"):
        open_picture(np.zeros((70_000, 1), np.uint8))
    with pytest.raises(InputError, match=r"mine .*65535"):
        open_picture(np.zeros((70_000, 1), np.uint8), name="mine")
    with pytest.raises(InputError, match="50 megapixels"):
        open_picture(np.zeros((8000, 8000), np.uint8))


def test_samples_of_a_tiff_take_whole_bytes() -> None:
    bits, samples, photometric = 258, 277, 262
    assert _bytes_of_samples({bits: (16, 16, 16), samples: (3,)}) == 6
    assert _bytes_of_samples({bits: (12,), samples: 2}) == 4
    assert _bytes_of_samples({}) == 1, "one sample of one bit is what the format takes for granted"
    assert _bytes_of_samples({photometric: (6,), bits: (8, 8, 8), samples: (3,)}) == 8


class Unseekable(io.BytesIO):
    def seekable(self) -> bool:
        return False


def test_bytes_that_stay_in_memory_count(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[int] = []
    monkeypatch.setattr(decoder, "check_memory", lambda image, cost, name: kept.append(cost.kept))
    for format_, header in (("PNG", 54), ("JPEG", 623), ("WEBP", None), ("BMP", 54)):
        stream = io.BytesIO()
        Image.linear_gradient("L").convert("RGB").save(stream, format_)
        open_picture(stream.getvalue())
        open_picture(stream)
        open_picture(cast(BinaryIO, Unseekable(stream.getvalue())))
        held = len(stream.getvalue())
        assert kept[0] - kept[1] == held, "what the caller holds"
        assert kept[2] == kept[0], "a pipe is read into memory"
        # The header is read twice; a decoder of WebP holds the file instead.
        assert kept[1] == (held if header is None else pytest.approx(2 * header, abs=40))
        kept.clear()
