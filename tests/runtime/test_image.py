"""Every kind of picture a user may have comes out upright in 8-bit RGB, or as one clear error."""

from __future__ import annotations

import contextlib
import io
import threading
import warnings
from pathlib import Path, PurePath
from typing import Any, BinaryIO, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from plate_runtime.errors import InputError, UsageError
from plate_runtime.pictures import decoder
from plate_runtime.pictures.decoder import one_clear_error
from plate_runtime.pictures.open_picture import MAX_PIXELS, Picture, open_picture


def half_dark() -> NDArray[np.uint8]:
    """Gray (20, 30): the left half 40, the right half 200."""
    gray = np.full((20, 30), 200, np.uint8)
    gray[:, :15] = 40
    return gray


def saved(image: Image.Image, format_: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, format_, **options)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("mode", "format_"),
    [
        ("L", "PNG"),
        ("RGB", "PNG"),
        ("RGBA", "PNG"),
        ("LA", "PNG"),
        ("P", "GIF"),
        ("CMYK", "JPEG"),
        ("L", "BMP"),
        ("YCbCr", "JPEG"),
    ],
)
def test_modes_agree(mode: str, format_: str) -> None:
    picture = open_picture(saved(Image.fromarray(half_dark()).convert(mode), format_))
    assert picture.rgb.shape == (20, 30, 3)
    assert np.abs(picture.gray().astype(int) - half_dark()).max() <= 6


def test_one_bit_pictures_are_black_and_white() -> None:
    picture = open_picture(saved(Image.fromarray(half_dark() > 100), "PNG"))
    assert set(np.unique(picture.rgb)) == {0, 255}


def test_sixteen_bits_are_scaled_not_clipped() -> None:
    deep = Image.fromarray(half_dark().astype(np.uint16) * 257)
    assert np.abs(open_picture(saved(deep, "PNG")).gray().astype(int) - half_dark()).max() <= 1


def test_transparent_pixels_lie_on_white() -> None:
    image = Image.new("RGBA", (4, 4), (0, 0, 0, 0))
    assert open_picture(saved(image, "PNG")).gray().min() == 255


def test_palette_with_transparency() -> None:
    image = Image.new("P", (4, 4), 0)
    image.putpalette([10, 20, 30] + [0] * 765)
    assert open_picture(saved(image, "GIF", transparency=0)).gray().min() == 255


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(orientation: int) -> None:
    upright = Image.fromarray(half_dark())
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }  # fmt: skip
    stored = upright.transpose(undo[orientation]) if orientation in undo else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = open_picture(saved(stored, "PNG", exif=exif))
    assert np.array_equal(picture.gray(), half_dark())


@pytest.mark.parametrize("key", ["transparency", "xmp", "exif", "XML:com.adobe.xmp", "orientation", "Orientation"])
@pytest.mark.parametrize("mode", ["L", "RGB", "P", "1", "I;16"])
def test_texts_of_any_name_do_not_matter(key: str, mode: str) -> None:
    notes = PngInfo()
    notes.add_text(key, "3")
    plain, image = Image.new(mode, (4, 3)), Image.new(mode, (4, 3))
    image.info[key] = 3 if key != "transparency" else "3"
    assert np.array_equal(open_picture(saved(plain, "PNG", pnginfo=notes)).rgb, open_picture(plain).rgb)
    assert np.array_equal(open_picture(image).rgb, open_picture(plain).rgb)


def test_arrays_in_either_colour_order() -> None:
    blue = np.zeros((3, 4, 3), np.uint8)
    blue[..., 2] = 255
    assert np.array_equal(open_picture(blue).rgb, blue)
    assert np.array_equal(open_picture(blue[..., ::-1], colour="bgr").rgb, blue)
    assert open_picture(blue[..., 0]).rgb.shape == (3, 4, 3)


