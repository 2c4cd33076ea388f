"""Hints for synthetic plates that are small, out of focus, in motion, tilted, dark or overexposed."""

from __future__ import annotations

import math

import numpy as np
import pytest
from device_helpers import make_plate
from PIL import Image, ImageFilter

from plate_devices.explain.picture_quality import measure_frame, measure_plate
from plate_devices.imaging.plate_picture import DARK_ON_LIGHT, draw_plate
from plate_devices.serve.aiming_hints import AimingHints
from plate_devices.serve.live_state import LiveFrame
from plate_runtime.results import Plate


def scene(width: int, blur: float = 0.0, smear: int = 0, low: float = 0, high: float = 255) -> tuple[np.ndarray, Plate]:
    """A plate of so many pixels on a gray car, out of focus, moving, in other light; and what a reader says of it."""
    drawn = draw_plate("AB123CD", 4 * width // 9, DARK_ON_LIGHT)
    height = round(drawn.height * width / drawn.width)
    picture = Image.new("RGB", (width + 200, height + 160), (70, 74, 80))
    picture.paste(drawn.resize((width, height), Image.Resampling.LANCZOS), (100, 80))
    picture = picture.filter(ImageFilter.GaussianBlur(blur))
    rgb = np.asarray(picture, np.float64)
    if smear:
        rgb = np.mean([np.roll(rgb, step, 1) for step in range(smear)], axis=0)
        rgb = np.roll(rgb, -(smear // 2), 1)
    rgb = low + rgb * (high - low) / 255 + np.random.default_rng(0).normal(0, 2, rgb.shape)
    return np.clip(rgb, 0, 255).astype(np.uint8), make_plate("AB123CD", box=(100, 80, width, height))


def advise(rgb: np.ndarray, *plates: Plate) -> dict[str, str]:
    """Hints as text and level."""
    hints = AimingHints()
    hints.measure(LiveFrame(1, rgb, plates, 0.0, None))
    return {hint.text: hint.level for hint in hints.hints()}


def test_a_good_picture_is_praised() -> None:
    assert advise(*scene(160)) == {"plates are 160 pixels wide, and sharp enough to read": "good"}


@pytest.mark.parametrize(
    ("width", "level", "words"),
    [
        (48, "bad", "48 pixels wide: move closer"),
        (75, "fair", "75 pixels wide: 90 or more"),
        (450, "fair", "in view briefly"),
    ],
)
def test_size(width: int, level: str, words: str) -> None:
    found = advise(*scene(width))
    assert any(words in text and found[text] == level for text in found), found


@pytest.mark.parametrize("width", [90, 160, 260])
def test_focus_and_motion_are_distinguished(width: int) -> None:
    blurred = advise(*scene(width, blur=0.022 * width))
    assert any("out of focus" in text for text in blurred), blurred
    moving = advise(*scene(width, smear=max(3, round(0.06 * width))))
    assert any("smeared" in text for text in moving), moving
    assert not any("focus" in text or "smeared" in text for text in advise(*scene(width)))


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [(0, 60, "plates are dark"), (170, 255, "plates are overexposed"), (100, 140, "low in contrast")],
)
def test_light(low: float, high: float, words: str) -> None:
    found = advise(*scene(160, low=low, high=high))
    assert any(words in text for text in found), found


def test_tilt() -> None:
    rgb, plate = scene(160)
    angle = math.radians(20)
    corners = tuple(
        (100 + x * math.cos(angle) - y * math.sin(angle), 80 + x * math.sin(angle) + y * math.cos(angle))
        for x, y in ((0, 0), (160, 0), (160, 40), (0, 40))
    )
    tilted = Plate("A", "A", 0.9, 0.9, plate.box, corners, None, ())
    assert any(hint.startswith("plates are tilted by 20 degrees: level the camera") for hint in advise(rgb, tilted))


@pytest.mark.parametrize(
    ("picture", "words"),
    [
        (np.full((200, 300, 3), 8, np.uint8), "the picture is dark"),
        (np.full((200, 300, 3), 255, np.uint8), "overexposed"),
        (np.repeat(np.tile(np.linspace(60, 200, 300).astype(np.uint8), (200, 1))[:, :, None], 3, 2), "nothing in the"),
    ],
    ids=["dark", "bright", "blurred"],
)
def test_a_frame_without_a_plate(picture: np.ndarray, words: str) -> None:
    found = advise(picture)
    assert any(words in text for text in found), found
    assert any("no plate was read" in text for text in found)


def test_sharpness_falls_as_the_lens_is_turned_away() -> None:
    values = [measure_frame(scene(160, blur=blur)[0][..., 1]).sharpness for blur in (0, 1, 2, 4)]
    assert values == sorted(values, reverse=True) and values[0] > 2 * values[-1]


def test_an_roi_is_measured_alone() -> None:
    rgb, _ = scene(160)
    rgb[:, :90] = 255
    gray = rgb[..., 1]
    assert measure_frame(gray).glare > 0.1 > measure_frame(gray, (95, 70, 170, 60)).glare


@pytest.mark.parametrize("box", [(0, 0, 5, 5), (355, 0, 100, 40), (-50, -50, 20, 20), (0, 0, 90, 60)])
def test_plates_that_cannot_be_measured_are_left_out(box: tuple[int, int, int, int]) -> None:
    gray = np.full((200, 360), 90, np.uint8)
    assert measure_plate(gray, make_plate("A", box=box).corners) is None
    assert measure_frame(gray[:1]).sharpness == 0
    assert measure_frame(gray[:, :1]).sharpness == 0
