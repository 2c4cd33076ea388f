"""Where people see a text, the reader sees it too: any depth, any range, any transparency."""

from __future__ import annotations

import io

import numpy as np
import picture_writers as writers
import pytest
from numpy.typing import NDArray
from PIL import Image

from plate_runtime.pictures.open_picture import open_picture
from plate_runtime.pictures.pixels import tonal_range


def pattern() -> NDArray[np.float64]:
    """A dark bar on a light ground, 0 to 1, (60, 90), with a slope below it."""
    tones = np.full((60, 90), 0.9)
    tones[10:30, 20:70] = 0.1
    tones[40:, :] = np.linspace(0.0, 1.0, 90)
    return tones


def contrast(gray: NDArray[np.uint8]) -> int:
    """How much lighter the ground is than the bar."""
    return int(gray[5, 5]) - int(gray[20, 45])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("low", "high"),
    [(0, 1), (0, 255), (0, 65535), (0, 4095), (0, 0.01), (-3, 5), (1000, 1100), (0, 1e30), (-1e-6, 1e-6)],
)
def test_floats_of_any_range(dtype: type[np.floating], low: float, high: float) -> None:
    picture = open_picture(writers.gray_tiff((low + pattern() * (high - low)).astype(dtype)))
    assert contrast(picture.gray()) >= 195
    assert np.ptp(picture.gray().astype(int)[40:], axis=0).max() <= 1


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf, 1e30, -1e30])
def test_a_few_odd_values_do_not_hide_the_rest(odd: float) -> None:
    values = (pattern() * 4000).astype(np.float32)
    values[0, 0] = values[-1, -1] = odd
    assert contrast(open_picture(writers.gray_tiff(values)).gray()) >= 195
    nothing = np.full((8, 8), odd, np.float32)
    assert open_picture(writers.gray_tiff(nothing)).rgb.shape == (8, 8, 3)


@pytest.mark.parametrize(
    ("dtype", "low", "high"),
    [
        (np.uint16, 0, 65535), (np.uint16, 0, 4095), (np.uint16, 0, 1023), (np.uint16, 0, 255),
        (np.uint16, 30000, 31000),
        (np.int16, -2000, 2000), (np.uint32, 0, 65535), (np.uint32, 0, 2**32 - 1),
        (np.int32, -(10**9), 10**9),
        (np.uint32, 0, 1), (np.uint8, 0, 255),
    ],
)  # fmt: skip
def test_whole_numbers_of_any_depth(dtype: type[np.integer], low: int, high: int) -> None:
    values = np.rint(low + pattern() * (high - low)).astype(dtype)
    assert contrast(open_picture(writers.gray_tiff(values)).gray()) >= 195


@pytest.mark.parametrize("colour", [0, 2])
def test_twelve_bits_in_a_png_of_sixteen(colour: int) -> None:
    values = np.rint(pattern() * 4095).astype(np.uint16)
    content = writers.png(values if colour == 0 else np.repeat(values[:, :, None], 3, axis=2), colour)
    assert contrast(open_picture(content).gray()) >= 180


def test_a_night_picture_of_eight_bits_stays_dark() -> None:
    dark = (pattern() * 20).astype(np.uint8)
    assert open_picture(writers.png(dark, 0)).gray().max() == 20


def test_large_deep_pictures_are_scaled_as_one() -> None:
    values = np.zeros((900, 700), np.uint16)
    values[450:, :] = 3000
    gray = open_picture(writers.png(values, 0)).gray()
    assert sorted(set(gray.ravel().tolist())) == [0, 255]


def test_the_range_of_nothing_and_of_one_tone() -> None:
    assert tonal_range(np.array([np.nan, np.inf])) == (0.0, 0.0)
    assert tonal_range(np.zeros(5)) == (0.0, 0.0)
    assert tonal_range(np.array([0.0, 1.0])) == (0.0, 1.0)
    assert tonal_range(np.array([0.0, 200.0])) == (0.0, 255.0)
    assert tonal_range(np.append(np.linspace(0, 5000, 100_000), 65535.0))[1] < 5100


def text_on_nothing(tone: int, below: int, mode: str = "RGBA") -> Image.Image:
    """Letters of one tone on full transparency; `below` is the invisible colour there."""
    sheet = Image.new("RGBA", (120, 50), (below, below, below, 0))
    sheet.paste((tone, tone, tone, 255), (20, 10, 60, 40))
    sheet.paste((tone, tone, tone, 120), (60, 10, 70, 40))
    return sheet if mode == "RGBA" else sheet.convert(mode)


