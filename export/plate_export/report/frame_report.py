"""What the export of a detector proved: as JSON for programs, as a table for people, as a picture."""

from __future__ import annotations

import hashlib
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..artefact import Artefact
from ..check_sets.labelled import CheckSet
from ..check_sets.scene_set import Frames
from ..checks.frame_check import Found, FrameCheck, more_false
from ..checks.text_check import Limits
from ..convert.calibrate import Calibration
from ..noise import Noise
from ..source import Source
from .text_report import not_run, short_name, to_table

WIDTHS = (0, 20, 30, 40, 60, 100, 200)
"""Limits between classes of plates by their width in pixels of the input."""

_HEADERS = ("file", "KB", "interpreter", "found", "false", "read", "agrees", "diff.")


@dataclass(frozen=True)
class FrameReport:
    """Everything an export of a detector found out; see `report.Report`."""

    source: Source
    check_set: CheckSet
    frames: Frames
    limits: Limits
    calibration: Calibration | None
    reference: Found
    artefacts: Sequence[Artefact]
    checks: Sequence[FrameCheck]
    installed: Mapping[str, str | None]
    libraries: Mapping[str, str]
    noise: Noise = field(default_factory=Noise)

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON values; equal exports give equal reports."""
        meta, plates, limits = self.source.meta, self.frames.count, self.limits
        return {
            "schema": 1,
            "model": {"name": meta.name, "version": meta.version, "kind": meta.kind, "strides": list(meta.strides)},
            "source": {"file": self.source.path.name, "sha256": self.source.digest, "notes": list(self.source.notes)},
            "set": {
                "name": self.check_set.name,
                "digest": self.check_set.digest,
                "count": len(self.frames),
                "plates": plates,
                "texts": self.frames.with_text,
                "drawn": self.check_set.synthetic,
            },
            "limits": {
                "min_accuracy": limits.min_accuracy,
                "max_drop": limits.max_drop,
                "needed": limits.needed(plates),
                "may_lose": limits.allowed(plates),
                "more_on_no_plate": more_false(limits, self.reference.score),
            },
            "calibration": self.calibration.record() if self.calibration else None,
            "h5": {**_counts(self.reference), "widths": self._widths(self.reference)},
            "artefacts": [self._artefact(artefact) for artefact in self.artefacts],
            "noise": self.noise.to_json(),
            "interpreters": dict(self.installed),
            "not_run": not_run(self.artefacts, self.installed),
            "libraries": dict(self.libraries),
        }

    def to_text(self) -> str:
        """Return the report as Markdown that reads well as plain text."""
        meta, limits, plates = self.source.meta, self.limits, self.frames.count
        kind = " (synthetic, not real pictures)" if self.check_set.synthetic else ""
        lines = [f"# {meta.name} {meta.version} from {self.source.path.name}", ""]
        lines += [f"- {note}" for note in self.source.notes]
        lines.append(
            f"- checked on {self.check_set.name}{kind}: {len(self.frames)} frames with {plates} plates, digest "
            f"{self.check_set.digest[:16]}"
        )
        if self.calibration:
            count, name = len(self.calibration.pictures), self.calibration.set
            lines.append(f"- int8 calibrated with {count} frames of {name}, seed {self.calibration.seed}")
        more = more_false(limits, self.reference.score)
        lines.append(
            f"- limits: {limits.needed(plates)} of {plates} found ({limits.min_accuracy:g} %), at most "
            f"{limits.allowed(plates)} fewer than the .h5, at most {more} more on no plate"
        )
        lines.append(f"- read: plates that the reader that ships for frames reads exactly where they were found, of "
                     f"{self.frames.with_text} with a text")  # fmt: skip
        lines += self.noise.to_text()
        lines += ["", *to_table(_HEADERS, self._rows()), ""]
        lines.append(f"Files: {', '.join(one.name for one in self.artefacts)}.")
        if missing := not_run(self.artefacts, self.installed):
            lines.append(f"Not installed, so not run: {', '.join(missing)}.")
        changed = {place for one in self.checks for place in one.changed}
        differ = f"In {len(changed)} frames a file finds other plates than the .h5."
        lines.append(differ if changed else "Every file finds the plates that the .h5 finds.")
        return "\n".join(lines) + "\n"

    def pictures(self) -> list[bytes]:
        """Return one PNG: percentage found of plates of each width, by the `.h5` and by the file that agrees least."""
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        readers = [(".h5", self.reference)]
        if self.checks:
            worst = min(self.checks, key=lambda one: (one.agreement, -one.largest_difference))
            readers.append((f"{worst.file} in {worst.backend}, which agrees least", worst.result))
        figure = Figure(figsize=(9, 4), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots()
        for number, (name, found) in enumerate(readers):
            percentages = [100 * right / max(1, plates) for plates, right in self._counts_by_width(found)]
            axes.bar(
                [place + 0.4 * number - 0.2 for place in range(len(percentages))], percentages, width=0.4, label=name
            )
        limits = zip(WIDTHS, (*WIDTHS[1:], "..."), self._counts_by_width(self.reference), strict=True)
        named = [f"{low} to {high}\n{plates} plates" for low, high, (plates, _) in limits]
        axes.set_xticks(range(len(named)), named)
        axes.set_ylim(0, 118)
        axes.set_yticks(range(0, 101, 20))
        axes.set_xlabel("width in pixels of the input")
        axes.set_ylabel("found, %")
        axes.legend(loc="upper left", fontsize=8)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=110, metadata={"Software": None})
        return [buffer.getvalue()]

    def _artefact(self, artefact: Artefact) -> dict[str, Any]:
        content = artefact.build()
        return {
            "file": artefact.name,
            "format": artefact.target.format,
            "precision": artefact.target.precision,
            "bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
            "tensors": dict(artefact.converted.tensors),
            "checks": [self._check(one) for one in self.checks if one.file == artefact.name],
        }

    def _check(self, one: FrameCheck) -> dict[str, Any]:
        return {
            "backend": one.backend,
            "version": one.version,
            **_counts(one.result),
            "agreement": round(one.agreement, 6),
            "largest_difference": round(one.largest_difference, 6),
            "widths": self._widths(one.result),
            "changed": [self.frames.sources[place] for place in one.changed],
        }

    def _rows(self) -> list[tuple[str, ...]]:
        size = self.source.path.stat().st_size
        rows = [(".h5", f"{size / 1000:.0f}", "keras", *_figures(self.reference), "", "")]
        for artefact in self.artefacts:
            for one in self.checks:
                if one.file == artefact.name:
                    head = short_name(artefact), f"{len(artefact.build()) / 1000:.0f}", f"{one.backend} {one.version}"
                    tail = f"{100 * one.agreement:.2f} %", f"{one.largest_difference:.4f}"
                    rows.append((*head, *_figures(one.result), *tail))
        return rows

    def _widths(self, found: Found) -> list[dict[str, int | None]]:
        limits = zip(WIDTHS, (*WIDTHS[1:], None), self._counts_by_width(found), strict=True)
        return [{"from": low, "to": high, "plates": count, "found": right} for low, high, (count, right) in limits]

    def _counts_by_width(self, found: Found) -> list[list[int]]:
        """Count plates, and those found, by their width in the input."""
        counts = [[0, 0] for _ in WIDTHS]
        for plates, matches, scale in zip(self.frames.plates, found.matches, self.frames.scales, strict=True):
            for (corners, _), number in zip(plates, matches.found, strict=True):
                width = scale * math.dist(corners[0], corners[1])
                place = max(place for place, least in enumerate(WIDTHS) if width >= least)
                counts[place][0] += 1
                counts[place][1] += number is not None
        return counts


def _counts(found: Found) -> dict[str, Any]:
    score = found.score
    return {"found": score.found, "recall": round(score.recall, 6), "on_no_plate": score.outside, "read": found.read}


def _figures(found: Found) -> tuple[str, ...]:
    score = found.score
    return f"{score.found}/{score.plates}", str(score.outside), str(found.read)
