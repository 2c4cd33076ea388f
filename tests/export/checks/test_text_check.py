from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plate_export.checks import text_check
from plate_export.checks.text_check import Check, Examples, Limits, TextResult
from plate_export.network_outputs import NOTHING
from plate_export.targets import find
from plate_runtime.errors import AccuracyError, MissingPartError

ALPHABET = "0ABO"


def _result(texts: str, labels: str, confidence: float = 0.9) -> TextResult:
    """What a reader of these texts result."""
    rest = (1 - confidence) / (len(ALPHABET) - 1)
    probabilities = np.full((len(texts), len(ALPHABET)), rest, np.float32)
    probabilities[np.arange(len(texts)), [ALPHABET.index(text) for text in texts]] = confidence
    inputs = np.zeros((len(texts), 28, 28, 1), np.float32)
    return text_check.count_right(list(texts), probabilities, Examples(inputs, list(labels), np.ones(len(texts), bool)))


def _check(reference: str, found: str, labels: str, confidence: float = 0.9) -> Check:
    result = _result(found, labels, confidence)
    return text_check.compare(
        _result(reference, labels), result, labels, file="m-int8.tflite", backend="litert", version="2"
    )


def test_texts_are_counted_plain_folded_and_without_copies() -> None:
    examples = Examples(np.zeros((4, 28, 28, 1), np.float32), list("0ABO"), np.array([False, True, True, True]))
    result = text_check.count_right(list("0AA0"), np.eye(4, dtype=np.float32)[[0, 1, 1, 0]], examples)
    assert (result.texts, result.right, result.folded, result.unseen) == (list("0AA0"), 2, 3, 1)
    assert result.cer == 0.5


def test_what_changed_is_found() -> None:
    one = _check("AABB", "ABBA", "AABB", confidence=0.7)
    assert one.agreement == 0.5
    assert one.changed == (1, 3)
    assert one.classes == {"A": (2, 1), "B": (2, 1)}
    assert one.new_confusions == {("A", "B"): 1, ("B", "A"): 1}
    assert one.largest_difference == pytest.approx(0.9 - 0.1, abs=1e-6)


def test_nothing_changed_says_nothing() -> None:
    one = _check("AAB0", "AAB0", "AABB")
    assert (one.agreement, one.changed, one.classes, one.new_confusions) == (1.0, (), {}, {})
    assert one.largest_difference == 0


def test_old_confusions_are_not_new_ones() -> None:
    assert _check("BBBB", "BBBA", "ABBB").new_confusions == {("B", "A"): 1}


@given(st.integers(1, 5000), st.floats(0, 100), st.floats(0, 100))
def test_limits_are_what_the_percentages_say(count: int, accuracy: float, drop: float) -> None:
    limits = Limits(accuracy, drop)
    needed, allowed = limits.needed(count), limits.allowed(count)
    assert 100 * needed >= accuracy * count - 1e-4
    assert 100 * (needed - 1) < accuracy * count
    if count >= 200 or drop == 0:
        assert 100 * allowed <= drop * count + 1e-4
        assert 100 * (allowed + 1) > drop * count
    else:
        assert allowed == max(1, math.floor(drop * count / 100 + 1e-9))


@pytest.mark.parametrize(
    ("count", "drop", "allowed"),
    [(216, 0.5, 1), (199, 0.5, 1), (50, 0.5, 1), (1000, 0.5, 5), (400, 0.5, 2), (50, 0, 0)],
)
def test_half_a_point_or_one_picture(count: int, drop: float, allowed: int) -> None:
    assert Limits(max_drop=drop).allowed(count) == allowed


def test_within_the_limits_nothing_is_said() -> None:
    labels = "AB" * 50
    found = "AA" + labels[2:]
    text_check.judge(_result(labels, labels), [_check(labels, found, labels)], labels, Limits())


def test_below_the_h5_names_the_classes_that_broke() -> None:
    labels = "AB" * 50
    found = "AA" * 2 + labels[4:]
    with pytest.raises(AccuracyError) as caught:
        text_check.judge(_result(labels, labels), [_check(labels, found, labels)], labels, Limits())
    text = str(caught.value)
    assert caught.value.exit_code == 3
    assert "m-int8.tflite in litert reads 98 of 100 (98.0 %), the .h5 100, 1 fewer are allowed" in text
    assert "B (50 -> 48)" in text
    assert "A (" not in text


def test_below_the_minimum_names_the_weakest_classes() -> None:
    labels = "A" * 10 + "B" * 10
    texts = "A" * 10 + "B" * 8 + "AA"
    reference = _result(texts, labels)
    with pytest.raises(
        AccuracyError, match=r"the \.h5 itself reads 18 of 20 \(90\.0 %\), 95 % are needed.*B \(8 of 10\)"
    ):
        text_check.judge(reference, [_check(texts, texts, labels)], labels, Limits())
    text_check.judge(reference, [_check(texts, texts, labels)], labels, Limits(min_accuracy=90))


def test_better_than_the_h5_is_no_failure() -> None:
    labels = "AB" * 50
    reference = "AA" + labels[2:]
    text_check.judge(_result(reference, labels), [_check(reference, labels, labels)], labels, Limits(max_drop=0))


