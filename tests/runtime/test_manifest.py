"""The manifest: what it takes, what it refuses."""

from __future__ import annotations

import contextlib
import dataclasses
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plate_runtime.alphabet import ALPHABET
from plate_runtime.errors import ModelError
from plate_runtime.manifest import InputSpec, Manifest, Quantisation, Score


def manifest(**changes: Any) -> Manifest:
    described: dict[str, Any] = {
        "kind": "character",
        "name": "plate-character",
        "version": "1.2.3",
        "alphabet": ALPHABET,
        "input": InputSpec(dtype="int8", polarity="any"),
        "precision": "int8",
        "quantisation": Quantisation(1 / 255, -128, 1 / 256, -128),
        "training": {"kind": "drawn", "seeds": [1, 2]},
        "scores": (Score("val", "0" * 64, 216, 212, 214, "litert", "2.3.0"),),
    }
    return Manifest(**{**described, **changes})


def test_it_survives_the_way_through_json() -> None:
    assert Manifest.from_json(manifest().to_json()) == manifest()


def test_keys_of_a_later_minor_version_are_ignored() -> None:
    raw = json.loads(manifest().to_json())
    raw.update(manifest_version="1.7", colour_of_the_sky="blue")
    raw["input"]["gamma"] = 2.2
    assert Manifest.from_json(json.dumps(raw)).name == "plate-character"


def test_a_plate_model_has_steps_and_one_class_more() -> None:
    plate = manifest(kind="plate", decoding="ctc", steps=40)
    assert plate.output_shape == (40, 37)
    assert Manifest.from_json(plate.to_json()) == plate
    assert manifest().output_shape == (36,)


def test_a_detector_has_cells_of_several_sizes() -> None:
    spec = InputSpec(shape=(384, 640, 1), polarity="any", resize="fit")
    changes: dict[str, Any] = {"precision": "float32", "quantisation": None, "thresholds": {"min_detection": 0.4}}
    detector = manifest(kind="detector", alphabet="", decoding="corners", strides=(8, 16, 32), input=spec, **changes)
    assert detector.output_shape == (5040, 9)
    assert Manifest.from_json(detector.to_json()) == detector


def detector_quantisation(**changes: Any) -> Manifest:
    spec = InputSpec(shape=(384, 640, 1), dtype="int8", polarity="any", resize="fit")
    own: dict[str, Any] = {"value_scales": (0.02,) * 9, "value_zero_points": (-36, *range(8)), **changes}
    quantisation = Quantisation(1 / 255, -128, 0.05, -128, **own)
    return manifest(
        kind="detector", alphabet="", decoding="corners", strides=(8, 16, 32), input=spec, quantisation=quantisation
    )


def test_values_of_a_detector_may_have_scales_of_their_own() -> None:
    detector = detector_quantisation()
    assert Manifest.from_json(detector.to_json()) == detector


