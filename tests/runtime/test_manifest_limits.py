"""Each value of a manifest has its limits, and an error names the value."""

from __future__ import annotations

from typing import Any

import pytest

from plate_runtime.alphabet import ALPHABET
from plate_runtime.errors import ModelError
from plate_runtime.manifest import InputSpec, Manifest, Quantisation, Score

DETECTOR = {
    "kind": "detector", "alphabet": "", "decoding": "corners", "strides": (8,),
    "input": InputSpec(shape=(384, 640, 1), polarity="any", resize="fit"),
}  # fmt: skip
PLATE = {"kind": "plate", "decoding": "ctc", "steps": 40}


def manifest(**changes: Any) -> Manifest:
    described: dict[str, Any] = {
        "kind": "character", "name": "n", "version": "1", "alphabet": ALPHABET, "input": InputSpec(),
        "precision": "float32",
    }  # fmt: skip
    return Manifest(**{**described, **changes})


def letters(count: int) -> str:
    """So many different printable characters."""
    return "".join(chr(0x4E00 + number) for number in range(count))


def nested(depth: int) -> Any:
    return [nested(depth - 1)] if depth else 1


@pytest.mark.parametrize(
    ("fits", "refused", "name"),
    [
        ({"name": "n" * 200}, {"name": "n" * 201}, "name"),
        ({"name": "n"}, {"name": ""}, "name"),
        ({"version": "1 a"}, {"version": "1\n"}, "version"),
        ({"licence": "MIT"}, {"licence": 5}, "licence"),
        ({"alphabet": letters(1000)}, {"alphabet": letters(1001)}, "alphabet"),
        ({"alphabet": "AB"}, {"alphabet": "A B"}, "alphabet"),
        ({"alphabet": "AB"}, {"alphabet": "A\x00"}, "alphabet"),
        ({"alphabet": "A"}, {"alphabet": ""}, "alphabet"),
        ({**DETECTOR}, {**DETECTOR, "alphabet": "A"}, "alphabet"),
        ({"precision": "float32"}, {"precision": "float16"}, "precision"),
        ({"decoding": "softmax"}, {"decoding": "other"}, "decoding"),
        ({"decoding": "softmax"}, {"decoding": "ctc"}, "decoding"),
        ({**PLATE, "decoding": "slots"}, {**PLATE, "decoding": "softmax"}, "decoding"),
        ({**PLATE, "steps": 4096}, {**PLATE, "steps": 4097}, "steps"),
        ({**PLATE, "steps": 1}, {**PLATE, "steps": 0}, "steps"),
        ({**PLATE}, {**PLATE, "steps": 1.0}, "steps"),
        ({"steps": 0}, {"steps": 1}, "steps"),
        ({**DETECTOR, "strides": (64,) * 8}, {**DETECTOR, "strides": (64,) * 9}, "strides"),
        ({**DETECTOR, "strides": (128,)}, {**DETECTOR, "strides": (7,)}, "strides"),
        ({**DETECTOR, "strides": (128,)}, {**DETECTOR, "strides": (256,)}, "strides"),
        ({**DETECTOR}, {**DETECTOR, "strides": ()}, "strides"),
        ({**DETECTOR}, {**DETECTOR, "strides": [8]}, "strides"),
        ({**DETECTOR}, {**DETECTOR, "strides": (8, 0)}, "strides"),
        ({"strides": ()}, {"strides": (7,)}, "strides"),
        ({"temperature": 0.001}, {"temperature": 0.00099}, "temperature"),
        ({"temperature": 1000}, {"temperature": 1000.1}, "temperature"),
        ({"thresholds": {"a": 0, "b": 1}}, {"thresholds": {"a": 1.01}}, "thresholds"),
        ({"thresholds": {}}, {"thresholds": {"a": -0.01}}, "thresholds"),
        ({"training": {"a": nested(97)}}, {"training": {"a": nested(99)}}, "training"),
        ({"training": {"a": None, "b": True, "c": "ä"}}, {"training": {"a": "\ud800"}}, "training"),
        ({"training": {}}, {"training": []}, "training"),
        ({"sha256": "a" * 64}, {"sha256": "A" * 64}, "sha256"),
        ({"sha256": "0" * 64}, {"sha256": "0" * 65}, "sha256"),
    ],
)  # fmt: skip
def test_a_value_at_its_limit_fits_and_the_next_is_refused(
    fits: dict[str, Any], refused: dict[str, Any], name: str
) -> None:
    manifest(**fits)
    with pytest.raises(ModelError, match=f"^the manifest is not valid: {name}$"):
        manifest(**refused)


