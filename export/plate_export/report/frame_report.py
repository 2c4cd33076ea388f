"""The report of an export of a detector."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from typing import Any

from ..check_sets.scene_set import Frames
from ..checks.frame_check import Found, FrameCheck, more_false
from .export_report import ExportReport

WIDTHS = (0, 20, 30, 40, 60, 100, 200)
"""Limits between classes of plates by their width in pixels of the input."""


@dataclass(frozen=True)
class FrameReport(ExportReport):
    """`reference` is a `Found`, `checks` are of `frame_check`."""

    headers = ("found", "false", "read")

    @property
    def frames(self) -> Frames:
        """The labelled frames of the set."""
        assert isinstance(self.check_set.val, Frames)
        return self.check_set.val

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

    def _model(self) -> dict[str, Any]:
        return {"strides": list(self.source.meta.strides)}

    def _set(self) -> dict[str, Any]:
        return {"plates": self.frames.count, "texts": self.frames.with_text}

    def _limits(self) -> dict[str, Any]:
        return {
            "needed": self.limits.needed(self.frames.count),
            "may_lose": self.limits.allowed(self.frames.count),
            "more_on_no_plate": more_false(self.limits, self.reference.score),
        }

    def _result(self, found: Found) -> dict[str, Any]:
        score = found.score
        counts = {"found": score.found, "recall": round(score.recall, 6), "on_no_plate": score.outside}
        return {**counts, "read": found.read, "widths": self._widths(found)}

    def _changes(self, one: FrameCheck) -> dict[str, Any]:
        return {"changed": [self.frames.sources[place] for place in one.changed]}

    def _figures(self, found: Found) -> tuple[str, ...]:
        return f"{found.score.found}/{found.score.plates}", str(found.score.outside), str(found.read)

    def _head(self) -> list[str]:
        limits, plates = self.limits, self.frames.count
        lines = [
            f"- checked on {self.set_name}: {len(self.frames)} frames with {plates} plates, digest "
            f"{self.check_set.digest[:16]}"
        ]
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
        return lines + self.noise.to_text()

    def _changed(self, count: int) -> str:
        if not count:
            return "Every file finds the plates that the .h5 finds."
        return f"In {count} frames a file finds other plates than the .h5."

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