def test_a_file_from_before_scales_of_values_reads_as_it_was() -> None:
    raw = json.loads(detector_quantisation().to_json())
    del raw["quantisation"]["value_scales"], raw["quantisation"]["value_zero_points"]
    assert Manifest.from_json(json.dumps(raw)).quantisation == Quantisation(1 / 255, -128, 0.05, -128)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"value_scales": (0.02,) * 8, "value_zero_points": (0,) * 8}, "value_scales"),
        ({"value_scales": (0.0,) * 9}, "value_scales"),
        ({"value_scales": ()}, "value_zero_points"),
        ({"value_zero_points": (200,) * 9}, "value_zero_points"),
        ({"value_zero_points": (0.5,) * 9}, "value_zero_points"),
    ],
)
def test_scales_of_values_that_make_no_sense_are_refused(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(ModelError, match=named):
        detector_quantisation(**changes)


def test_texts_have_no_scales_of_values() -> None:
    own = Quantisation(1 / 255, -128, 0.05, -128, (0.1,) * 9, (0,) * 9)
    with pytest.raises(ModelError, match="value_scales"):
        manifest(quantisation=own)


def test_a_file_from_before_detectors_reads_as_it_was() -> None:
    raw = json.loads(manifest(manifest_version="1.1").to_json())
    del raw["strides"], raw["scores"][0]["frames"], raw["scores"][0]["false"]
    old = Manifest.from_json(json.dumps(raw))
    assert (old.strides, old.scores[0].frames, old.manifest_version) == ((), 0, "1.1")


def test_a_file_from_before_plates_reads_as_it_was() -> None:
    raw = json.loads(manifest(manifest_version="1.0").to_json())
    del raw["steps"], raw["input"]["contrast"]
    old = Manifest.from_json(json.dumps(raw))
    assert (old.steps, old.input.contrast, old.manifest_version) == (0, "as-is", "1.0")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"manifest_version": "2.0"}, "2.0"),
        ({"kind": "cat"}, "kind"),
        ({"alphabet": "AAB"}, "alphabet"),
        ({"alphabet": None}, "alphabet"),
        ({"alphabet": "AB\t"}, "alphabet"),
        ({"alphabet": "AB "}, "alphabet"),
        ({"temperature": 0}, "temperature"),
        ({"temperature": "warm"}, "temperature"),
        ({"temperature": 1e-45}, "temperature"),
        ({"temperature": 1e30}, "temperature"),
        ({"thresholds": {"min_confidence": 3}}, "thresholds"),
        ({"quantisation": None}, "quantisation"),
        ({"input": {"shape": [28, 28, 3]}}, "colour"),
        ({"input": {"shape": [28, -1, 1]}}, "shape"),
        ({"input": {"shape": 28}}, "iterable"),
        ({"input": {"scale": 0}}, "scale"),
        ({"input": {"resize": "crumple"}}, "resize"),
        ({"precision": "int4"}, "precision"),
        ({"input": {"contrast": "loud"}}, "contrast"),
        ({"decoding": "oracle"}, "decoding"),
        ({"decoding": "ctc", "steps": 20}, "decoding"),
        ({"kind": "plate"}, "decoding"),
        ({"kind": "plate", "decoding": "ctc"}, "steps"),
        ({"kind": "plate", "decoding": "slots", "steps": 10.0}, "steps"),
        ({"kind": "plate", "decoding": "slots", "steps": True}, "steps"),
        ({"kind": "plate", "decoding": "slots", "steps": -1}, "steps"),
        ({"steps": 1}, "steps"),
        ({"strides": [8]}, "strides"),
        ({"strides": 8}, "iterable"),
        ({"alphabet": ""}, "alphabet"),
        ({"kind": "detector", "decoding": "corners"}, "alphabet"),
        ({"kind": "detector", "alphabet": "", "strides": [4]}, "decoding"),
        ({"kind": "detector", "alphabet": "", "decoding": "corners"}, "strides"),
        ({"kind": "detector", "alphabet": "", "decoding": "corners", "strides": [8]}, "strides"),
        ({"kind": "detector", "alphabet": "", "decoding": "corners", "strides": [4.0]}, "strides"),
        ({"kind": "detector", "alphabet": "", "decoding": "corners", "strides": [0]}, "strides"),
        ({"sha256": "short"}, "sha256"),
        ({"scores": [{"set": "val"}]}, "incomplete"),
        ({"name": ""}, "name"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(change: dict[str, Any], named: str) -> None:
    raw = json.loads(manifest().to_json())
    for key, value in change.items():
        raw[key] = {**raw[key], **value} if key == "input" else value
    with pytest.raises(ModelError, match=named):
        Manifest.from_json(json.dumps(raw))


@pytest.mark.parametrize("missing", ["kind", "name", "version", "alphabet", "input"])
def test_a_missing_key_is_refused(missing: str) -> None:
    raw = json.loads(manifest().to_json())
    del raw[missing]
    with pytest.raises(ModelError, match=missing):
        Manifest.from_json(json.dumps(raw))


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
def test_any_json_is_a_manifest_or_a_model_error(value: object) -> None:
    with pytest.raises(ModelError):
        Manifest.from_json(json.dumps(value))


@given(
    st.sampled_from([f.name for f in dataclasses.fields(Manifest)]),
    st.none() | st.integers() | st.text() | st.lists(st.integers()),
)
def test_any_value_for_any_key_is_taken_or_a_model_error(name: str, value: object) -> None:
    raw = {**json.loads(manifest().to_json()), name: value}
    with contextlib.suppress(ModelError):
        Manifest.from_json(json.dumps(raw))


DIGITS = 10**400
WILD = [
    ("temperature", DIGITS), ("steps", DIGITS), ("strides", [DIGITS]), ("strides", [8] * 100_000), ("name", "\ud800"),
    ("alphabet", "\ud800A"), ("version", "1\n2"), ("name", "x" * 10_000), ("licence", None), ("training", 5),
    ("training", {"a": DIGITS}), ("training", {"a": "\udfff"}), ("training", {"\udfff": 1}), ("scores", [[]]),
    ("scores", 7), ("thresholds", {"min_confidence": DIGITS}), ("thresholds", 3), ("sha256", "z" * 64), ("kind", ["x"]),
    ("alphabet", "".join(map(chr, range(0x4E00, 0x5E00)))),
]  # fmt: skip


@pytest.mark.parametrize(("key", "value"), WILD)
def test_wild_values_are_refused_in_one_sentence(key: str, value: object) -> None:
    raw = {**json.loads(manifest().to_json()), key: value}
    with pytest.raises(ModelError) as refused:
        Manifest.from_json(json.dumps(raw))
    assert len(str(refused.value)) < 400 and str(refused.value).isprintable()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("shape", [28, 28, DIGITS]),
        ("shape", [28, 28, True]),
        ("scale", DIGITS),
        ("scale", 1e-300),
        ("shape", [4096] * 9),
    ],
)
def test_wild_inputs_are_refused(key: str, value: object) -> None:
    raw = json.loads(manifest().to_json())
    raw["input"][key] = value
    with pytest.raises(ModelError):
        Manifest.from_json(json.dumps(raw))


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"a":' * 100_000, '{"a": ' + "9" * 5000 + "}", "\ufeff{", " " * 5_000_000]
)
def test_texts_that_break_parsers_are_model_errors(text: str) -> None:
    with pytest.raises(ModelError, match="the manifest is not valid"):
        Manifest.from_json(text)


def test_training_that_is_nested_deep_is_refused() -> None:
    nested = "[" * 500 + "]" * 500
    with pytest.raises(ModelError, match="training"):
        Manifest.from_json(manifest().to_json().replace('"seeds":[1,2]', f'"seeds":{nested}'))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(DIGITS),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
KEYS = [f.name for f in dataclasses.fields(Manifest)]


@given(
    st.dictionaries(st.sampled_from(KEYS), JSON, min_size=1), st.dictionaries(st.sampled_from(["shape", "scale"]), JSON)
)
def test_what_is_taken_is_written_and_read_again(changes: dict[str, Any], spec: dict[str, Any]) -> None:
    raw = json.loads(manifest().to_json())
    raw.update(changes)
    if isinstance(raw["input"], dict):
        raw["input"].update(spec)
    with contextlib.suppress(ModelError):
        taken = Manifest.from_json(json.dumps(raw))
        assert Manifest.from_json(taken.to_json()) == taken
