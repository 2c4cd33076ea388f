"""What the reports of all exports share: JSON for programs, a table for people."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from ..artefact import Artefact
from ..check_sets.labelled import CheckSet
from ..checks.start_check import Kept
from ..checks.text_check import Limits
from ..convert.calibrate import Calibration
from ..noise import Noise
from ..source import Source


@dataclass(frozen=True)
class ExportReport:
    """The figures of an export. Each kind of check has its own report; `reference` and `checks` are of its types."""

    source: Source
    check_set: CheckSet
    limits: Limits
    calibration: Calibration | None
    reference: Any
    artefacts: Sequence[Artefact]
    checks: Sequence[Any]
    installed: Mapping[str, str | None]
    libraries: Mapping[str, str]
    noise: Noise = field(default_factory=Noise)
    kept: Kept | None = None

    headers: ClassVar[Sequence[str]]
    """Of the columns between the interpreter and how far a file agrees with its `.h5`."""

    @property
    def not_run(self) -> list[str]:
        """Interpreters that could have run one of the files and are not installed."""
        usable = {name for artefact in self.artefacts for name in artefact.target.backends}
        return [name for name, version in self.installed.items() if version is None and name in usable]

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON values; equal exports give equal reports."""
        meta, found = self.source.meta, self.check_set
        return {
            "schema": 1,
            "model": {"name": meta.name, "version": meta.version, "kind": meta.kind, **self._model()},
            "source": {"file": self.source.path.name, "sha256": self.source.digest, "notes": list(self.source.notes)},
            "set": {"name": found.name, "digest": found.digest, "count": len(found.val), "drawn": found.synthetic,
                    **self._set()},
            "limits": {"min_accuracy": self.limits.min_accuracy, "max_drop": self.limits.max_drop, **self._limits()},
            "calibration": self.calibration.record() if self.calibration else None,
            "h5": self._result(self.reference),
            "artefacts": [self._artefact(artefact) for artefact in self.artefacts],
            "noise": self.noise.to_json(),
            "kept": self.kept.to_json() if self.kept else None,
            "interpreters": dict(self.installed),
            "not_run": self.not_run,
            "libraries": dict(self.libraries),
        }  # fmt: skip

    def to_text(self) -> str:
        """Return the report as Markdown that reads well as plain text."""
        meta = self.source.meta
        lines = [f"# {meta.name} {meta.version} from {self.source.path.name}", ""]
        lines += [f"- {note}" for note in (*self.source.notes, *self.check_set.notes)]
        lines += self._head()
        if self.kept:
            lines.append(f"- {self.kept}")
        headers = ("file", "KB", "interpreter", *self.headers, "agrees", "diff.")
        lines += ["", *to_table(headers, self._rows()), "", *self._differences()]
        lines.append(f"Files: {', '.join(one.name for one in self.artefacts)}.")
        if self.not_run:
            lines.append(f"Not installed, so not run: {', '.join(self.not_run)}.")
        lines.append(self._changed(len({place for one in self.checks for place in one.changed})))
        return "\n".join(lines) + "\n"

    def pictures(self) -> list[bytes]:
        """Return PNG files that belong to the report."""
        raise NotImplementedError

    @property
    def set_name(self) -> str:
        """The name of the set, and whether it is synthetic."""
        return self.check_set.name + (" (synthetic, not real pictures)" if self.check_set.synthetic else "")

    def _artefact(self, artefact: Artefact) -> dict[str, Any]:
        content = artefact.build()
        return {
            "file": artefact.name,
            "format": artefact.target.format,
            "precision": artefact.target.precision,
            "rounding": rounding_of(artefact),
            "bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
            "tensors": dict(artefact.converted.tensors),
            "checks": [self._check(one) for one in self.checks if one.file == artefact.name],
        }

    def _check(self, one: Any) -> dict[str, Any]:
        return {
            "backend": one.backend,
            "version": one.version,
            **self._result(one.result),
            "agreement": round(one.agreement, 6),
            "largest_difference": round(one.largest_difference, 6),
            **self._changes(one),
        }

    def _rows(self) -> list[tuple[str, ...]]:
        size = self.source.path.stat().st_size
        rows = [(".h5", f"{size / 1000:.0f}", "keras", *self._figures(self.reference), "", "")]
        for artefact in self.artefacts:
            for one in self.checks:
                if one.file == artefact.name:
                    head = artefact.target.suffix, f"{len(artefact.build()) / 1000:.0f}", f"{one.backend} {one.version}"
                    tail = f"{100 * one.agreement:.2f} %", f"{one.largest_difference:.4f}"
                    rows.append((*head, *self._figures(one.result), *tail))
        return rows

    def _model(self) -> dict[str, Any]:
        """Return what else the model is described by."""
        raise NotImplementedError

    def _set(self) -> dict[str, Any]:
        """Return what else the set is described by."""
        raise NotImplementedError

    def _limits(self) -> dict[str, Any]:
        """Return what the limits mean for this set."""
        raise NotImplementedError

    def _result(self, found: Any) -> dict[str, Any]:
        """Return the counts of one result."""
        raise NotImplementedError

    def _changes(self, one: Any) -> dict[str, Any]:
        """Return what a file does differently from its `.h5`."""
        raise NotImplementedError

    def _figures(self, found: Any) -> tuple[str, ...]:
        """Return the cells below `headers`."""
        raise NotImplementedError

    def _head(self) -> list[str]:
        """Return lines on the set, the calibration and the limits."""
        raise NotImplementedError

    def _differences(self) -> list[str]:
        """Return a line for each check that differs."""
        return []

    def _changed(self, count: int) -> str:
        """Return a sentence on the pictures in which a file differs from its `.h5`."""
        raise NotImplementedError


def rounding_of(artefact: Artefact) -> str | None:
    """Return how an int8 file was quantised, "exact" or "plain"; None of float files."""
    rounding: str | None = artefact.manifest.training["export"].get("rounding")
    return rounding


def to_table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a Markdown table with aligned columns."""
    lines = [headers, *rows]
    widths = [max(len(line[place]) for line in lines) for place in range(len(headers))]
    padded = [[cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in lines]
    head, *body = [f"| {' | '.join(cells)} |" for cells in padded]
    return [head, f"|{'|'.join('-' * (width + 2) for width in widths)}|", *body]
