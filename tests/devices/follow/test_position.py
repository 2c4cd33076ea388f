"""Where a followed plate is expected: the Kalman filter against its textbook form, and how far a plate may be."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from device_helpers import make_plate

from plate_devices.follow import position as module
from plate_devices.follow.position import MotionModel, Position, is_cut, is_inside, position_of

SIZE = (640, 360)
MIDDLE = Position(320, 180, 20)


def kept(frames: int = 60) -> tuple[MotionModel, float]:
    """A plate that has kept its position for so many frames, and the time of the last."""
    model = MotionModel(MIDDLE, 0.0)
    for number in range(1, frames):
        model.update(MIDDLE, number / 10)
    return model, (frames - 1) / 10


def furthest(fits: Callable[[float], bool], low: float, high: float) -> float:
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


def reach(model: MotionModel, seconds: float, standing: bool = False) -> float:
    """How many widths from its last position a plate is still taken for the same one."""
    last = model.position
    return furthest(
        lambda widths: model.likeness(last._replace(x=last.x + widths * last.width), seconds, SIZE, standing) > 0, 0, 40
    )


def growth(model: MotionModel, seconds: float, standing: bool = False) -> float:
    """How many times as wide as before a plate is still taken for the same one."""
    last = model.position
    return furthest(
        lambda times: model.likeness(last._replace(width=times * last.width), seconds, SIZE, standing) > 0, 1, 40
    )


class Textbook:
    """A Kalman filter of constant velocity, pushed by white noise, as matrices: one coordinate in plate widths."""

    def __init__(self, place: float, jitter: float, speed: float, push: float) -> None:
        self.state, self.spread = np.array([place, 0.0]), np.diag([jitter**2, speed**2])
        self.jitter, self.push = jitter**2, push**2

    def predict(self, passed: float) -> tuple[float, float]:
        """Return mean and variance of the next observation."""
        step = np.array([[1.0, passed], [0.0, 1.0]])
        noise = self.push * np.array([[passed**3 / 3, passed**2 / 2], [passed**2 / 2, passed]])
        self.state, self.spread = step @ self.state, step @ self.spread @ step.T + noise
        return float(self.state[0]), float(self.spread[0, 0]) + self.jitter

    def update(self, place: float) -> None:
        observe = np.array([[1.0, 0.0]])
        gain = self.spread @ observe.T / (self.spread[0, 0] + self.jitter)
        self.state = self.state + gain[:, 0] * (place - self.state[0])
        self.spread = self.spread - gain @ observe @ self.spread


def test_positions_and_scores_are_those_of_the_textbook() -> None:
    random = np.random.default_rng(4)
    size = (10**5, 10**5)
    model = MotionModel(Position(5000, 6000, 100), 0.0)
    noise = module._JITTER, module._FIRST_SPEED, module._PUSH
    # With equal widths, positions in widths and in pixels differ by a factor alone.
    x, y = Textbook(50, *noise), Textbook(60, *noise)
    width = Textbook(math.log(100), module._SIZE_JITTER, module._FIRST_GROWTH, module._GROWTH_PUSH)
    seconds = 0.0
    for passed in random.uniform(0.04, 0.4, 12):
        seconds += passed
        (mx, where), (my, _), (mw, how_wide) = (one.predict(passed) for one in (x, y, width))
        seen = Position(*(100 * (np.array([mx, my]) + random.normal(0, 0.4, 2))), 100.0)
        near = sum((place / 100 - mean) ** 2 for place, mean in ((seen.x, mx), (seen.y, my))) / where
        density = -near / 2 - math.log(2 * math.pi * where)
        wide = -((math.log(seen.width) - mw) ** 2) / how_wide / 2 - math.log(2 * math.pi * how_wide) / 2
        elsewhere = -math.log(size[0] * size[1] / seen.width**2) - math.log(module._SIZES)
        expected = max(-6.0, min(6.0, density + wide - elsewhere))
        assert model.likeness(seen, seconds, size) == pytest.approx(expected, abs=1e-6)
        model.update(seen, seconds)
        for one, observed in ((x, seen.x / 100), (y, seen.y / 100), (width, math.log(seen.width))):
            one.update(observed)
        assert model.position == pytest.approx((100 * x.state[0], 100 * y.state[0], math.exp(width.state[0])))


def test_sizes_are_followed_as_the_textbook_does() -> None:
    random = np.random.default_rng(5)
    model = MotionModel(MIDDLE, 0.0)
    width = Textbook(math.log(20), module._SIZE_JITTER, module._FIRST_GROWTH, module._GROWTH_PUSH)
    for number in range(1, 12):
        width.predict(0.1)
        seen = math.exp(math.log(20) + 0.05 * number + random.normal(0, 0.05))
        model.update(MIDDLE._replace(width=seen), number / 10)
        width.update(math.log(seen))
        assert model.position.width == pytest.approx(math.exp(width.state[0]))


def test_a_new_plate_may_move_two_widths_to_the_next_frame() -> None:
    assert reach(MotionModel(MIDDLE, 0.0), 0.1) == pytest.approx(2.0, rel=0.03)
    assert reach(MotionModel(MIDDLE, 0.0), 1.0) == pytest.approx(7.0, rel=0.03)
    assert growth(MotionModel(MIDDLE, 0.0), 1.0) == pytest.approx(1.45, rel=0.03)


def test_a_plate_that_kept_its_position_is_expected_near_it() -> None:
    model, last = kept()
    assert reach(model, last + 0.1) == pytest.approx(0.95, rel=0.03)
    assert reach(model, last + 2) == pytest.approx(4.5, rel=0.03)
    assert growth(model, last + 0.1) == pytest.approx(1.88, rel=0.03)


def test_a_standing_plate_is_still_expected_where_it_was_after_a_minute() -> None:
    model, last = kept()
    assert model.likeness(MIDDLE, last + 60, SIZE) < 0 < model.likeness(MIDDLE, last + 60, SIZE, standing=True)
    assert reach(model, last + 60, standing=True) == pytest.approx(0.63, rel=0.03)
    assert growth(model, last + 60, standing=True) == pytest.approx(2.02, rel=0.03)


def test_a_position_gives_at_most_six_for_or_against_a_plate() -> None:
    model, last = kept()
    assert model.likeness(MIDDLE, last + 0.1, (10**5, 10**5)) == 6.0
    assert model.likeness(Position(20, 20, 20), last + 0.1, SIZE) == -6.0


def test_a_picture_has_room_for_at_least_four_plates() -> None:
    def score(size: tuple[int, int]) -> float:
        return MotionModel(Position(40, 10, 80), 0.0).likeness(Position(40, 10, 80), 0.5, size)

    assert score((80, 20)) == score((80, 320)) < score((80, 400))


def test_a_plate_is_expected_further_on_and_no_more_when_it_has_left_the_picture() -> None:
    model = MotionModel(Position(100, 100, 40), 0.0)
    for number in range(1, 20):
        model.update(Position(100 + 20 * number, 100 + 4 * number, 40), number / 10)
    assert model.likeness(Position(500, 180, 40), 2.0, SIZE) == 6.0 > model.likeness(Position(470, 174, 40), 2.0, SIZE)
    assert model.likeness(Position(640, 208, 40), 3.5, SIZE) == -6.0
    assert model.likeness(Position(500, 180, 40), 2.0, (480, 360)) == -6.0


def test_growth_is_expected_to_go_on_within_a_factor_of_e() -> None:
    growing, shrinking = MotionModel(MIDDLE, 0.0), MotionModel(MIDDLE, 0.0)
    for number in range(1, 20):
        growing.update(MIDDLE._replace(width=20 * 1.1**number), number / 10)
        shrinking.update(MIDDLE._replace(width=200 / 1.1**number), number / 10)
    for model, factor in ((growing, math.e), (shrinking, 1 / math.e)):
        after = model._predict(60.0)[0].width / model.position.width
        assert after == pytest.approx(factor)


def test_a_frame_from_before_moves_nothing() -> None:
    model, last = kept()
    assert model._predict(last - 5) == (model.position, 0.0)
    model.rest(last - 5)
    assert model._predict(last + 1)[1] == pytest.approx(1.0)


def test_slow_is_less_than_half_a_width_a_second() -> None:
    def driven(widths: float) -> MotionModel:
        model = MotionModel(MIDDLE, 0.0)
        for number in range(1, 40):
            moved = widths * MIDDLE.width * number / 10
            model.update(Position(320 + 0.6 * moved, 180 + 0.8 * moved, 20), number / 10)
        return model

    assert driven(0.47).slow and not driven(0.53).slow
    moving = driven(2)
    moving.rest(4.0)
    assert moving.slow
    assert moving._predict(5.0) == (moving.position, 1.0)


def test_distances_are_in_mean_widths() -> None:
    assert Position(0, 0, 20).distance(Position(30, 40, 30)) == pytest.approx(2.0)


def test_a_plate_is_within_a_picture_while_half_of_it_is() -> None:
    for x, y in ((-10, 50), (50, -10), (210, 50), (50, 110)):
        assert Position(x, y, 40).within((200, 100))
    for x, y in ((-11, 50), (50, -11), (211, 50), (50, 111)):
        assert not Position(x, y, 40).within((200, 100))


def test_the_position_is_the_centre_and_the_width_along_the_text() -> None:
    assert position_of(make_plate("A", box=(10, 20, 40, 12))) == (30, 26, 40)
    tilted = replace(make_plate("A"), corners=((10, 10), (40, 50), (28, 59), (4, 27)))
    assert position_of(tilted) == (20.5, 36.5, 45)
    point = replace(make_plate("A"), corners=((5, 5),) * 4)
    assert position_of(point).width == 1


@pytest.mark.parametrize("at", [(4, 90), (295, 90), (150, 4), (150, 175)])
def test_a_plate_is_cut_within_a_pixel_and_3_hundredths_of_its_width_of_the_edge(at: tuple[int, int]) -> None:
    # The last pixel of a picture of 400 x 200 is (399, 199): each of these plates of 100 x 20 is 4 pixels from an edge.
    x, y = at
    assert not is_cut(make_plate("A", box=(x, y, 100, 20)), (400, 200))
    further = x + (x == 295) - (x == 4), y + (y == 175) - (y == 4)
    assert is_cut(make_plate("A", box=(*further, 100, 20)), (400, 200))


def test_inside_is_on_the_inner_side_of_all_four_edges() -> None:
    corners = ((10, 10), (50, 14), (48, 30), (8, 26))
    assert is_inside(Position(30, 20, 1), corners)
    for x, y in ((30, 11), (50, 22), (30, 29), (8, 18)):
        assert not is_inside(Position(x, y, 1), corners)
    assert is_inside(Position(10, 10, 1), corners)
