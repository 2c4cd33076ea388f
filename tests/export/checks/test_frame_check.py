"""The gate of a detector: what is counted, and at which figures an export is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from plate_export.check_sets.scene_set import Frames
from plate_export.checks import frame_check
from plate_export.checks.frame_check import Found, FrameCheck, compare, count_found, judge, more_false
from plate_export.checks.frame_texts import FoundPlate
from plate_export.checks.text_check import Limits
from plate_runtime.errors import AccuracyError
from plate_runtime.evaluate import DetectionScore
from plate_runtime.results import Corners, Detection


def box(x: float, y: float = 0, width: float = 40) -> Corners:
    return ((x, y), (x + width, y), (x + width, y + 10), (x, y + 10))


def seen(x: float, text: str | None = None, confidence: float = 0.9) -> FoundPlate:
    return FoundPlate(Detection(box(x), confidence), text)


def frames(count: int) -> Frames:
    """Frames with a plate "AB1" at 0 and one without a text at 100; another at 200 does not count."""
    empty = np.zeros((count, 8, 8), np.uint8)
    plates = [[(box(0), "AB1"), (box(100), "")]] * count
    return Frames(empty, [""] * count, [""] * count, plates=plates, ignored=[[(box(200), "")]] * count)


def outputs(count: int, logit: float = 0.0) -> np.ndarray:
    return np.full((count, 5, 9), logit, np.float32)


def found(*plates: list[FoundPlate], logit: float = 0.0) -> Found:
    return count_found(list(plates), outputs(len(plates), logit), frames(len(plates)))


def scored(right: int, outside: int = 0, count: int = 1000, of: int = 1000) -> Found:
    return replace(found([]), score=DetectionScore(count, of, right, outside))


def check(right: int, outside: int = 0, **more: int) -> FrameCheck:
    return FrameCheck("d-int8.tflite", "litert", "2", scored(right, outside, **more), 1.0, 0.0, ())


def test_plates_texts_and_false_detections_are_counted() -> None:
    result = found([seen(1, "AB1"), seen(101, "XY"), seen(201), seen(300), seen(400)], [seen(0, "AB7")], [])
    assert result.score == DetectionScore(frames=3, plates=6, found=3, outside=2)
    assert result.read == 1, "a text counts if it is the label's, and only where there is a label"
    assert [one.found for one in result.matches] == [(0, 1), (0, None), (None, None)]


def test_what_changed_is_found() -> None:
    before = found([seen(0), seen(100)], [seen(0)], [seen(0), seen(300)], [seen(0)])
    after = found([seen(0)], [seen(100)], [seen(0), seen(300), seen(400)], [seen(2)], logit=3.0)
    one = compare(before, after, 1.5, file="d.tflite", backend="litert", version="2")
    assert one.agreement == 5 / 8
    assert one.changed == (0, 1, 2)
    assert one.largest_difference == pytest.approx(1 / (1 + np.exp(-2)) - 0.5)
    assert compare(after, before, 1.5, file="d", backend="b", version="2").largest_difference == one.largest_difference
    assert (one.file, one.backend, one.version) == ("d.tflite", "litert", "2")
    assert one.result.score == after.score


def test_of_the_outputs_the_first_sixteen_are_kept_as_a_copy() -> None:
    many = found(*[[]] * 20)
    one = compare(many, many, 1.0, file="d", backend="b", version="2")
    assert one.result.outputs.shape == (16, 5, 9)
    assert not np.shares_memory(one.result.outputs, many.outputs)
    assert (one.agreement, one.largest_difference, one.changed) == (1.0, 0.0, ())


def test_any_logit_has_a_confidence() -> None:
    with np.errstate(all="raise"):
        one = compare(found([], logit=-1e6), found([], logit=1e6), 1.0, file="d", backend="b", version="2")
    assert one.largest_difference == pytest.approx(1.0)


class TestLimits:
    def test_half_a_point_fewer_is_allowed_and_no_more(self) -> None:
        judge(scored(950), [check(945)], Limits(90))
        with pytest.raises(AccuracyError, match=r"finds 944 of 1000 .*94\.4 %\), the \.h5 950, 5 fewer are allowed"):
            judge(scored(950), [check(944)], Limits(90))

    def test_the_minimum_holds_for_the_h5_and_for_each_file(self) -> None:
        judge(scored(900), [check(900)], Limits(90))
        with pytest.raises(AccuracyError, match=r"the \.h5 itself finds 899 of 1000 .*89\.9 %\), 90 % are needed"):
            judge(scored(899), [check(900)], Limits(90))
        with pytest.raises(AccuracyError, match=r"d-int8\.tflite in litert finds 899 of 1000 .*, 90 % are needed"):
            judge(scored(900), [check(899)], Limits(90))

    def test_false_detections_may_grow_a_little(self) -> None:
        judge(scored(950, 10), [check(950, 15)], Limits(90))
        with pytest.raises(AccuracyError) as refused:
            judge(scored(950, 10), [check(950, 16)], Limits(90))
        said = str(refused.value)
        assert "d-int8.tflite in litert has 16 detections on no plate in 1000 frames, the .h5 10, 5 more are" in said
        assert "are allowed; train again" in said
        assert said.startswith("nothing was published: ") and "--min-accuracy or --max-drop" in said
        assert " more)" not in said

    def test_several_failures_are_counted(self) -> None:
        with pytest.raises(AccuracyError, match=r"finds 0 of .* \(and 2 more\); "):
            judge(scored(950, 0), [check(0, 50), check(950, 50)], Limits(90))

    @pytest.mark.parametrize(
        ("count", "outside", "drop", "more"),
        [(1000, 0, 0.5, 5), (1000, 59, 0.5, 5), (1000, 60, 0.5, 6), (100, 0, 0.5, 1), (399, 0, 0.5, 1),
         (400, 0, 0.5, 2), (1000, 100, 0, 0), (10, 0, 0.1, 1)],
    )  # fmt: skip
    def test_the_largest_of_one_half_a_point_and_a_tenth(
        self, count: int, outside: int, drop: float, more: int
    ) -> None:
        assert more_false(Limits(max_drop=drop), DetectionScore(count, 10, 10, outside)) == more


def test_scores_are_those_of_the_file_with_its_reader() -> None:
    checks = [check(940, 7), replace(check(930), file="d-float32.tflite")]
    (score,) = frame_check.scores(checks, "d-int8.tflite", "set/val", "d1", "plate-reader@1.0.0")
    assert (score.set, score.digest, score.count, score.right, score.folded) == ("set/val", "d1", 1000, 940, 940)
    assert (score.backend, score.backend_version) == ("litert", "2")
    assert (score.frames, score.false, score.reader) == (1000, 7, "plate-reader@1.0.0")


def test_a_found_plate_comes_back_from_json() -> None:
    for one in (seen(3, "AB1", 0.75), seen(3)):
        assert FoundPlate.from_json([[list(point) for point in one.detection.corners], *one.to_json()[1:]]) == one
