"""Which readings in frames are reported? Plates read against false plates, by rule and threshold, on halves of sets.

Real frames need ../shared/data; synthetic scenes have fonts and layouts that training never uses (plate-train fonts).
Weights and threshold are chosen on one half, `halves.chooses`; the other half reports them.

examples:
  python benchmarks/reporting_rule.py                   -> results/reporting-rule.csv and .png
  python benchmarks/reporting_rule.py --fit             and print the weights for plate_evidence.py
  python benchmarks/reporting_rule.py --scenes 100 --trial
"""

from __future__ import annotations

import argparse
import itertools
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from halves import chooses
from measuring import RESULTS, ROOT, SHARED, whole, write_csv
from numpy.typing import NDArray

from plate_devices.scoring.reviewed import read_reviewed
from plate_devices.status_line import progress
from plate_runtime import PlateReader
from plate_runtime.alphabet import fold
from plate_runtime.command_line import run
from plate_runtime.evaluate import match_plates
from plate_runtime.labels import by_picture, read_labels
from plate_runtime.pictures.open_picture import PictureSource, open_picture
from plate_runtime.plate_evidence import DETECTION, OFFSET, TEXT, evidence
from plate_runtime.reader import PLATE_AT_LEAST
from plate_runtime.results import Corners
from plate_train.synthetic.fonts import installed_fonts
from plate_train.synthetic.scenes.renderer import SceneRenderer

SEED = 950_001
SCENES = 500
REAL = ("frames-romania", "frames-china", "frames-no-plates")
EMPTY, PLATED = "scenes without plates", "scenes with plates"
THRESHOLDS = tuple(step / 20 for step in range(2, 19))
_SAME_PLACE = 0.1
_CERTAIN = 0.9997


class Case(NamedTuple):
    """One detection that was read: in which set and half, both confidences, and what there is.

    `kind` is "plate", "false" or "other", which is no mistake: a plate without a label, or one too faint to count.
    """

    set: str
    chosen_on: bool
    detected: float
    text: str
    read: float
    kind: str
    right: bool


Mark = tuple[Corners, str]
Rule = Callable[[Case], float]


def main(arguments: Sequence[str]) -> int:
    """Measure, maybe fit, write table and chart, and return the exit code."""
    asked = _parse(arguments)
    if not SHARED.is_dir():
        print(f"reporting_rule.py: no real pictures at {SHARED}", file=sys.stderr)
        return 2
    with PlateReader(as_="frame") as reader:
        cases = [*_real(reader), *_scenes(reader, asked.scenes, asked.seed)]
    if asked.fit:
        print("detection, text, offset:", fit([case for case in cases if case.chosen_on]).round(3).tolist())
    rows = [row for name, rule in RULES.items() for half in (True, False) for row in _curve(cases, name, rule, half)]
    if asked.trial:
        for row in rows:
            print(row)
    else:
        write_csv("reporting-rule", rows)
        draw(rows)
    return 0


def without_text(case: Case) -> float:
    """Product of both confidences."""
    return case.detected * case.read


def with_text(case: Case) -> float:
    """As the reader does: what the text says changes the detection's confidence."""
    return _probability(np.array([DETECTION, TEXT, OFFSET]), _features(case)) * case.read


RULES: dict[str, Rule] = {"without the text": without_text, "with the text": with_text}


def fit(cases: Sequence[Case]) -> NDArray[np.float64]:
    """Return the weights of a logistic regression: is it a plate, by detection and text? Newton's method."""
    known = [case for case in cases if case.kind != "other" and case.read > 0.05]
    features = np.array([_features(case) for case in known])
    plates = np.array([case.kind == "plate" for case in known], float)
    weights = np.zeros(3)
    for _ in range(30):
        found = 1 / (1 + np.exp(-features @ weights))
        curvature = (features * (found * (1 - found))[:, None]).T @ features + 1e-3 * np.eye(3)
        weights -= np.linalg.solve(curvature, features.T @ (found - plates) + 1e-3 * weights)
    return weights