def test_synthetic_sets_count_confusable_characters_as_one() -> None:
    labels = "0O" * 50
    texts = "0" * 100
    reference, one = _result(texts, labels), _check(texts, "O" * 100, labels)
    text_check.judge(reference, [one], labels, Limits(folded=True))
    with pytest.raises(AccuracyError):
        text_check.judge(reference, [one], labels, Limits())


def test_several_failures_are_counted() -> None:
    labels = "AB" * 50
    bad = _check(labels, "B" * 100, labels)
    with pytest.raises(AccuracyError, match=r"\(and 2 more\)"):
        text_check.judge(_result(labels, labels), [bad, bad, bad], labels, Limits())


def test_every_installed_interpreter_of_a_target_checks_it() -> None:
    installed = {"litert": "2.3", "tflite": "2.14", "onnx": None}
    assert text_check.usable_backends(find("tflite", "int8"), installed) == ["litert", "tflite"]
    with pytest.raises(MissingPartError, match=r"int8\.onnx"):
        text_check.usable_backends(find("onnx", "int8"), installed)


def test_plates_are_compared_character_by_character() -> None:
    labels = ["AB0", "BBA", "A0"]
    reference, result = (
        text_check.count_right(
            texts, outputs, Examples(np.zeros((3, 48, 160, 1), np.float32), labels, np.ones(3, bool))
        )
        for texts, outputs in (
            (["AB0", "BBA", "A0"], np.zeros((3, 2, 5), np.float32)),
            (["AA0", "BA", "A00"], np.eye(5, dtype=np.float32)[None, :2].repeat(3, 0)),
        )
    )
    one = text_check.compare(reference, result, labels, file="m-int8.tflite", backend="litert", version="2")
    assert one.agreement == 0
    assert one.classes == {"B": (3, 1)}
    assert one.new_confusions == {("B", "A"): 1, ("B", NOTHING): 1, (NOTHING, "0"): 1}
    assert one.largest_difference == pytest.approx(np.e / (np.e + 4) - 0.2)
    with pytest.raises(AccuracyError, match=r"reads 0 of 3 .* worse at B \(3 -> 1\)"):
        text_check.judge(reference, [one], labels, Limits())


def test_scores_are_those_of_the_file() -> None:
    labels = "AB" * 4
    checks = [_check(labels, "B" * 8, labels), _check(labels, labels, labels)]
    (score, other) = text_check.scores(checks, "m-int8.tflite", "set/val", "d1")
    assert (score.set, score.digest, score.count, score.right, score.backend) == ("set/val", "d1", 8, 4, "litert")
    assert other.right == 8
    assert text_check.scores(checks, "m-float32.tflite", "set/val", "d1") == ()


def test_a_failure_names_figures_and_what_to_do() -> None:
    labels = "AB" * 50
    with pytest.raises(AccuracyError) as caught:
        text_check.judge(_result(labels, labels), [_check(labels, "B" * 100, labels)], labels, Limits())
    assert str(caught.value) == (
        "nothing was published: m-int8.tflite in litert reads 50 of 100 (50.0 %), the .h5 100, 1 fewer are allowed, "
        "worse at A (50 -> 0); train again, or change --min-accuracy or --max-drop"
    )


def test_at_most_six_broken_characters_are_named_the_worst_first() -> None:
    letters = "0123456789ABCDEF"
    labels = [one * 10 for one in letters]
    lost = [one * (10 - number) + "Z" * number for number, one in enumerate(letters[:9])]
    reference, result = (
        text_check.count_right(
            texts, np.zeros((16, 10, 36), np.float32), Examples(np.zeros((16, 1, 1, 1)), labels, np.ones(16, bool))
        )
        for texts in (labels, [*lost, *labels[9:]])
    )
    one = text_check.compare(reference, result, labels, file="m.tflite", backend="litert", version="2")
    with pytest.raises(AccuracyError) as caught:
        text_check.judge(reference, [one], labels, Limits(min_accuracy=10))
    assert "worse at 8 (10 -> 2), 7 (10 -> 3), 6 (10 -> 4), 5 (10 -> 5), 4 (10 -> 6), 3 (10 -> 7) and 2 others;" in str(
        caught.value
    )


def test_the_weakest_characters_are_named_by_their_fraction() -> None:
    labels = [*"BBBBAAAAAAAA0000"]
    texts = [*"BBBAAAAAAAABO000"]
    examples = Examples(np.zeros((16, 1, 1, 1)), labels, np.ones(16, bool))
    reference = text_check.count_right(texts, np.zeros((16, 36), np.float32), examples)
    with pytest.raises(AccuracyError, match=r"weakest are 0 \(3 of 4\), B \(3 of 4\), A \(7 of 8\);"):
        text_check.judge(reference, [], labels, Limits(min_accuracy=90))
    with pytest.raises(AccuracyError, match=r"weakest are B \(3 of 4\), A \(7 of 8\);"):
        text_check.judge(reference, [], labels, Limits(min_accuracy=90, folded=True))


def test_a_folded_count_has_its_own_limits_and_defaults_are_those_of_a_character() -> None:
    assert (Limits().min_accuracy, Limits().max_drop, Limits().folded) == (95.0, 0.5, False)
    assert text_check.MINIMUM == {"character": 95.0, "plate": 80.0, "detector": 90.0}
