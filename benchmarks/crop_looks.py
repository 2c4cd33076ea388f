"""What does a second look at doubtful crops gain, what does it cost, and what do cuts of a crop cost before it?

    python benchmarks/crop_looks.py           -> results/crop-looks.csv, results/cuts.csv
    python benchmarks/crop_looks.py cuts      -> results/cuts.csv alone

Looks and threshold were chosen on the first half of each set, see `halves.py`; the second half reports them. Of
`frames-china`, which has no texts, a reading counts where it has the format of China's plates.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from crops import load_chinese
from halves import chooses
from measuring import SHARED, command_line, one_of, write_csv
from numpy.typing import NDArray
from PIL import Image

from plate_runtime.alphabet import fold
from plate_runtime.decode import Candidate, find_candidates, find_prior
from plate_runtime.decode import choose as choose_by
from plate_runtime.formats import find_region
from plate_runtime.labels import read_labels
from plate_runtime.model import Model, open_model
from plate_runtime.pictures.open_picture import open_picture
from plate_runtime.rectify import rectify
from plate_runtime.results import Reading
from plate_runtime.search import Search
from plate_runtime.second_look import BELOW, CROPS, ROTATIONS, average, other_looks
from plate_train.synthetic.fonts import installed_fonts
from plate_train.synthetic.plates.face import relief, render_face
from plate_train.synthetic.plates.layouts import load_layouts
from plate_train.synthetic.plates.lettering import Lettering
from plate_train.synthetic.plates.renderer import PlateRenderer
from plate_train.synthetic.plates.wear import wear
from plate_train.synthetic.random_source import NoiseFields, RandomSource

SETS = ("plates-us", "plates-romania", "plates-argentina", "plates-ny", "plates-vn")
DEFAULT, SECOND = READERS = ("plate-reader", "plate-reader-nano")
SEED, PICTURES, CUT_PICTURES = 9137, 300, 120
LARGEST_BELOW = 0.9
DETECTED = len(CROPS) + len(ROTATIONS) + 1
"""Number of the look that the detector rectifies; 0 is the whole crop, then follow `CROPS` and `ROTATIONS`."""
ALL = "average with all cuts and turns"
COMBINED = {
    ALL: tuple(range(1, DETECTED)),
    "average with all cuts": tuple(range(1, len(CROPS) + 1)),
    "average with detected": (DETECTED,),
    "average with all cuts, turns and detected": tuple(range(1, DETECTED + 1)),
}
BOTH = "average of all looks of both networks"
MARGINS, DEGREES, PLATE_WIDTH = (-0.05, 0.0, 0.05, 0.1, 0.2, 0.4), (0, 3, 6, 9, 12), 160

Gray = NDArray[np.uint8]


@dataclass
class Crop:
    """A crop: `right` says whether a text is right, `first_half` on which half it is."""

    gray: Gray
    right: Callable[[str], bool]
    first_half: bool


@dataclass
class Counted:
    """Right readings of the first half and of the second one."""

    halves: list[int] = field(default_factory=lambda: [0, 0])

    def add(self, crop: Crop, value: int) -> None:
        """Count for the half of a crop."""
        self.halves[not crop.first_half] += value


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and write the tables."""
    parser = command_line(__doc__)
    parser.add_argument("table", nargs="?", type=one_of(["cuts"]), help="only this one")
    asked = parser.parse_args(arguments)
    models = {name: open_model(name, "plate") for name in READERS}
    if asked.table is None:
        detector = open_model(None, "detector")
        rows = [row for name, crops in _sets() for row in _rows(name, crops, models, detector)]
        write_csv("crop-looks", rows)
    write_csv("cuts", _cut_rows(models))


