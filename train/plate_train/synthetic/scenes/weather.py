"""What lies between a scene and its file: dazzling lamps, shadows, rain, lens, sensor, and what a recorder adds."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from plate_runtime.pictures.open_picture import open_picture

from ..effects import Dice
from . import canvas, parts
from .canvas import Gray
from .stage import Stage

_COARSE = 4
"""Glows are soft: they are drawn at a quarter of the size."""


def expose(stage: Stage) -> Gray:
    """Return the finished picture of a stage."""
    dice = stage.dice
    if stage.light.kind == "day" and dice.chance(0.3):
        _shadows(stage)
    if dice.chance(0.04):
        _rain(stage)
    tones = stage.picture
    if stage.glows:
        tones = _glow(tones, stage, dice)
    tones = _lens(tones, dice)
    tones = _sensor(tones, stage, dice)
    stage.picture = np.ascontiguousarray(tones)
    if dice.chance(0.22):
        _overlay(stage)
    return _compressed(stage.picture, dice)


def _shadows(stage: Stage) -> None:
    """Shadows of trees or houses on everything."""
    dice = stage.dice
    strength = dice.uniform(0.15, 0.6)
    if dice.chance(0.5):
        seen = stage.bank.green(dice, stage.picture.shape[:2], dice.uniform(2, 6))
        mask = np.where(seen > dice.randint(100, 150), 255, 0).astype(np.uint8)
        canvas.blend(
            stage.picture, 0.0, np.asarray(cv2.GaussianBlur(mask, (0, 0), dice.uniform(0.7, 4)), np.uint8), strength
        )
        return
    x = dice.uniform(0, stage.width)
    half = canvas.points(
        (x, 0), (stage.width + 9, 0), (stage.width + 9, stage.height), (x + dice.bell(200), stage.height)
    )
    canvas.shade(stage.picture, half, 0.0, strength)


def _rain(stage: Stage) -> None:
    """Streaks in the air, or drops on the glass."""
    dice = stage.dice
    if dice.chance(0.5):
        lean, tone = dice.bell(8), dice.uniform(120, 255)
        layer = np.zeros_like(stage.picture)
        for _ in range(dice.randint(60, 400)):
            x, y, long = dice.uniform(0, stage.width), dice.uniform(0, stage.height), dice.uniform(4, 22)
            canvas.stroke(layer, canvas.points((x, y), (x + lean * long / 12, y + long)), 255, 1)
        canvas.blend(stage.picture, tone, layer, dice.uniform(0.08, 0.4))
        return
    blurred = np.asarray(cv2.GaussianBlur(stage.picture, (0, 0), 5), np.uint8)
    for _ in range(dice.randint(10, 70)):
        x, y, reach = dice.uniform(0, stage.width), dice.uniform(0, stage.height), dice.log_uniform(1.5, 9)
        drop = canvas.oval(x, y, reach, reach * dice.uniform(0.8, 1.6), 10)
        box = canvas.box_of(drop, stage.picture.shape)
        if box is not None:
            left, top, right, bottom = box
            canvas.blend(
                stage.picture[top:bottom, left:right],
                blurred[top:bottom, left:right][::-1],
                canvas.stencil(drop, box),
                0.8,
            )


def _glow(tones: Gray, stage: Stage, dice: Dice) -> Gray:
    """Add lamps: a core that is white, a halo, and a wide veil."""
    size = (stage.width // _COARSE + 1, stage.height // _COARSE + 1)
    layer = np.zeros((size[1], size[0]), np.float32)
    for x, y, reach, power in stage.glows:
        spot = (round(x / _COARSE * 16), round(y / _COARSE * 16))
        stage.cover(canvas.oval(x, y, 1.2 * reach, 1.2 * reach, 12))
        cv2.circle(layer, spot, max(8, round(reach / _COARSE * 16)), 255.0 * power, -1, cv2.LINE_AA, 4)
    layer = cv2.GaussianBlur(layer, (0, 0), 0.7)
    night = stage.light.kind != "day"
    halo = cv2.GaussianBlur(layer, (0, 0), dice.uniform(0.6, 2.5)) * np.float32(1.2)
    veil = cv2.GaussianBlur(layer, (0, 0), dice.uniform(5, 14)) * np.float32(dice.uniform(0.2, 1.5) if night else 0.2)
    if dice.chance(0.3):
        streaks = cv2.GaussianBlur(layer, (0, 0), sigmaX=dice.uniform(8, 40), sigmaY=0.6)
        veil += streaks * np.float32(dice.uniform(0.5, 3))
    added = cv2.resize(
        layer * np.float32(0.8) + halo + veil, (stage.width, stage.height), interpolation=cv2.INTER_LINEAR
    )
    return canvas.to_bytes(np.asarray(tones + added, np.float32))


def _lens(tones: Gray, dice: Dice) -> Gray:
    """Out of focus, moved, or scaled up from fewer pixels."""
    throw = dice.random()
    sigma = (
        0.0
        if throw < 0.35
        else dice.uniform(0.3, 0.8)
        if throw < 0.75
        else dice.uniform(0.6, 1.3)
        if throw < 0.95
        else dice.uniform(1, 2.2)
    )
    if sigma > 0.3:
        tones = np.asarray(cv2.GaussianBlur(tones, (0, 0), sigma), np.uint8)
    if dice.chance(0.1):
        tones = np.asarray(cv2.filter2D(tones, -1, _smear(dice)), np.uint8)
    if dice.chance(0.06):
        factor = dice.uniform(0.45, 0.8)
        small = cv2.resize(tones, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        tones = np.asarray(
            cv2.resize(small, tones.shape[::-1], interpolation=dice.choice((cv2.INTER_LINEAR, cv2.INTER_CUBIC))),
            np.uint8,
        )
    if dice.chance(0.2):
        soft = cv2.GaussianBlur(tones, (0, 0), dice.uniform(0.7, 1.5))
        more = dice.uniform(0.3, 1.2)
        tones = np.asarray(cv2.addWeighted(tones, 1 + more, soft, -more, 0), np.uint8)
    return tones


def _smear(dice: Dice) -> NDArray[np.float32]:
    """A kernel of motion, mostly across."""
    long = dice.uniform(2, 8)
    size = int(long) | 1
    kernel = np.zeros((size, size), np.float32)
    angle = dice.bell(0.4) if dice.chance(0.7) else dice.uniform(0, math.pi)
    reach, middle = (size - 1) / 2, (size - 1) / 2
    dx, dy = reach * math.cos(angle), reach * math.sin(angle)
    cv2.line(kernel, (round(middle - dx), round(middle - dy)), (round(middle + dx), round(middle + dy)), 1.0)
    return np.asarray(kernel / kernel.sum(), np.float32)


def _sensor(tones: Gray, stage: Stage, dice: Dice) -> Gray:
    """Gain, gamma, haze, vignette and noise."""
    places = np.arange(256, dtype=np.float32) / 255
    if dice.chance(0.4):
        places = places ** np.float32(dice.log_uniform(0.6, 1.6))
    if stage.light.kind != "day" and dice.chance(0.4):
        places = places * np.float32(dice.log_uniform(1, 2.5))
    if dice.chance(0.3):
        haze = dice.uniform(0, 0.45)
        places = places * np.float32(1 - haze) + np.float32(haze * dice.uniform(0.1, 1))
    places = places * np.float32(dice.uniform(0.85, 1.15)) + np.float32(dice.bell(0.03))
    table = np.clip(places * 255, 0, 255)
    if dice.chance(0.02):
        table = 255 - table
    tones = np.asarray(cv2.LUT(tones, table.astype(np.uint8)), np.uint8)
    if dice.chance(0.2):
        small = np.linspace(-1, 1, 32, dtype=np.float32)
        fall = 1 - np.float32(dice.uniform(0.1, 0.6)) * np.clip(np.hypot(small[None, :], small[:, None]) - 0.4, 0, 1)
        fall = cv2.resize(np.asarray(fall, np.float32), tones.shape[::-1])
        tones = canvas.to_bytes(np.asarray(tones * fall, np.float32))
    strength = dice.choice(
        (0.0, dice.uniform(0.3, 2), dice.uniform(0.5, 3), dice.uniform(1, 6 if stage.light.kind == "day" else 9))
    )
    if strength:
        tones = canvas.to_bytes(
            np.asarray(tones + _noise(tones.shape[:2], stage, dice) * np.float32(strength), np.float32)
        )
    return tones


def _noise(shape: tuple[int, ...], stage: Stage, dice: Dice) -> NDArray[np.float32]:
    """Noise from a field that is smaller than the picture, laid out in mirrored tiles."""
    part = stage.grain.window((min(shape[0], 320) // 2 * 2, 330), dice, dice.choice((0, 0, 0, 1, 1, 2)))
    tall, wide = -(-shape[0] // part.shape[0]), -(-shape[1] // part.shape[1])
    rows = [
        np.concatenate([part[:, :: 1 if (i + j) % 2 == 0 else -1] for i in range(wide)], axis=1) for j in range(tall)
    ]
    return np.asarray(np.concatenate(rows, axis=0)[: shape[0], : shape[1]], np.float32)


def _overlay(stage: Stage) -> None:
    """What recorders, editors and web sites write into pictures: camera, clock, marks, bars, frames."""
    dice = stage.dice
    height = round(dice.uniform(7, 26))
    tone, edge = dice.choice(((255.0, 0.0), (255.0, 0.0), (235.0, 40.0), (10.0, 240.0)))
    for kind in dice.choice(
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
        mask = stage.texts(kind, height)
        x = dice.choice((mask.shape[1] / 2 + 6, stage.width - mask.shape[1] / 2 - 6, stage.width * dice.random()))
        y = dice.choice((height / 2 + 5, stage.height - height / 2 - 5, stage.height * dice.random()))
        style = dice.choice(("bare", "bare", "outlined", "box"))
        reach = (mask.shape[1] / 2, height / 2)
        if style == "box":
            box = canvas.rectangle(x - reach[0] - 4, y - reach[1] - 3, x + reach[0] + 4, y + reach[1] + 3)
            canvas.shade(stage.picture, box, edge, dice.uniform(0.5, 1))
        elif style == "outlined":
            parts.stamp(stage.picture, np.asarray(cv2.dilate(mask, np.ones((3, 3), np.uint8)), np.uint8), (x, y), edge)
        parts.stamp(stage.picture, mask, (x, y), tone)
        stage.cover(canvas.rectangle(x - reach[0], y - reach[1], x + reach[0], y + reach[1]))
    if dice.chance(0.15):
        bar = round(dice.uniform(8, 40))
        stage.picture[stage.height - bar :] = dice.choice((0, 255, 30))
        stage.cover(canvas.rectangle(0, stage.height - bar, stage.width, stage.height))


def _compressed(tones: Gray, dice: Dice) -> Gray:
    if not dice.chance(0.6):
        return tones
    quality = round(dice.uniform(35, 95) if dice.chance(0.8) else dice.uniform(18, 40))
    _, packed = cv2.imencode(".jpg", tones, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return open_picture(packed.tobytes()).gray()
