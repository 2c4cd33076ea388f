"""Tables of the model cards: the facts that a model file states, and its scores in `benchmarks/results`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from typing import Any

from measuring import ROOT, markdown, result_rows

from plate_runtime.model_file import read_model_file

MODELS = ROOT / "runtime" / "plate_runtime" / "models"
NAMES = ("plate-detector", "plate-reader", "plate-reader-nano", "plate-character")
_KINDS = {
    "character": "reads one character",
    "plate": "reads one cropped plate",
    "detector": "detects plates in a frame",
}
_LOOKS = {
    "first look alone": "with the prior",
    "average with all cuts and turns": "with second looks",
    "average of all looks of both networks": "with second looks of both networks, the default",
}


def facts(name: str) -> str:
    """Return what the int8 file of a shipped model states about itself."""
    files = sorted(MODELS.glob(f"{name}-[0-9]*-int8.*"))
    (path,) = (file for file in files if file.suffix == ".tflite")
    manifest = asdict(read_model_file(path).manifest)
    given, training = manifest["input"], manifest["training"]
    height, width, _ = given["shape"]
    rules = ", ".join(given[key] for key in ("resize", "contrast") if given.get(key, "as-is") != "as-is")
    rows = [
        ["model", f"`{name}` {manifest['version']}: {_KINDS[manifest['kind']]}"],
        ["input", f"{width}x{height} {given['colour']}, {rules}; polarity {given['polarity']}"],
        ["output", f"`{manifest['decoding']}`, {_output(manifest)}"],
        ["network", _network(training)],
        ["files", ", ".join(f"`{file.name}` ({file.stat().st_size:,} bytes)" for file in files)],
        ["precision", manifest["precision"]],
        ["thresholds", ", ".join(f"`{key}` {value}" for key, value in manifest["thresholds"].items())],
        ["temperature", str(manifest["temperature"])],
        ["training data", _data(training)],
        ["scores in the file", "; ".join(_score(score) for score in manifest["scores"])],
        ["licence", manifest["licence"]],
    ]  # fmt: skip
    return markdown([["", f"from the manifest of `{path.name}`"], *(row for row in rows if row[1])])


def crops(name: str) -> str:
    """Return how many crops a reader reads right, with O=0 and I=1: by network alone, prior and second looks."""
    prior = [row for row in result_rows("prior") if row["model"] == name]
    looks = [row for row in result_rows("crop-looks") if row["reader"] == name and row["below"] in ("", "0.8")]
    shown = [look for look in _LOOKS if look in {row["looks"] for row in looks}]
    table = [["crops", "count", "network alone", *(_LOOKS[look] for look in shown)]]
    for one in dict.fromkeys(row["set"] for row in prior if row["set"].startswith("plates-")):
        count = sum(int(row["count"]) for row in prior if row["set"] == one)
        alone = sum(int(row["network"]) for row in prior if row["set"] == one)
        by_look = {row["looks"]: row for row in looks if row["set"] == one}
        right = [sum(int(by_look[look][f"right_{half}_half"]) for half in ("first", "second")) for look in shown]
        table.append([
            f"`{one}`", str(count), f"{alone} ({alone / count:.1%})", *(f"{n} ({n / count:.1%})" for n in right),
        ])  # fmt: skip
    return markdown(table)


def _output(manifest: Mapping[str, Any]) -> str:
    if manifest["kind"] == "detector":
        return f"cells of {', '.join(map(str, manifest['strides']))} pixels, 9 values each"
    classes = len(manifest["alphabet"])
    return (
        f"{manifest['steps']} steps of {classes + 1} classes" if manifest["kind"] == "plate" else f"{classes} classes"
    )


def _network(training: Mapping[str, Any]) -> str:
    if "parameters" not in training:
        return ""
    return f"{training['parameters']:,} parameters, {training['multiply_adds'] / 1e6:.1f} million multiply-adds a run"


def _data(training: Mapping[str, Any]) -> str:
    """Return how many synthetic pictures were used; no shipped model was trained on a photograph."""
    fonts = f"fonts: {len(training['fonts'])} packages"
    if "step" in training:
        used = training["step"] * training["settings"]["batch"]
        pictures = round(used // training["settings"]["uses"], -3)
        return f"synthetic only: about {pictures:,} pictures, {used:,} uses in {training['step']:,} steps; {fonts}"
    return f"synthetic only: {training['sets']['train']['count']:,} pictures, {training['epochs']} epochs; {fonts}"


def _score(score: Mapping[str, Any]) -> str:
    text = f"`{score['set']}`: {score['right']:,} of {score['count']:,}"
    if score.get("frames"):
        return f"{text} found in {score['frames']} frames, {score['false']} detections outside the labels"
    return f"{text} exact, {score['folded']:,} with O=0 and I=1"


TABLES = {f"facts-{name}": partial(facts, name) for name in NAMES}
TABLES |= {f"crops-{name}": partial(crops, name) for name in NAMES if name.startswith("plate-reader")}
"""What stands after `figures:` -> the function that makes the table."""