def _sets() -> Iterator[tuple[str, list[Crop]]]:
    for name in SETS:
        if not (SHARED / name / "labels.csv").is_file():
            raise SystemExit(f"no real pictures at {SHARED}; name their folder with PLATE_EDGE_SHARED_DATA")
        entries = [entry for entry in read_labels(SHARED / name / "labels.csv") if entry.text]
        yield name, [Crop(open_picture(one.path).gray(), _is(one.text), chooses(one)) for one in entries]
    fits = find_region("cn").fits
    yield "frames-china", [Crop(one.gray, fits, one.choosing) for one in load_chinese()]
    renderer = PlateRenderer(installed_fonts(), SEED, "measure")
    drawn = [renderer.render(index) for index in range(PICTURES)]
    yield f"synthetic, seed {SEED}", [Crop(gray, _is(text), n % 2 == 0) for n, (gray, text) in enumerate(drawn)]


def _is(label: str) -> Callable[[str], bool]:
    return lambda text: fold(text) == fold(label)


def _rows(name: str, crops: Sequence[Crop], models: dict[str, Model], detector: Model) -> Iterator[dict[str, object]]:
    for reader, model in models.items():
        started = time.process_time()
        first = [(crop, texts := _texts([crop.gray], model)[0], choose(texts)) for crop in crops]
        ms = (time.process_time() - started) / len(crops) * 1000
        doubtful = [(crop, texts, reading) for crop, texts, reading in first if reading.confidence < LARGEST_BELOW]
        started, shipped = time.process_time(), [one for one in doubtful if one[2].confidence < BELOW]
        for crop, texts, _ in shipped:
            choose(average([texts, *_texts(other_looks(crop.gray), model)]))
        again_ms = (time.process_time() - started) / max(1, len(shipped)) * 1000
        counts, before = Counted(), Counted()
        for crop, _, reading in first:
            counts.add(crop, 1)
            before.add(crop, crop.right(reading.text))
        common = {"set": name, "reader": reader, "count": len(crops), "first_half": counts.halves[0]}
        costs = {"first_ms": round(ms, 2), "second_ms": round(again_ms, 2)}
        yield {**common, **_result("first look alone", "", before, 0), **costs}
        looks = [(crop, reading, [texts, *_all_looks(crop.gray, model, detector)]) for crop, texts, reading in doubtful]
        for how, numbers in COMBINED.items():
            yield from _results(common, how, before, [(c, r, _averaged(seen, numbers)) for c, r, seen in looks])
        sure = [(c, r, max((r, choose(seen[2])), key=lambda one: one.confidence)) for c, r, seen in looks]
        yield from _results(common, f"most confident with {CROPS[1][0]:g} x {CROPS[1][1]:g}", before, sure)
        if reader == DEFAULT:
            started = time.process_time()
            both = [(c, r, _with_second(c.gray, seen[:DETECTED], models[SECOND])) for c, r, seen in looks]
            second_ms = again_ms + (time.process_time() - started) / max(1, len(looks)) * 1000
            yield from (one | {"second_ms": round(second_ms, 2)} for one in _results(common, BOTH, before, both))


def _results(
    common: dict[str, object], how: str, before: Counted, doubtful: Sequence[tuple[Crop, Reading, Reading]]
) -> Iterator[dict[str, object]]:
    for below in (0.7, BELOW, LARGEST_BELOW) if how == ALL else (BELOW,):
        after, again = Counted(before.halves.copy()), 0
        for crop, first, second in doubtful:
            if first.confidence < below:
                again += 1
                after.add(crop, crop.right(second.text) - crop.right(first.text))
        yield {**common, **_result(how, below, after, again), "first_ms": "", "second_ms": ""}


def _result(how: str, below: object, right: Counted, again: int) -> dict[str, object]:
    halves = {"right_first_half": right.halves[0], "right_second_half": right.halves[1]}
    return {"looks": how, "below": below, **halves, "second_looks": again}


def _all_looks(gray: Gray, model: Model, detector: Model) -> list[list[Candidate]]:
    """Return the candidates of each cut and, where the detector finds a plate in the crop with a rim, of that one."""
    rim = round(max(gray.shape) / 4)
    framed = np.pad(gray, rim, mode="edge")
    found = Search(framed, detector, 0.1).detections
    detected = [rectify(framed, found[0].corners)] if found else []
    return _texts([*other_looks(gray), *detected], model)


