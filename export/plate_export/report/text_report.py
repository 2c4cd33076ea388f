"""The report of an export of texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..checks.text_check import Check, TextResult
from ..convert.exact_int8 import EXACT, PLAIN
from .changes_picture import draw_changes
from .export_report import ExportReport, rounding_of

_NAMED = 6
_ROUNDINGS = {
    EXACT: "- int8 is rounded exactly: equal outputs in LiteRT, tflite-runtime and onnxruntime",
    PLAIN: "- int8 is rounded plainly, because of its operators: tflite-runtime may read a few pictures differently",
}


@dataclass(frozen=True)
class TextReport(ExportReport):
    """`reference` is a `TextResult`, `checks` are of `text_check`."""

    headers = ("right", "folded", "edits")

    def pictures(self) -> list[bytes]:
        """Return PNG pages of the readings that the export changed."""
        return draw_changes(self.check_set, self.reference, self.checks)

    def _model(self) -> dict[str, Any]:
        return {"alphabet": self.source.meta.alphabet}

    def _set(self) -> dict[str, Any]:
        return {"also_in_train": self._seen, "notes": list(self.check_set.notes)}

    def _limits(self) -> dict[str, Any]:
        count = len(self.check_set.val)
        return {
            "needed": self.limits.needed(count),
            "may_lose": self.limits.allowed(count),
            "counted": "folded" if self.limits.folded else "right",
        }

    @property
    def _seen(self) -> int:
        return int(np.sum(~self.check_set.unseen))

    def _result(self, found: TextResult) -> dict[str, float]:
        return {
            "right": found.right,
            "folded": found.folded,
            "right_unseen": found.unseen,
            "cer": round(found.cer, 6),
        }

    def _changes(self, one: Check) -> dict[str, Any]:
        val = self.check_set.val
        return {
            "class_changes": {name: {"h5": old, "file": new} for name, (old, new) in one.classes.items()},
            "new_confusions": [
                {"label": label, "read": read, "more": more} for (label, read), more in one.new_confusions.items()
            ],
            "changed": [
                {
                    "picture": val.sources[place],
                    "label": val.texts[place],
                    "h5": self.reference.texts[place],
                    "file": one.result.texts[place],
                }
                for place in one.changed
            ],
        }

    def _figures(self, found: TextResult) -> tuple[str, ...]:
        return f"{found.right}/{len(self.check_set.val)}", f"{found.folded}", f"{100 * found.cer:.2f} %"

    def _head(self) -> list[str]:
        count, seen = len(self.check_set.val), self._seen
        lines = [f"- checked on {self.set_name}: {count} pictures, digest {self.check_set.digest[:16]}"]
        if self.calibration:
            lines.append(
                f"- int8 calibrated with {len(self.calibration.pictures)} pictures of {self.calibration.set}, "
                f"{_range(self.calibration.per_class)}seed {self.calibration.seed}"
            )
        lines += sorted({_ROUNDINGS[one] for one in map(rounding_of, self.artefacts) if one in _ROUNDINGS})
        counted = "right with O=0 and I=1" if self.limits.folded else "right"
        lines.append(
            f"- limits: {self.limits.needed(count)} of {count} {counted} ({self.limits.min_accuracy:g} %), "
            f"at most {self.limits.allowed(count)} fewer than the .h5"
        )
        lines += self.noise.to_text()
        if seen:
            lines.append(
                f"- {seen} of the pictures are also in the training split; without them the .h5 reads "
                f"{self.reference.unseen} of {count - seen}"
            )
        return lines

    def _differences(self) -> list[str]:
        """Return a line for each check in which counts of a class differ from the `.h5`, or a confusion is new."""
        names = {artefact.name: artefact.target.suffix for artefact in self.artefacts}
        lines = []
        for one in self.checks:
            classes = [f"{name} {old}->{new}" for name, (old, new) in one.classes.items()]
            confusions = one.new_confusions.items()
            confused = [f"{label} as {read}" + (f" x{more}" if more > 1 else "") for (label, read), more in confusions]
            if classes or confused:
                reader = f"{names.get(one.file, one.file)} in {one.backend}"
                lines.append(f"- {reader}: characters right {_short(classes)}; new confusions {_short(confused)}")
        return lines

    def _changed(self, count: int) -> str:
        if not count:
            return "Every file reads every picture as the .h5 does."
        return f"{count} pictures are read differently than by the .h5 in a file."


def _short(items: Sequence[str]) -> str:
    rest = len(items) - _NAMED
    return ", ".join(items[:_NAMED]) + (f" and {rest} more" if rest > 0 else "") or "none"


def _range(per_class: Mapping[str, int]) -> str:
    """Return the number of pictures a class as text; empty for plates."""
    if not per_class:
        return ""
    least, most = min(per_class.values()), max(per_class.values())
    return f"{least} a class, " if least == most else f"{least} to {most} a class, "
