"""Motion detection: changes count, noise and light do not."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from plate_devices.live.motion import MotionDetector, block_means

HEIGHT, WIDTH = 240, 640
Picture = NDArray[np.float32]


@pytest.fixture
def street() -> Picture:
    """Return soft patches of light and dark, (height, width)."""
    chance = np.random.default_rng(5)
    coarse = chance.uniform(40, 180, (HEIGHT // 20, WIDTH // 20)).astype(np.float32)
    fine = np.repeat(np.repeat(coarse, 20, 0), 20, 1)
    return (fine + np.roll(fine, 7, 1) + np.roll(fine, 5, 0)) / 3


class Camera:
    """Makes frames of a picture, each with different noise."""

    def __init__(self, noise: float) -> None:
        self._chance = np.random.default_rng(1)
        self._noise = noise

    def take(self, picture: Picture) -> NDArray[np.uint8]:
        noisy = picture + self._chance.normal(0, self._noise, picture.shape).astype(np.float32)
        return np.repeat(np.clip(np.rint(noisy), 0, 255).astype(np.uint8)[:, :, None], 3, 2)


def with_plate(picture: Picture, x: int, contrast: float = 60.0) -> Picture:
    """Return the picture with a plate 60 pixels wide at x, dark characters on light."""
    changed = picture.copy()
    changed[100:116, x : x + 60] = picture[100:116, x : x + 60].mean() + contrast
    changed[104:112, x + 4 : x + 56 : 8] -= 2 * contrast
    return changed


def settle(motion: MotionDetector, camera: Camera, picture: Picture, frames: int = 350) -> int:
    """Show the same street repeatedly; return how many of the last hundred frames would be read."""
    read = 0
    for number in range(frames):
        if motion.has_changed(camera.take(picture)):
            motion.keep()
            read += number >= frames - 100
    return read


@pytest.mark.parametrize("noise", [0.0, 2.0, 6.0, 15.0])
def test_a_still_street_is_not_read_and_a_plate_in_it_is(street: Picture, noise: float) -> None:
    motion, camera = MotionDetector(), Camera(noise)
    assert settle(motion, camera, street) <= 2
    assert motion.has_changed(camera.take(with_plate(street, 300)))


def test_the_first_frame_and_one_of_another_size_are_new(street: Picture) -> None:
    motion, camera = MotionDetector(), Camera(0)
    assert motion.has_changed(camera.take(street))
    motion.keep()
    assert not motion.has_changed(camera.take(street))
    assert motion.has_changed(camera.take(street[:, :320]))


def test_slow_motion_adds_up(street: Picture) -> None:
    motion, camera = MotionDetector(), Camera(3.0)
    settle(motion, camera, with_plate(street, 300))
    read = []
    for number in range(120):  # a pixel in ten frames
        if motion.has_changed(camera.take(with_plate(street, 300 + number // 10))):
            motion.keep()
            read.append(number // 10)
    assert read and read[0] <= 3
    assert max(after - before for before, after in pairwise(read)) <= 3


def test_a_change_of_light_in_all_of_the_picture_is_no_motion(street: Picture) -> None:
    motion, camera = MotionDetector(), Camera(2.0)
    settle(motion, camera, street)
    read = 0
    for number in range(200):
        light = 1 - 0.4 * np.sin(number / 200 * np.pi)
        if motion.has_changed(camera.take((street * light).astype(np.float32))):
            motion.keep()
            read += 1
    assert read <= 10


def test_sudden_light_is_read_once(street: Picture) -> None:
    motion, camera = MotionDetector(), Camera(2.0)
    settle(motion, camera, street)
    read = 0
    for _ in range(50):
        if motion.has_changed(camera.take(np.minimum(street * 1.5 + 10, 235).astype(np.float32))):
            motion.keep()
            read += 1
    assert read <= 2


def test_motion_in_all_of_an_roi_is_not_noise(street: Picture) -> None:
    motion, camera = MotionDetector(), Camera(2.0)
    settle(motion, camera, street)
    shaken = []
    for number in range(1, 61):
        moved = np.roll(street, 3 * number, 1)
        shaken.append(motion.has_changed(camera.take(moved)))
        motion.keep()
    assert all(shaken)
    settle(motion, camera, street, 20)
    assert motion.has_changed(camera.take(with_plate(street, 300)))


def test_repeated_frames_do_not_change_the_noise(street: Picture) -> None:
    motion, camera = MotionDetector(), Camera(4.0)
    read = 0
    for number in range(400):
        if number % 2 == 0:
            frame = camera.take(street)
        if motion.has_changed(frame):
            motion.keep()
            read += number >= 300
    assert read <= 2


@pytest.mark.parametrize("size", [(1080, 1920), (720, 1280), (72, 280), (3, 5), (1, 1)])
def test_pictures_of_any_size_become_few_blocks(size: tuple[int, int]) -> None:
    blocks = block_means(np.full((*size, 3), 77, np.uint8))
    assert blocks.size <= 170 * 120
    assert np.allclose(blocks, 77)
    motion = MotionDetector()
    for _ in range(3):
        motion.has_changed(np.full((*size, 3), 77, np.uint8))
        motion.keep()