@pytest.mark.parametrize(
    ("fits", "refused", "name"),
    [
        ({"shape": (4096, 1, 1)}, {"shape": (4097, 1, 1)}, "shape"),
        ({"shape": (1, 4096, 1)}, {"shape": (0, 1, 1)}, "shape"),
        ({"shape": (1, 1, 1)}, {"shape": (1, 1)}, "shape"),
        ({"shape": (1, 1, 1)}, {"shape": (1, 1.0, 1)}, "shape"),
        ({"colour": "gray"}, {"shape": (1, 1, 3)}, "colour"),
        ({"colour": "gray"}, {"colour": "rgb"}, "colour"),
        ({"layout": "NHWC"}, {"layout": "NCHW"}, "layout"),
        ({"dtype": "int8"}, {"dtype": "uint8"}, "dtype"),
        ({"scale": 1e-12}, {"scale": 0.9e-12}, "scale"),
        ({"scale": 1e6}, {"scale": 1.1e6}, "scale"),
        ({"polarity": "any"}, {"polarity": "dark"}, "polarity"),
        ({"resize": "pad"}, {"resize": "cut"}, "resize"),
        ({"contrast": "standardise"}, {"contrast": "more"}, "contrast"),
    ],
)  # fmt: skip
def test_the_input_has_limits(fits: dict[str, Any], refused: dict[str, Any], name: str) -> None:
    InputSpec(**fits)
    with pytest.raises(ModelError, match=f"^the manifest is not valid: input.{name}$"):
        InputSpec(**refused)


@pytest.mark.parametrize(
    ("place", "fits", "refused", "name"),
    [
        (0, 1e-12, 0.0, "input_scale"), (0, 1e6, 2e6, "input_scale"), (0, 1, True, "input_scale"),
        (1, -128, -129, "input_zero_point"), (1, 127, 128, "input_zero_point"), (1, 0, 0.0, "input_zero_point"),
        (2, 1e-12, float("nan"), "output_scale"), (2, 1.0, "1", "output_scale"),
        (3, -128, -129, "output_zero_point"), (3, 127, True, "output_zero_point"),
    ],
)  # fmt: skip
def test_scales_and_zero_points_have_limits(place: int, fits: Any, refused: Any, name: str) -> None:
    values: list[Any] = [0.1, 0, 0.1, 0]
    values[place] = fits
    Quantisation(*values)
    values[place] = refused
    with pytest.raises(ModelError, match=f"^the manifest is not valid: quantisation.{name}$"):
        Quantisation(*values)


@pytest.mark.parametrize("name", ["count", "right", "folded", "frames", "false"])
def test_counts_of_a_score_have_limits(name: str) -> None:
    words: dict[str, Any] = {"set": "s", "digest": "d", "backend": "b", "backend_version": "v"}
    counts: dict[str, Any] = {"count": 1, "right": 1, "folded": 1}
    for value in (0, 10**12):
        Score(**words, **{**counts, name: value})
    for value in (-1, 10**12 + 1, 1.0, True):
        with pytest.raises(ModelError, match=f"^the manifest is not valid: scores.{name}$"):
            Score(**words, **{**counts, name: value})


@pytest.mark.parametrize("name", ["set", "digest", "backend", "backend_version", "reader"])
def test_words_of_a_score_have_limits(name: str) -> None:
    words: dict[str, Any] = {"set": "s", "digest": "d", "backend": "b", "backend_version": "v"}
    Score(**{**words, name: "x" * 200}, count=1, right=1, folded=1)
    for value in ("x" * 201, "a\nb", 5):
        with pytest.raises(ModelError, match=f"^the manifest is not valid: scores.{name}$"):
            Score(**{**words, name: value}, count=1, right=1, folded=1)


def test_an_int8_network_has_its_scales() -> None:
    with pytest.raises(ModelError, match=r"^the manifest is not valid: quantisation$"):
        manifest(input=InputSpec(dtype="int8"))
    manifest(input=InputSpec(dtype="int8"), quantisation=Quantisation(0.1, 0, 0.1, 0))


def test_an_output_has_at_most_16_million_numbers() -> None:
    shape = (4096, 4096, 1)
    large = {**DETECTOR, "input": InputSpec(shape=shape, polarity="any", resize="fit")}
    manifest(**{**large, "strides": (4,)})
    with pytest.raises(ModelError, match="an output of that size"):
        manifest(**{**large, "strides": (4, 4)})


def test_defaults_of_a_manifest() -> None:
    one = manifest()
    assert (one.steps, one.strides, one.temperature, one.licence) == (0, (), 1.0, "Apache-2.0")
    assert (one.thresholds, one.training, one.scores, one.quantisation) == ({"min_confidence": 0.5}, {}, (), None)
    assert one.sha256 == "0" * 64
    spec = one.input
    assert (spec.shape, spec.layout, spec.colour, spec.dtype) == ((28, 28, 1), "NHWC", "gray", "float32")
    assert (spec.scale, spec.polarity, spec.resize, spec.contrast) == (1 / 255, "light-on-dark", "stretch", "as-is")
    assert one.label == "n@1"


def test_a_manifest_is_at_most_4_mb_of_json() -> None:
    text = manifest().to_json()
    room = (4 << 20) - len(text)
    assert Manifest.from_json(text + " " * room) == manifest()
    with pytest.raises(ModelError, match="more than 4 MB"):
        Manifest.from_json(text + " " * (room + 1))