def test_a_picture_has_its_name_or_that_of_its_kind(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(saved(Image.new("L", (4, 3)), "PNG"))
    for source, name in (
        (half_dark(), "array"), (Image.new("L", (4, 3)), "picture"), (path, str(path)), (path.read_bytes(), "bytes"),
    ):  # fmt: skip
        assert open_picture(source).name == name
        assert open_picture(source, name="gate").name == "gate"


def test_colours_that_are_not_read_are_named() -> None:
    with pytest.raises(InputError, match="gate has colours of the kind LAB, which are not read; save it as RGB"):
        open_picture(Image.new("LAB", (4, 3)), name="gate")


@pytest.mark.parametrize(
    "array",
    [np.zeros((3, 4), np.float32), np.zeros((3,), np.uint8), np.zeros((0, 4), np.uint8), np.zeros((2, 2, 2), np.uint8)],
)
def test_arrays_of_wrong_type_or_shape(array: NDArray[Any]) -> None:
    with pytest.raises(UsageError):
        open_picture(array)


@pytest.mark.parametrize(
    ("source", "words"),
    [(None, "not a picture: None .OpenCV returns it"), ([[1, 2]], "not a picture: list; give a path"),
     (np.uint8(3), "not a picture: uint8;"), (Path, "not a picture: type;"), (io.StringIO("x"), "mode 'rb'")],
)  # fmt: skip
def test_what_is_no_picture_at_all_is_wrong_use(source: Any, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        open_picture(source)


def test_every_form_of_a_path_bytes_and_arrays(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(saved(Image.fromarray(half_dark()), "PNG"))
    content = path.read_bytes()
    for source in (str(path), PurePath(path), content, bytearray(content), memoryview(content), io.BytesIO(content)):
        assert np.array_equal(open_picture(source).gray(), half_dark())
    for array in (half_dark().view(np.matrix), np.ma.masked_array(half_dark())):
        assert type(open_picture(array).rgb) is np.ndarray
        assert np.array_equal(open_picture(array).gray(), half_dark())


def test_a_pipe_is_read_to_its_end_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    content = saved(Image.fromarray(half_dark()), "PNG")

    class Pipe(io.RawIOBase):
        """Gives a few bytes with each read, as an unbuffered pipe does."""

        def __init__(self) -> None:
            self.rest = io.BytesIO(content)

        def read(self, size: int = -1) -> bytes:
            return self.rest.read(min(size, 9))

    assert np.array_equal(open_picture(cast(BinaryIO, Pipe()), name="pipe").gray(), half_dark())
    monkeypatch.setattr(decoder, "MAX_FILE", len(content) - 1)
    with pytest.raises(InputError, match=r"pipe has more than .* MB, which are not read from a stream"):
        open_picture(cast(BinaryIO, Pipe()), name="pipe")


def test_an_unknown_colour_order() -> None:
    with pytest.raises(UsageError, match="hsv"):
        open_picture(half_dark(), colour="hsv")


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.jpg cannot be read"):
        open_picture(tmp_path / "none.jpg")
    with pytest.raises(InputError, match="cannot be read: it is a folder"):
        open_picture(tmp_path)
    with pytest.raises(InputError, match="cannot be read: embedded null"):
        open_picture("a\0b.jpg")
    empty = tmp_path / "empty.jpg"
    empty.touch()
    with pytest.raises(InputError, match=r"empty\.jpg is empty"):
        open_picture(empty)
    foreign = tmp_path / "foreign.jpg"
    foreign.write_text("not a picture")
    with pytest.raises(InputError, match=r"foreign\.jpg is not a picture"):
        open_picture(foreign)


@pytest.mark.parametrize("format_", ["PNG", "JPEG", "BMP", "GIF", "TIFF"])
def test_a_truncated_file_is_an_error_not_half_a_picture(format_: str) -> None:
    data = saved(Image.effect_noise((90, 60), 80).convert("L"), format_)
    with pytest.raises(InputError):
        open_picture(data[: len(data) * 2 // 3])


def test_a_decompression_bomb_is_refused_by_its_header() -> None:
    side = int(MAX_PIXELS**0.5) + 1
    bomb = saved(Image.new("1", (side, side)), "PNG")
    assert len(bomb) < 1_000_000
    with pytest.raises(InputError, match="megapixels"):
        open_picture(bomb)


def test_pillow_s_own_alarm_is_translated() -> None:
    bomb = saved(Image.new("1", (20_000, 20_000)), "PNG")
    with pytest.raises(InputError, match="megapixels"):
        open_picture(bomb)


@given(st.binary(max_size=300))
@settings(deadline=None)
def test_any_bytes_are_a_picture_or_an_input_error(data: bytes) -> None:
    try:
        open_picture(data)
    except InputError as error:
        assert "\n" not in str(error)


@given(st.integers(0, 10_000), st.integers(0, 255), st.sampled_from(["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP"]))
@settings(deadline=None, max_examples=200)
def test_a_damaged_byte_never_escapes(position: int, value: int, format_: str) -> None:
    data = bytearray(saved(Image.fromarray(half_dark()), format_))
    data[position % len(data)] = value
    with contextlib.suppress(InputError):
        assert open_picture(bytes(data)).rgb.dtype == np.uint8


def test_gray_of_a_large_picture_is_that_of_its_parts() -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (2500, 2001, 3), np.uint8)
    gray = Picture(rgb, "large").gray()
    assert np.array_equal(gray, np.asarray(Image.fromarray(rgb).convert("L")))
    for mode in ("RGB", "L", "CMYK"):
        whole = Image.fromarray(rgb).convert(mode)
        assert np.array_equal(open_picture(whole).rgb, np.asarray(whole.convert("RGB")))


@pytest.mark.parametrize("mode", ["RGB", "L", "P", "CMYK"])
def test_strips_of_a_picture_fit_together(mode: str) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (300, 700, 3), np.uint8)
    image = Image.fromarray(noise).convert(mode)
    content = saved(image, "TIFF")
    np.testing.assert_array_equal(open_picture(content).rgb, np.asarray(image.convert("RGB")))


def test_decoding_takes_little_more_memory_than_the_picture() -> None:
    import tracemalloc

    content = saved(Image.new("RGB", (1280, 720), (90, 120, 40)), "JPEG")
    open_picture(content)
    tracemalloc.start()
    try:
        picture = open_picture(content)
        _, peak = tracemalloc.get_traced_memory()
        assert peak < 1.3 * picture.rgb.nbytes
        tracemalloc.reset_peak()
        gray = picture.gray()
        _, peak = tracemalloc.get_traced_memory()
        assert peak < picture.rgb.nbytes + 2 * gray.nbytes
    finally:
        tracemalloc.stop()


def test_threads_that_read_at_once_leave_the_filters_of_warnings_alone() -> None:
    entered, left = threading.Event(), threading.Event()

    def read_first() -> None:
        with one_clear_error("first"):
            entered.set()
            assert left.wait(10)

    before = list(warnings.filters)
    thread = threading.Thread(target=read_first)
    with one_clear_error("second"):
        thread.start()
        assert entered.wait(10)
    left.set()
    thread.join()
    assert list(warnings.filters) == before
