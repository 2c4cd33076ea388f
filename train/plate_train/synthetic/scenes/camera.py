"""From a painted scene to a camera picture: glare, shadows, rain, lens, sensor, and overlays of recorders."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from plate_runtime.pictures.open_picture import open_picture

from ..random_source import RandomSource
from . import raster
from .raster import Gray
from .scene_canvas import SceneCanvas

_COARSE = 4
"""Glare is soft: it is computed at a quarter of the size."""


def apply_camera(canvas: SceneCanvas) -> Gray:
    """Return the camera picture of a painted scene."""
    rng = canvas.rng
    if canvas.light.kind == "day" and rng.chance(0.3):
        _shadows(canvas)
    if rng.chance(0.04):
        _rain(canvas)
    tones = canvas.picture
    if canvas.glows:
        tones = _glow(tones, canvas, rng)
    tones = _lens(tones, rng)
    tones = _sensor(tones, canvas, rng)
    canvas.picture = np.ascontiguousarray(tones)
    if rng.chance(0.22):
        _overlay(canvas)
    return _compressed(canvas.picture, rng)


def _shadows(canvas: SceneCanvas) -> None:
    """Shadows of trees or houses over the scene."""
    rng = canvas.rng
    strength = rng.uniform(0.15, 0.6)
    if rng.chance(0.5):
        seen = canvas.bank.green(rng, canvas.picture.shape[:2], rng.uniform(2, 6))
        mask = np.where(seen > rng.randint(100, 150), 255, 0).astype(np.uint8)
        raster.blend(
            canvas.picture, 0.0, np.asarray(cv2.GaussianBlur(mask, (0, 0), rng.uniform(0.7, 4)), np.uint8), strength
        )
        return
    x = rng.uniform(0, canvas.width)
    half = raster.points(
        (x, 0), (canvas.width + 9, 0), (canvas.width + 9, canvas.height), (x + rng.normal(200), canvas.height)
    )
    raster.shade(canvas.picture, half, 0.0, strength)


def _rain(canvas: SceneCanvas) -> None:
    """Streaks in the air, or drops on the lens."""
    rng = canvas.rng
    if rng.chance(0.5):
        slant, tone = rng.normal(8), rng.uniform(120, 255)
        layer = np.zeros_like(canvas.picture)
        for _ in range(rng.randint(60, 400)):
            x, y, long = rng.uniform(0, canvas.width), rng.uniform(0, canvas.height), rng.uniform(4, 22)
            raster.stroke(layer, raster.points((x, y), (x + slant * long / 12, y + long)), 255, 1)
        raster.blend(canvas.picture, tone, layer, rng.uniform(0.08, 0.4))
        return
    blurred = np.asarray(cv2.GaussianBlur(canvas.picture, (0, 0), 5), np.uint8)
    for _ in range(rng.randint(10, 70)):
        x, y, reach = rng.uniform(0, canvas.width), rng.uniform(0, canvas.height), rng.log_uniform(1.5, 9)
        drop = raster.oval(x, y, reach, reach * rng.uniform(0.8, 1.6), 10)
        box = raster.box_of(drop, canvas.picture.shape)
        if box is not None:
            left, top, right, bottom = box
            raster.blend(
                canvas.picture[top:bottom, left:right],
                blurred[top:bottom, left:right][::-1],
                raster.stencil(drop, box),
                0.8,
            )


def _glow(tones: Gray, canvas: SceneCanvas, rng: RandomSource) -> Gray:
    """Add the light of lamps: a white core, a halo, and a wide veil."""
    size = (canvas.width // _COARSE + 1, canvas.height // _COARSE + 1)
    layer = np.zeros((size[1], size[0]), np.float32)
    for x, y, reach, power in canvas.glows:
        spot = (round(x / _COARSE * 16), round(y / _COARSE * 16))
        canvas.cover(raster.oval(x, y, 1.2 * reach, 1.2 * reach, 12))
        cv2.circle(layer, spot, max(8, round(reach / _COARSE * 16)), 255.0 * power, -1, cv2.LINE_AA, 4)
    layer = cv2.GaussianBlur(layer, (0, 0), 0.7)
    night = canvas.light.kind != "day"
    halo = cv2.GaussianBlur(layer, (0, 0), rng.uniform(0.6, 2.5)) * np.float32(1.2)
    veil = cv2.GaussianBlur(layer, (0, 0), rng.uniform(5, 14)) * np.float32(rng.uniform(0.2, 1.5) if night else 0.2)
    if rng.chance(0.3):
        streaks = cv2.GaussianBlur(layer, (0, 0), sigmaX=rng.uniform(8, 40), sigmaY=0.6)
        veil += streaks * np.float32(rng.uniform(0.5, 3))
    added = cv2.resize(
        layer * np.float32(0.8) + halo + veil, (canvas.width, canvas.height), interpolation=cv2.INTER_LINEAR
    )
    return raster.to_bytes(np.asarray(tones + added, np.float32))


def _lens(tones: Gray, rng: RandomSource) -> Gray:
    """Blur by focus or motion, upscaling, sharpening."""
    value = rng.random()
    sigma = (
        0.0
        if value < 0.35
        else rng.uniform(0.3, 0.8)
        if value < 0.75
        else rng.uniform(0.6, 1.3)
        if value < 0.95
        else rng.uniform(1, 2.2)
    )
    if sigma > 0.3:
        tones = np.asarray(cv2.GaussianBlur(tones, (0, 0), sigma), np.uint8)
    if rng.chance(0.1):
        tones = np.asarray(cv2.filter2D(tones, -1, _motion_kernel(rng)), np.uint8)
    if rng.chance(0.06):
        factor = rng.uniform(0.45, 0.8)
        small = cv2.resize(tones, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        tones = np.asarray(
            cv2.resize(small, tones.shape[::-1], interpolation=rng.choice((cv2.INTER_LINEAR, cv2.INTER_CUBIC))),
            np.uint8,
        )
    if rng.chance(0.2):
        soft = cv2.GaussianBlur(tones, (0, 0), rng.uniform(0.7, 1.5))
        more = rng.uniform(0.3, 1.2)
        tones = np.asarray(cv2.addWeighted(tones, 1 + more, soft, -more, 0), np.uint8)
    return tones


def _motion_kernel(rng: RandomSource) -> NDArray[np.float32]:
    """A motion blur kernel, mostly horizontal."""
    long = rng.uniform(2, 8)
    size = int(long) | 1
    kernel = np.zeros((size, size), np.float32)
    angle = rng.normal(0.4) if rng.chance(0.7) else rng.uniform(0, math.pi)
    reach, middle = (size - 1) / 2, (size - 1) / 2
    dx, dy = reach * math.cos(angle), reach * math.sin(angle)
    cv2.line(kernel, (round(middle - dx), round(middle - dy)), (round(middle + dx), round(middle + dy)), 1.0)
    return np.asarray(kernel / kernel.sum(), np.float32)


def _sensor(tones: Gray, canvas: SceneCanvas, rng: RandomSource) -> Gray:
    """Gain, gamma, haze, vignette and noise."""
    places = np.arange(256, dtype=np.float32) / 255
    if rng.chance(0.4):
        places = places ** np.float32(rng.log_uniform(0.6, 1.6))
    if canvas.light.kind != "day" and rng.chance(0.4):
        places = places * np.float32(rng.log_uniform(1, 2.5))
    if rng.chance(0.3):
        haze = rng.uniform(0, 0.45)
        places = places * np.float32(1 - haze) + np.float32(haze * rng.uniform(0.1, 1))
    places = places * np.float32(rng.uniform(0.85, 1.15)) + np.float32(rng.normal(0.03))
    table = np.clip(places * 255, 0, 255)
    if rng.chance(0.02):
        table = 255 - table
    tones = np.asarray(cv2.LUT(tones, table.astype(np.uint8)), np.uint8)
    if rng.chance(0.2):
        small = np.linspace(-1, 1, 32, dtype=np.float32)
        fall = 1 - np.float32(rng.uniform(0.1, 0.6)) * np.clip(np.hypot(small[None, :], small[:, None]) - 0.4, 0, 1)
        fall = cv2.resize(np.asarray(fall, np.float32), tones.shape[::-1])
        tones = raster.to_bytes(np.asarray(tones * fall, np.float32))
    strength = rng.choice(
        (0.0, rng.uniform(0.3, 2), rng.uniform(0.5, 3), rng.uniform(1, 6 if canvas.light.kind == "day" else 9))
    )
    if strength:
        tones = raster.to_bytes(
            np.asarray(tones + _noise(tones.shape[:2], canvas, rng) * np.float32(strength), np.float32)
        )
    return tones


def _noise(shape: tuple[int, ...], canvas: SceneCanvas, rng: RandomSource) -> NDArray[np.float32]:
    """Noise of the given shape, tiled from a smaller field and its mirror image."""
    tile = canvas.noise_fields.window((min(shape[0], 320) // 2 * 2, 330), rng, rng.choice((0, 0, 0, 1, 1, 2)))
    tall, wide = -(-shape[0] // tile.shape[0]), -(-shape[1] // tile.shape[1])
    rows = [
        np.concatenate([tile[:, :: 1 if (i + j) % 2 == 0 else -1] for i in range(wide)], axis=1) for j in range(tall)
    ]
    return np.asarray(np.concatenate(rows, axis=0)[: shape[0], : shape[1]], np.float32)


def _overlay(canvas: SceneCanvas) -> None:
    """Overlays of recorders, editors and web sites: camera name, clock, texts, bars."""
    rng = canvas.rng
    height = round(rng.uniform(7, 26))
    tone, edge = rng.choice(((255.0, 0.0), (255.0, 0.0), (235.0, 40.0), (10.0, 240.0)))
    for kind in rng.choice(
        (
            ("clock",),
            ("clock",),
            ("clock", "camera"),
            ("camera",),
            ("line",),
            ("clock", "line", "camera"),
            ("recorder",),
            ("clock", "recorder"),
            ("clock", "recorder", "camera"),
        )
    ):
        mask = canvas.texts(kind, height)
        x = rng.choice((mask.shape[1] / 2 + 6, canvas.width - mask.shape[1] / 2 - 6, canvas.width * rng.random()))
        y = rng.choice((height / 2 + 5, canvas.height - height / 2 - 5, canvas.height * rng.random()))
        style = rng.choice(("bare", "bare", "outlined", "box"))
        reach = (mask.shape[1] / 2, height / 2)
        if style == "box":
            box = raster.rectangle(x - reach[0] - 4, y - reach[1] - 3, x + reach[0] + 4, y + reach[1] + 3)
            raster.shade(canvas.picture, box, edge, rng.uniform(0.5, 1))
        elif style == "outlined":
            raster.stamp(
                canvas.picture, np.asarray(cv2.dilate(mask, np.ones((3, 3), np.uint8)), np.uint8), (x, y), edge
            )
        raster.stamp(canvas.picture, mask, (x, y), tone)
        canvas.cover(raster.rectangle(x - reach[0], y - reach[1], x + reach[0], y + reach[1]))
    if rng.chance(0.15):
        bar = round(rng.uniform(8, 40))
        canvas.picture[canvas.height - bar :] = rng.choice((0, 255, 30))
        canvas.cover(raster.rectangle(0, canvas.height - bar, canvas.width, canvas.height))


def _compressed(tones: Gray, rng: RandomSource) -> Gray:
    if not rng.chance(0.6):
        return tones
    quality = round(rng.uniform(35, 95) if rng.chance(0.8) else rng.uniform(18, 40))
    _, packed = cv2.imencode(".jpg", tones, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return open_picture(packed.tobytes()).gray()
