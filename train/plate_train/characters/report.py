"""What a run found, once as `report.json` and once as lines for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from plate_runtime.evaluate import confusions

from ..loop.run_files import MODEL_FILE
from ..loop.scores import spread
from .protocol import EXPLAINED, Scored, SeedResult
from .score import Score
from .search import SearchResult


@dataclass(frozen=True)
class RunReport:
    """Everything a run reports.

    Attributes:
        protocol: "honest", "mission" or "drawn".
        results: one for each seed; the network of the first is saved.
        val: what they were scored on.
        record: what the model file says it was trained on.
        checked: findings about the data as JSON values, None for synthetic characters.
        searched: the search, None where there was none.
    """

    protocol: str
    results: Sequence[SeedResult]
    val: Scored
    record: Mapping[str, Any]
    checked: Mapping[str, Any] | None = None
    searched: SearchResult | None = None
    elapsed_seconds: float = 0.0

    @property
    def alphabet(self) -> str:
        """The classes of the network."""
        return self.val.characters.alphabet

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        first = self.results[0]
        return {
            "report_version": "1.0",
            "protocol": self.protocol,
            "protocol_explained": EXPLAINED[self.protocol],
            "training": dict(self.record),
            "data_check": self.checked,
            "search": search_json(self.searched),
            "summary": self.summary(),
            "seeds": [result.to_json() for result in self.results],
            "model": {"file": MODEL_FILE, "seed": first.seed, "temperature": first.temperature},
            "confusions": [
                {"label": pair[0], "read": pair[1], "count": count} for pair, count in self.confused().most_common()
            ],
            "errors": self.errors(),
            "elapsed_seconds": round(self.elapsed_seconds, 1),
        }

    def summary(self) -> dict[str, Any]:
        """Return mean, minimum and maximum over the seeds: all of val, without copies, and per perturbation."""
        tables = {
            "val": [result.val for result in self.results],
            "val_without_copies": [result.without_copies for result in self.results],
            "val_without_near_copies": [result.without_near_copies for result in self.results],
        }
        last = [result.last for result in self.results if result.last is not None]
        return {
            **{name: _over_seeds(scores) for name, scores in tables.items()},
            "last_epoch": {
                "right": spread([row["val_right"] for row in last]), "loss": spread([row["val_loss"] for row in last])
            } if last else None,
            "robustness": {
                name: _over_seeds([result.robustness[name] for result in self.results])
                for name in self.results[0].robustness
            },
        }  # fmt: skip

    def errors(self) -> list[dict[str, Any]]:
        """Return every validation picture that the saved network reads wrong, the most confident first."""
        characters, probabilities = self.val.characters, self.results[0].probabilities
        best = probabilities.argmax(axis=1)
        wrong = [place for place in range(len(characters)) if best[place] != characters.labels[place]]
        found = [
            {
                "index": place,
                "source": characters.sources[place],
                "label": self.alphabet[characters.labels[place]],
                "read": self.alphabet[best[place]],
                "confidence": round(float(probabilities[place].max()), 4),
                "copy_in_train": bool(self.val.copied[place]),
            }
            for place in wrong
        ]
        return sorted(found, key=lambda error: -error["confidence"])

    def confused(self) -> Counter[tuple[str, str]]:
        """Count each (label, reading) that differs, for the saved network."""
        best = self.results[0].probabilities.argmax(axis=1)
        return confusions(
            [self.alphabet[index] for index in best], [self.alphabet[index] for index in self.val.characters.labels]
        )

    def lines(self) -> list[str]:
        """Return the report as lines for people."""
        lines = [f"protocol: {self.protocol}: {EXPLAINED[self.protocol]}"]
        if self.searched is not None:
            best = self.searched.best
            tried = f"search: {len(self.searched.trials)} trials"
            lines.append(f"{tried}, best {100 * best.accuracy:.2f} % on the held-out pictures: {best.hyper}")
        for result in self.results:
            lines.append(f"seed {result.seed}, {result.epochs} epochs: {result.val}")
            if self.protocol != "drawn":
                lines.append(f"    without copies of train/: {result.without_copies}")
            if result.last is not None:
                lines.append(
                    f"    last epoch: {result.last['val_right']:.0f} right, loss {result.last['val_loss']:.4f}"
                )
        summary = self.summary()
        if len(self.results) > 1:
            for title, name in (("all of val", "val"), ("without copies", "val_without_copies")):
                lines.append(f"{len(self.results)} seeds, {title}: {_spread_line(summary[name])}")
        lines.append(
            "robustness, right of total" + (", mean of the seeds (min to max)" if len(self.results) > 1 else "")
        )
        width = max(map(len, summary["robustness"]))
        for name, entry in summary["robustness"].items():
            several = f" ({entry['right']['min']} to {entry['right']['max']})" if len(self.results) > 1 else ""
            lines.append(f"    {name:<{width}}  {entry['right']['mean']:7g} of {entry['count']}{several}")
        return lines


def search_json(searched: SearchResult | None) -> dict[str, Any] | None:
    """Return a search as JSON values, or None."""
    if searched is None:
        return None
    return {
        "trials": [trial.to_json() for trial in searched.trials],
        "best": searched.best.to_json(),
        "resumed_after": searched.resumed_after,
    }


def _over_seeds(scores: Sequence[Score]) -> dict[str, Any]:
    return {
        "count": scores[0].count,
        "right": spread([entry.right for entry in scores]),
        "folded": spread([entry.folded for entry in scores]),
        "loss": spread([entry.loss for entry in scores]),
    }


def _spread_line(entry: Mapping[str, Any]) -> str:
    right, folded = entry["right"], entry["folded"]
    return (
        f"mean {right['mean']:.1f} of {entry['count']}, {right['min']} to {right['max']}; "
        f"folded mean {folded['mean']:.1f}, {folded['min']} to {folded['max']}; loss mean {entry['loss']['mean']:.4f}"
    )
