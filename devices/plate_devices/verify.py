"""Read a labelled set again and hold the result against the scores that a model file carries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from plate_devices.labelled import candidates
from plate_devices.status import progress
from plate_runtime.backends import installed
from plate_runtime.decode import decode_logits, decode_softmax
from plate_runtime.errors import DataError, MissingPartError, ModelError
from plate_runtime.evaluate import score_texts
from plate_runtime.image import open_picture
from plate_runtime.labels import set_digest
from plate_runtime.model import open_model
from plate_runtime.modelfile import read_model_file

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from plate_devices.labelled import LabelledSet
    from plate_runtime.evaluate import TextScore
    from plate_runtime.manifest import Manifest, Score

_BATCH = 64


class Checked(NamedTuple):
    """A recorded score and what came out now, in which version of the backend; None where it is not installed."""

    recorded: Score
    version: str | None
    found: TextScore | None

    @property
    def same(self) -> bool:
        """Whether count, right and folded are what the file says."""
        recorded, found = self.recorded, self.found
        return found is not None and (found.count, found.exact, found.folded) == (
            recorded.count,
            recorded.right,
            recorded.folded,
        )

    def describe(self) -> dict[str, Any]:
        """Return the check as plate-eval prints it in JSON."""
        recorded, found = self.recorded, self.found
        return {
            "set": recorded.set,
            "backend": recorded.backend,
            "recorded": {
                "count": recorded.count,
                "right": recorded.right,
                "folded": recorded.folded,
                "backend_version": recorded.backend_version,
            },
            "recomputed": found
            and {
                "count": found.count,
                "right": found.exact,
                "folded": found.folded,
                "backend_version": self.version,
            },
            "same": self.same if found else None,
        }


def verify(model: Path, data: Path, backend: str = "auto", threads: int = 1) -> list[Checked]:
    """Recompute every score that `model` records for the pictures in `data`.

    Args:
        backend: check only scores of this one; "auto" means all.

    Raises:
        ModelError: the file is damaged, or not of a kind that can be checked.
        DataError: no score is recorded for pictures of this digest.
        MissingPartError: no interpreter is installed for any of them.
    """
    manifest = read_model_file(model).manifest
    if manifest.kind not in ("character", "plate"):
        raise ModelError(f"{model} is a {manifest.kind} model; only scores of texts can be verified")
    labelled, scores = _recorded(model, manifest.scores, data, backend)
    versions = installed()
    checked = []
    for score in scores:
        version = versions.get(score.backend)
        found = _score(model, labelled, score.backend, threads) if version else None
        checked.append(Checked(score, version, found))
    if not any(one.found for one in checked):
        names = ", ".join(sorted({score.backend for score in scores}))
        raise MissingPartError(f"none of the interpreters that scored {model} is installed: {names}")
    return checked


def _recorded(model: Path, scores: Sequence[Score], data: Path, backend: str) -> tuple[LabelledSet, list[Score]]:
    """Find the set in `data` that has recorded scores."""
    wanted = [score for score in scores if backend in ("auto", score.backend)]
    if not wanted:
        raise DataError(f"{model} records no scores{'' if backend == 'auto' else f' in {backend}'}")
    digests = []
    for labelled in candidates(data):
        digest = set_digest(labelled.pictures)
        digests.append(digest[:16])
        if matching := [score for score in wanted if score.digest == digest]:
            return labelled, matching
    known = ", ".join(sorted({f"{score.set} ({score.digest[:16]})" for score in wanted}))
    raise DataError(f"{data} has digest {' or '.join(digests)}; {model} records scores on {known} only")


def _score(model: Path, labelled: LabelledSet, backend: str, threads: int) -> TextScore:
    """Read the pictures as the accuracy check of the export does: prepared by the manifest and nothing else."""
    texts: list[str] = []
    labels = [picture.text for picture in labelled.pictures]
    batches = [labelled.pictures[at : at + _BATCH] for at in range(0, len(labels), _BATCH)]
    with open_model(model, None, backend, threads) as opened:
        for batch in progress(batches, batches, f"{labelled.name} in {backend}"):
            answers = opened.predict_pictures([open_picture(picture.path).gray() for picture in batch])
            texts += _texts(answers, opened.manifest)
    return score_texts(texts, labels)


def _texts(answers: NDArray[np.float32], manifest: Manifest) -> list[str]:
    if manifest.kind == "plate":
        readings = decode_logits(answers, manifest.decoding, manifest.alphabet, manifest.temperature)
        return [reading.text for reading in readings]
    return [one.text for one in decode_softmax(answers, manifest.alphabet, manifest.temperature)]
