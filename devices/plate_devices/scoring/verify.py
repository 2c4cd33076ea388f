"""Recomputes scores on a labelled set and compares them with the scores in a model file."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from plate_devices.scoring.crops import evaluate
from plate_devices.scoring.frames import evaluate_frames
from plate_devices.scoring.labelled_sets import candidates
from plate_devices.status_line import progress
from plate_runtime.backends import installed
from plate_runtime.errors import DataError, MissingPartError
from plate_runtime.labels import by_picture, set_digest
from plate_runtime.model_file import read_model_file
from plate_runtime.reader import PlateReader
from plate_runtime.script import LATIN

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from plate_runtime.labels import LabelledPicture
    from plate_runtime.manifest import Manifest, Score


@dataclass(frozen=True)
class Counts:
    """Counts of a score, see `manifest.Score`: pictures of a reader, plates in `frames` of a detector."""

    count: int
    right: int
    folded: int
    frames: int = 0
    false: int = 0


class Checked(NamedTuple):
    """A recorded score, the version of the backend, and the new counts; None if the backend is not installed."""

    recorded: Score
    version: str | None
    found: Counts | None

    @property
    def same(self) -> bool:
        """Whether all counts equal the recorded ones."""
        return self.found is not None and self.found == _counts(self.recorded)

    def describe(self) -> dict[str, Any]:
        """Return the check for the JSON of plate-eval."""
        recorded, found = self.recorded, self.found
        return {
            "set": recorded.set,
            "backend": recorded.backend,
            "recorded": {**_described(_counts(recorded)), "backend_version": recorded.backend_version},
            "recomputed": found and {**_described(found), "backend_version": self.version},
            "same": self.same if found else None,
        }


def verify(model: Path, data: Path, backend: str = "auto", threads: int = 1) -> list[Checked]:
    """Recompute every score that `model` records for the pictures in `data`.

    Args:
        backend: check only scores of this backend; "auto" means all.

    Raises:
        ModelError: the file is damaged.
        DataError: no score is recorded for these pictures.
        MissingPartError: no interpreter of a score is installed.
    """
    manifest = read_model_file(model).manifest
    name, rows, scores = _recorded(model, manifest, data, backend)
    versions = installed()
    checked = []
    for score in scores:
        version = versions.get(score.backend)
        found = _score(model, name, rows, score.backend, threads) if version else None
        checked.append(Checked(score, version, found))
    if not any(one.found for one in checked):
        names = ", ".join(sorted({score.backend for score in scores}))
        raise MissingPartError(f"none of the interpreters that scored {model} is installed: {names}")
    return checked


def _recorded(
    model: Path, manifest: Manifest, data: Path, backend: str
) -> tuple[str, list[LabelledPicture], list[Score]]:
    """Return name, rows and recorded scores of the set in `data`; for readers the rows with a text."""
    wanted = [score for score in manifest.scores if backend in ("auto", score.backend)]
    if not wanted:
        raise DataError(f"{model} records no scores{'' if backend == 'auto' else f' in {backend}'}")
    digests = []
    for labelled in candidates(data, LATIN if manifest.kind == "detector" else manifest.script):
        rows = labelled.rows if manifest.kind == "detector" else labelled.pictures
        digest = set_digest(rows)
        digests.append(digest[:16])
        if matching := [score for score in wanted if score.digest == digest]:
            return labelled.name, rows, matching
    known = ", ".join(sorted({f"{score.set} ({score.digest[:16]})" for score in wanted}))
    raise DataError(f"{data} has digest {' or '.join(digests)}; {model} records scores on {known} only")


def _score(model: Path, name: str, rows: Sequence[LabelledPicture], backend: str, threads: int) -> Counts:
    """Compute the counts, as plate-eval does without --verify."""
    kind = read_model_file(model).manifest.kind
    title = f"{name} in {backend}"
    if kind == "detector":
        frames = by_picture(rows)
        with PlateReader(None, backend, threads, "frame", model) as reader:
            evaluation = evaluate_frames(reader, progress(frames, frames, title))
        for _, error in evaluation.unreadable:
            raise error
        score = evaluation.detected
        return Counts(score.plates, score.found, score.found, score.frames, score.outside)
    with PlateReader(model, backend, threads, kind) as reader:
        found = evaluate(reader, progress(rows, rows, title), kind)
    for _, error in found.unreadable:
        raise error
    return Counts(found.score.count, found.score.exact, found.score.folded)


def _counts(score: Score) -> Counts:
    return Counts(score.count, score.right, score.folded, score.frames, score.false)


def _described(counts: Counts) -> dict[str, int]:
    """Return the counts by name; those of frames for detectors only."""
    return {name: value for name, value in asdict(counts).items() if counts.frames or name not in ("frames", "false")}
