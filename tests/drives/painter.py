"""Render frames of a drive: scene, vehicles from far to near with their plates, light, and noise."""

from __future__ import annotations

from functools import lru_cache
from random import Random

import cv2
import numpy as np
from numpy.typing import NDArray

from drives.geometry import Pose, body_points, hull, plate_points
from drives.scenery import paint_place
from drives.sheets import paint_sheet
from drives.traffic import RATE, Drive, Passing

Picture = NDArray[np.uint8]

_BODIES = ((140, 32, 30), (46, 58, 78), (30, 84, 130), (170, 172, 176), (34, 92, 66), (210, 206, 196), (40, 40, 44))
_GLASS, _LAMP, _TYRE = (42, 50, 58), (230, 224, 200), (22, 22, 24)
_DARKNESS = 0.12


class DrivePainter:
    """Renders any frame of a drive, 1280x720; repeatable for a drive, number and noise."""

    def __init__(self, drive: Drive, noise: float = 4.0, light: float = 1.0) -> None:
        """Render a drive; `noise` is the deviation of a pixel in gray levels, `light` 1 by day and less at night."""
        self.drive = drive
        self._light = light
        self._place = paint_place(drive.camera, Random(f"drive {drive.seed} place"))
        rng = np.random.default_rng([drive.seed, 0xD21E])
        height, width = self._place.shape[:2]
        # One field, moved about: drawing a new one for each frame would take longer than all the rest.
        self._noise = rng.normal(0, noise, (2 * height, 2 * width, 1)).astype(np.int8) if noise else None
        self._sheet = lru_cache(maxsize=64)(self._paint_sheet)

    def paint(self, number: int) -> Picture:
        """Return frame `number`, uint8 (720, 1280, 3) RGB."""
        seconds = number / RATE
        picture = self._place.copy()
        for passing, pose in self.drive.present(seconds):
            self._paint_body(picture, passing, pose)
            if passing.text:
                self._paint_plate(picture, passing, pose)
        light = self._light * (_DARKNESS if self.drive.is_dark(seconds) else 1.0)
        if light != 1.0:
            picture = cv2.convertScaleAbs(picture, alpha=light)
        return self._noisy(picture, number)

    def _noisy(self, picture: Picture, number: int) -> Picture:
        if self._noise is None:
            return picture
        height, width = picture.shape[:2]
        chance = Random(f"drive {self.drive.seed} noise {number}")
        y, x = chance.randrange(height), chance.randrange(width)
        noise = self._noise[y : y + height, x : x + width]
        return np.clip(picture.astype(np.int16) + noise, 0, 255).astype(np.uint8)

    def _paint_body(self, picture: Picture, passing: Passing, pose: Pose) -> None:
        camera = self.drive.camera
        box = body_points(pose, passing.tall)
        colour = Random(f"drive {self.drive.seed} body {passing.number}").choice(_BODIES)
        _fill(picture, hull(camera.project(box)), tuple(part * 5 // 8 for part in colour))
        face = box[:4]
        _fill(picture, camera.project(face), colour)
        for left, top, right, bottom, shade in (
            (0.08, 0.06, 0.92, 0.40, _GLASS), (0.03, 0.50, 0.20, 0.60, _LAMP), (0.80, 0.50, 0.97, 0.60, _LAMP),
            (0.02, 0.88, 0.16, 1.12, _TYRE), (0.84, 0.88, 0.98, 1.12, _TYRE),
        ):  # fmt: skip
            _fill(picture, camera.project(_part(face, left, top, right, bottom)), shade)

    def _paint_plate(self, picture: Picture, passing: Passing, pose: Pose) -> None:
        corners = self.drive.camera.project(plate_points(pose, passing.size))
        height, width = picture.shape[:2]
        left, top = np.floor(corners.min(axis=0) - 2).astype(int)
        right, bottom = np.ceil(corners.max(axis=0) + 3).astype(int)
        left, top, right, bottom = max(left, 0), max(top, 0), min(right, width), min(bottom, height)
        if right <= left or bottom <= top:
            return
        sheet = self._sheet(
            passing.number, _level(sheet_width=520, shown=float(np.linalg.norm(corners[1] - corners[0])))
        )
        edge = np.array(
            [[0, 0], [sheet.shape[1], 0], [sheet.shape[1], sheet.shape[0]], [0, sheet.shape[0]]], np.float32
        )
        turn = cv2.getPerspectiveTransform(edge, (corners - [left, top]).astype(np.float32))
        size = (int(right - left), int(bottom - top))
        drawn = cv2.warpPerspective(sheet, turn, size, flags=cv2.INTER_LINEAR)
        mask = cv2.warpPerspective(np.full(sheet.shape[:2], 255, np.uint8), turn, size, flags=cv2.INTER_LINEAR)
        share = mask[:, :, None].astype(np.uint16)
        part = picture[top:bottom, left:right]
        part[:] = ((drawn.astype(np.uint16) * 255 + part * (255 - share)) // 255).clip(0, 255).astype(np.uint8)

    def _paint_sheet(self, number: int, level: int) -> Picture:
        passing = self.drive.passings[number]
        sheet = np.asarray(paint_sheet(passing.text, passing.size, Random(f"drive {self.drive.seed} sheet {number}")))
        size = max(8, sheet.shape[1] >> level), max(4, sheet.shape[0] >> level)
        return cv2.resize(sheet, size, interpolation=cv2.INTER_AREA)


def _level(sheet_width: int, shown: float) -> int:
    """Return how often to halve a sheet, so that no stroke is lost at a small size."""
    return max(0, int(np.log2(max(1.0, sheet_width / max(shown, 1.0)))))


def _part(face: NDArray[np.float64], left: float, top: float, right: float, bottom: float) -> NDArray[np.float64]:
    across, down = face[1] - face[0], face[3] - face[0]
    return np.stack(
        [face[0] + across * x + down * y for x, y in ((left, top), (right, top), (right, bottom), (left, bottom))]
    )


def _fill(picture: Picture, points: NDArray[np.float64], colour: tuple[int, ...]) -> None:
    fixed = np.clip(points, -8000, 8000) * 16
    cv2.fillConvexPoly(picture, np.rint(fixed).astype(np.int32), colour, cv2.LINE_AA, 4)