def saved(image: Image.Image, format_: str = "PNG", **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, format_, **options)  # type: ignore[arg-type]
    return stream.getvalue()


@pytest.mark.parametrize("tone", [0, 60, 100, 150, 200, 255])
@pytest.mark.parametrize("below", [0, 255])
@pytest.mark.parametrize("kind", ["RGBA", "LA", "TIFF", "WEBP", "array", "image"])
def test_transparency_lies_on_what_shows_the_text(tone: int, below: int, kind: str) -> None:
    image = text_on_nothing(tone, below)
    if kind == "array":
        picture = open_picture(np.asarray(image))
    elif kind == "image":
        picture = open_picture(image)
    elif kind in ("RGBA", "LA"):
        picture = open_picture(saved(image.convert(kind)))
    else:
        picture = open_picture(saved(image, kind, lossless=True))
    gray = picture.gray().astype(int)
    assert abs(gray[25, 40] - gray[2, 2]) >= 100
    assert gray[25, 40] == tone


@pytest.mark.parametrize("tone", [20, 240])
def test_a_transparent_entry_of_a_palette(tone: int) -> None:
    image = Image.new("P", (120, 50), 0)
    image.putpalette([tone] * 3 + [tone] * 3 + [0] * 762)
    image.paste(1, (20, 10, 60, 40))
    for content in (saved(image, transparency=0), saved(image, "GIF", transparency=0)):
        gray = open_picture(content).gray().astype(int)
        assert abs(gray[25, 40] - gray[2, 2]) >= 200


@pytest.mark.parametrize(("mode", "tone", "clear"), [("L", 255, 250), ("L", 5, 0), ("RGB", 255, 250), ("1", 1, 0)])
def test_a_transparent_colour(mode: str, tone: int, clear: int) -> None:
    image = Image.new(mode, (120, 50), clear if mode != "RGB" else (clear,) * 3)
    image.paste(tone if mode != "RGB" else (tone,) * 3, (20, 10, 60, 40))
    content = saved(image, transparency=clear if mode != "RGB" else (clear,) * 3)
    gray = open_picture(content).gray().astype(int)
    assert abs(gray[25, 40] - gray[2, 2]) >= 200


@pytest.mark.parametrize("tone", [100, 65000])
def test_a_transparent_tone_of_sixteen_bits(tone: int) -> None:
    clear = tone + 50
    pixels = np.full((50, 120), clear, np.uint16)
    pixels[10:40, 20:60] = tone
    pixels[0, :4] = (0, 65535, 0, 65535)
    content = writers.png(pixels, 0, beside=writers.chunk(b"tRNS", clear.to_bytes(2, "big")))
    gray = open_picture(content).gray().astype(int)
    assert abs(gray[25, 40] - gray[2, 2]) >= 150


def test_what_is_opaque_is_not_touched_and_no_alpha_at_all_is_none() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (40, 50, 4), np.uint8)
    noise[..., 3] = 255
    assert np.array_equal(open_picture(saved(Image.fromarray(noise))).rgb, noise[..., :3])
    noise[..., 3] = 0
    assert np.array_equal(open_picture(noise).rgb, noise[..., :3])
    bgr = open_picture(np.dstack([noise[..., 2::-1], np.full((40, 50), 255, np.uint8)]), colour="bgr")
    assert np.array_equal(bgr.rgb, noise[..., :3])


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("mode", ["RGBA", "I;16", "L"])
def test_orientation_in_every_mode(orientation: int, mode: str) -> None:
    from PIL import ImageOps

    gray = Image.fromarray((pattern() * 255).astype(np.uint8))
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = Image.fromarray(np.asarray(gray).astype(np.uint16) * 257) if mode == "I;16" else gray.convert(mode)
    found = open_picture(saved(stored, exif=exif)).gray()
    gray.getexif()[0x0112] = orientation
    assert np.array_equal(found, np.asarray(ImageOps.exif_transpose(gray)))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("compression", [None, "tiff_lzw"])
def test_orientation_of_tiff(orientation: int, compression: str | None) -> None:
    from PIL import ImageOps

    gray = Image.fromarray((pattern() * 255).astype(np.uint8))
    found = open_picture(saved(gray, "TIFF", tiffinfo={0x0112: orientation}, compression=compression)).gray()
    gray.getexif()[0x0112] = orientation
    assert np.array_equal(found, np.asarray(ImageOps.exif_transpose(gray)))