def _with_second(gray: Gray, seen: Sequence[list[Candidate]], second: Model) -> Reading:
    return choose(average([*seen, *_texts([gray, *other_looks(gray)], second)]))


def _averaged(seen: Sequence[list[Candidate]], numbers: Sequence[int]) -> Reading:
    return choose(average([seen[0], *(seen[number] for number in numbers if number < len(seen))]))


def choose(candidates: Sequence[Candidate]) -> Reading:
    """Return the reading by the prior of all regions."""
    return choose_by(candidates, find_prior())


def _texts(crops: Sequence[Gray], model: Model) -> list[list[Candidate]]:
    manifest, logits = model.manifest, model.predict_pictures(crops)
    return find_candidates(logits, manifest.decoding, manifest.script, manifest.temperature)


def _cut_rows(models: dict[str, Model]) -> list[dict[str, object]]:
    """Cut the same synthetic plates with margins in heights of the plate on every side, and turned in their crop."""
    lettering, noise_fields, layouts = (
        Lettering(installed_fonts(), SEED, "measure"),
        NoiseFields(SEED),
        load_layouts("measure"),
    )
    faces = []
    for index in range(CUT_PICTURES):
        rng = RandomSource(f"{SEED} cuts {index}")
        layout = rng.choices(layouts, [one.weight for one in layouts])[0]
        face = render_face(layout, lettering, "measure", rng, noise_fields)
        if rng.chance(0.4):
            relief(face, rng)
        wear(face, rng, noise_fields)
        faces.append(face)
    rows: list[dict[str, object]] = []
    for margin, degrees in [(margin, 0) for margin in MARGINS] + [(0.05, degrees) for degrees in DEGREES[1:]]:
        crops = [Crop(_recut(face.picture, face.plate, margin, degrees), _is(face.text), True) for face in faces]
        row: dict[str, object] = {"margin_percent": round(100 * margin), "degrees": degrees, "count": len(crops)}
        for reader, model in models.items():
            first = [_texts([crop.gray], model)[0] for crop in crops]
            readings = [choose(texts) for texts in first]
            row[f"{reader} first"] = sum(crop.right(one.text) for crop, one in zip(crops, readings, strict=True))
            both = [
                choose(average([texts, *_texts(other_looks(crop.gray), model)])) if one.confidence < BELOW else one
                for crop, texts, one in zip(crops, first, readings, strict=True)
            ]
            row[f"{reader} both"] = sum(crop.right(one.text) for crop, one in zip(crops, both, strict=True))
        rows.append(row)
    return rows


def _recut(painted: Image.Image, plate: tuple[float, float, float, float], margin: float, degrees: int) -> Gray:
    """Turn a painted plate about its middle, and cut the upright box around it; the plate is 160 pixels wide then."""
    left, top, right, bottom = plate
    wide, tall = right - left, bottom - top
    rim = round(wide / 2)
    rimmed = Image.fromarray(np.pad(np.asarray(painted), rim, mode="edge"))
    middle = (left + right) / 2 + rim, (top + bottom) / 2 + rim
    turned = rimmed.rotate(degrees, Image.Resampling.BILINEAR, center=middle)
    sine, cosine = np.sin(np.radians(degrees)), np.cos(np.radians(degrees))
    across, down = (wide * cosine + tall * sine) / 2 + margin * tall, (wide * sine + tall * cosine) / 2 + margin * tall
    box = (middle[0] - across, middle[1] - down, middle[0] + across, middle[1] + down)
    scale = PLATE_WIDTH / wide
    size = round(2 * across * scale), round(2 * down * scale)
    return np.asarray(turned.resize(size, Image.Resampling.BOX, box=box))


if __name__ == "__main__":
    main()
