"""The report of an export of texts: JSON for programs, a table for people."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..artefact import Artefact
from ..check_sets.labelled import CheckSet
from ..checks.text_check import Check, Limits, TextResult
from ..convert.calibrate import Calibration
from ..convert.exact_int8 import EXACT, PLAIN
from ..noise import Noise
from ..source import Source
from .changes_picture import draw_changes

_HEADERS = ("file", "KB", "interpreter", "right", "folded", "edits", "agrees", "diff.")
_NAMED = 6
_ROUNDINGS = {
    EXACT: "- int8 is rounded exactly: equal outputs in LiteRT, tflite-runtime and onnxruntime",
    PLAIN: "- int8 is rounded plainly, because of its operators: tflite-runtime may read a few pictures differently",
}


@dataclass(frozen=True)
class Report:
    """The figures of an export; see `to_dict` and `to_text`."""

    source: Source
    check_set: CheckSet
    limits: Limits
    calibration: Calibration | None
    reference: TextResult
    artefacts: Sequence[Artefact]
    checks: Sequence[Check]
    installed: Mapping[str, str | None]
    libraries: Mapping[str, str]
    noise: Noise = field(default_factory=Noise)

    @property
    def not_run(self) -> list[str]:
        """Interpreters that could have run one of the files and are not installed."""
        return not_run(self.artefacts, self.installed)

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON values; equal exports give equal reports."""
        meta, val = self.source.meta, self.check_set.val
        return {
            "schema": 1,
            "model": {"name": meta.name, "version": meta.version, "kind": meta.kind, "alphabet": meta.alphabet},
            "source": {"file": self.source.path.name, "sha256": self.source.digest, "notes": list(self.source.notes)},
            "set": {
                "name": self.check_set.name,
                "digest": self.check_set.digest,
                "count": len(val),
                "drawn": self.check_set.synthetic,
                "also_in_train": int(np.sum(~self.check_set.unseen)),
                "notes": list(self.check_set.notes),
            },
            "limits": {
                "min_accuracy": self.limits.min_accuracy,
                "max_drop": self.limits.max_drop,
                "needed": self.limits.needed(len(val)),
                "may_lose": self.limits.allowed(len(val)),
                "counted": "folded" if self.limits.folded else "right",
            },
            "calibration": self.calibration.record() if self.calibration else None,
            "h5": _counts(self.reference),
            "artefacts": [self._artefact(artefact) for artefact in self.artefacts],
            "noise": self.noise.to_json(),
            "interpreters": dict(self.installed),
            "not_run": self.not_run,
            "libraries": dict(self.libraries),
        }

    def to_text(self) -> str:
        """Return the report as Markdown that reads well as plain text."""
        return "\n".join([*self._head(), "", *to_table(_HEADERS, self._rows()), "", *self._tail()]) + "\n"

    def pictures(self) -> list[bytes]:
        """Return PNG pages of the readings that the export changed."""
        return draw_changes(self.check_set, self.reference, self.checks)

    def _artefact(self, artefact: Artefact) -> dict[str, Any]:
        content = artefact.build()
        return {
            "file": artefact.name,
            "format": artefact.target.format,
            "precision": artefact.target.precision,
            "rounding": _rounding(artefact),
            "bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
            "tensors": dict(artefact.converted.tensors),
            "checks": [self._check(one) for one in self.checks if one.file == artefact.name],
        }

    def _check(self, one: Check) -> dict[str, Any]:
        val = self.check_set.val
        return {
            "backend": one.backend,
            "version": one.version,
            **_counts(one.result),
            "agreement": round(one.agreement, 6),
            "largest_difference": round(one.largest_difference, 6),
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

    def _head(self) -> list[str]:
        meta, found = self.source.meta, self.check_set
        count, seen = len(found.val), int(np.sum(~found.unseen))
        lines = [f"# {meta.name} {meta.version} from {self.source.path.name}", ""]
        lines += [f"- {note}" for note in (*self.source.notes, *found.notes)]
        kind = " (synthetic, not real pictures)" if found.synthetic else ""
        lines.append(f"- checked on {found.name}{kind}: {count} pictures, digest {found.digest[:16]}")
        if self.calibration:
            lines.append(
                f"- int8 calibrated with {len(self.calibration.pictures)} pictures of {self.calibration.set}, "
                f"{_range(self.calibration.per_class)}seed {self.calibration.seed}"
            )
        lines += sorted({_ROUNDINGS[one] for one in map(_rounding, self.artefacts) if one in _ROUNDINGS})
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

    def _rows(self) -> list[tuple[str, ...]]:
        count = len(self.check_set.val)
        rows = [_row(".h5", self.source.path.stat().st_size, "keras", self.reference, count)]
        for artefact in self.artefacts:
            for one in self.checks:
                if one.file == artefact.name:
                    reader = f"{one.backend} {one.version}"
                    row = _row(short_name(artefact), len(artefact.build()), reader, one.result, count)
                    rows.append((*row[:6], f"{100 * one.agreement:.2f} %", f"{one.largest_difference:.4f}"))
        return rows

    def _differences(self) -> list[str]:
        """Return a line for each check in which counts of a class differ from the `.h5`, or a confusion is new."""
        names = {artefact.name: short_name(artefact) for artefact in self.artefacts}
        lines = []
        for one in self.checks:
            classes = [f"{name} {old}->{new}" for name, (old, new) in one.classes.items()]
            confusions = one.new_confusions.items()
            confused = [f"{label} as {read}" + (f" x{more}" if more > 1 else "") for (label, read), more in confusions]
            if classes or confused:
                reader = f"{names.get(one.file, one.file)} in {one.backend}"
                lines.append(f"- {reader}: characters right {_short(classes)}; new confusions {_short(confused)}")
        return lines

    def _tail(self) -> list[str]:
        lines = [*self._differences(), f"Files: {', '.join(one.name for one in self.artefacts)}."]
        if self.not_run:
            lines.append(f"Not installed, so not run: {', '.join(self.not_run)}.")
        changed = {place for one in self.checks for place in one.changed}
        lines.append(
            f"{len(changed)} pictures are read differently than by the .h5 in a file."
            if changed
            else "Every file reads every picture as the .h5 does."
        )
        return lines


def _rounding(artefact: Artefact) -> str | None:
    """Return how an int8 file was quantised, "exact" or "plain"; None of float files."""
    rounding: str | None = artefact.manifest.training["export"].get("rounding")
    return rounding


def _counts(result: TextResult) -> dict[str, float]:
    return {
        "right": result.right,
        "folded": result.folded,
        "right_unseen": result.unseen,
        "cer": round(result.cer, 6),
    }


def _row(file: str, size: int, reader: str, result: TextResult, count: int) -> tuple[str, ...]:
    figures = f"{result.right}/{count}", f"{result.folded}", f"{100 * result.cer:.2f} %"
    return file, f"{size / 1000:.0f}", reader, *figures, "", ""


def short_name(artefact: Artefact) -> str:
    """Return the end of a file's name, such as "int8.tflite": the heading has the rest."""
    return artefact.target.suffix


def _short(items: Sequence[str]) -> str:
    rest = len(items) - _NAMED
    return ", ".join(items[:_NAMED]) + (f" and {rest} more" if rest > 0 else "") or "none"


def _range(per_class: Mapping[str, int]) -> str:
    """Return the number of pictures a class as text; empty for plates."""
    if not per_class:
        return ""
    least, most = min(per_class.values()), max(per_class.values())
    return f"{least} a class, " if least == most else f"{least} to {most} a class, "


def not_run(artefacts: Sequence[Artefact], installed: Mapping[str, str | None]) -> list[str]:
    """Return the interpreters that can run one of the files and are not installed."""
    usable = {name for artefact in artefacts for name in artefact.target.backends}
    return [name for name, version in installed.items() if version is None and name in usable]


def to_table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a Markdown table with aligned columns."""
    lines = [headers, *rows]
    widths = [max(len(line[place]) for line in lines) for place in range(len(headers))]
    padded = [[cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in lines]
    head, *body = [f"| {' | '.join(cells)} |" for cells in padded]
    return [head, f"|{'|'.join('-' * (width + 2) for width in widths)}|", *body]