def draw(rows: Sequence[dict[str, Any]]) -> None:
    """Write results/reporting-rule.png: a panel a half, plates read against false plates."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 4.6), layout="constrained")
    FigureCanvasAgg(figure)
    panels: Any = figure.subplots(1, 2)
    for panel, half in zip(panels, ("chosen on", "reported"), strict=True):
        for name in RULES:
            line = [row for row in rows if row["half"] == half and row["rule"] == name]
            points = [(row["false_all"], row["read_all"]) for row in line]
            (drawn,) = panel.plot(*zip(*points, strict=True), marker=".", label=name)
            for row, point in zip(line, points, strict=True):
                if row["threshold"] in (0.2, PLATE_AT_LEAST, 0.8):
                    panel.annotate(f"{row['threshold']:g}", point, color=drawn.get_color(), fontsize=8)
        panel.set_title(f"the half {'that it is' if half == 'chosen on' else 'that is'} {half}", fontsize=10)
        panel.set_xlabel("false plates, all sets")
        panel.grid(alpha=0.3)
    panels[0].set_ylabel("plates read right, frames-romania and scenes")
    panels[0].legend(loc="lower right", fontsize=8)
    figure.savefig(RESULTS / "reporting-rule.png", dpi=110, metadata={"Software": None})


def _features(case: Case) -> NDArray[np.float64]:
    detected = min(max(case.detected, 1e-4), _CERTAIN)
    return np.array([math.log(detected / (1 - detected)), evidence(case.text), 1.0])


def _probability(weights: NDArray[np.float64], features: NDArray[np.float64]) -> float:
    return float(1 / (1 + np.exp(-features @ weights)))


def _curve(cases: Sequence[Case], name: str, rule: Rule, half: bool) -> Iterator[dict[str, object]]:
    valued = [(rule(case), case) for case in cases if case.chosen_on == half]
    for threshold in THRESHOLDS:
        reported = [case for value, case in valued if value >= threshold]
        right = [sum(case.right for case in reported if case.set == one) for one in ("frames-romania", PLATED)]
        false = [sum(case.kind == "false" for case in reported if case.set == one) for one in (*REAL, EMPTY, PLATED)]
        names = ("romania", "china", "no_plates", "scenes_without", "scenes_with")
        yield {
            "rule": name, "half": "chosen on" if half else "reported", "threshold": threshold,
            "read_romania": right[0], "read_scenes": right[1], "read_all": sum(right),
            **{f"false_{one}": count for one, count in zip(names, false, strict=True)}, "false_all": sum(false),
        }  # fmt: skip


def _real(reader: PlateReader) -> Iterator[Case]:
    reviewed = read_reviewed(ROOT / "benchmarks" / "labels" / "frames-reviewed.csv")
    for name in REAL:
        frames = by_picture(read_labels(SHARED / name / "labels.csv"))
        for frame in progress(frames, len(frames), name):
            marks = [(plate.corners, plate.text) for plate in frame.plates if plate.corners]
            others = [one.corners for one in reviewed.of(frame.path) if one.is_plate]
            yield from _cases(reader, frame.path, (name, chooses(frame)), marks, others)


def _scenes(reader: PlateReader, wanted: int, seed: int) -> Iterator[Case]:
    fonts = installed_fonts()
    for name, number, empty in ((EMPTY, seed, True), (PLATED, seed + 1, False)):
        renderer = SceneRenderer(fonts, number, "measure")
        scenes = (scene for index in itertools.count() if _is_empty(scene := renderer.render(index)) == empty)
        for count, scene in zip(progress(range(wanted), wanted, name), scenes, strict=False):
            marks, others = (
                [(_points(corners), text) for corners, text in some] for some in (scene.plates, scene.ignored)
            )
            yield from _cases(reader, scene.picture, (name, count % 2 == 0), marks, [one for one, _ in others])


def _is_empty(scene: Any) -> bool:
    return not scene.plates and not scene.ignored


def _points(corners: NDArray[np.float32]) -> Corners:
    return tuple((float(x), float(y)) for x, y in corners)


def _cases(
    reader: PlateReader,
    picture: PictureSource,
    set_and_half: tuple[str, bool],
    marks: Sequence[Mark],
    others: Sequence[Corners],
) -> Iterator[Case]:
    found = reader.search(open_picture(picture))
    corners = [one.corners for one, _ in found]
    matches = match_plates(corners, [corners for corners, _ in marks], _SAME_PLACE, ignored=others)
    texts = {number: marks[place][1] for place, number in enumerate(matches.found) if number is not None}
    for number, (detection, plate) in enumerate(found):
        if plate is not None:
            kind = "plate" if number in texts else "false" if number in matches.outside else "other"
            label = texts.get(number, "")
            right = bool(label) and fold(label) == fold(plate.text)
            yield Case(*set_and_half, detection.confidence, plate.text, plate.confidence, kind, right)


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="reporting_rule.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--scenes", type=whole(1), default=SCENES, metavar="N", help=f"of each kind ({SCENES})")
    parser.add_argument(
        "--seed", type=whole(0), default=SEED, metavar="N", help=f"of the scenes ({SEED}, and the next)"
    )
    parser.add_argument("--fit", action="store_true", help="print weights fitted on the first half")
    parser.add_argument("--trial", action="store_true", help="print the rows and write none")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    run(main, "reporting_rule.py")
