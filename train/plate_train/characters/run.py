"""One run of `plate-train character`, from the data to the folder of results."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from plate_runtime.errors import DataError, UsageError, printable
from plate_runtime.script import Script

from ..atomic import write_json
from ..loop.run_files import MODEL_FILE, REPORT_FILE
from ..loop.search_record import completed_trials
from ..loop.shared_search import Address
from ..loop.start import occupied
from ..networks import weights_file
from ..networks.model_name import named
from ..networks.tensorflow_setup import fix, versions
from . import plots, protocol, report
from .data_check import check
from .datasets import CharacterSet, load_folder, measure_polarity
from .fit import Recipe
from .protocol import Scored, SeedResult
from .search import FOLDER, SearchResult, help_search, search
from .settings import Settings, protocol_name
from .splits import hold_out


@dataclass(frozen=True)
class Material:
    """What a run trains on and is scored on, what the file records of it, and what was found wrong with it."""

    train: CharacterSet
    val: Scored
    record: dict[str, Any]
    checked: dict[str, Any] | None


def run(
    settings: Settings,
    folder: Path,
    resume: bool,
    command: str,
    say: Callable[[str], None] = print,
    *,
    chief: Address | None = None,
) -> None:
    """Train, score and write everything into `folder`; `say` gets the lines for people.

    With `chief`, workers on other hosts train the trials of the search.

    Raises:
        DataError, UsageError: data or options do not fit. DeviceError: the folder cannot be written.
    """
    started = time.monotonic()
    recipe = settings.recipe()
    settings = with_polarity(named(settings, folder), say)
    if settings.start:
        # Loading a network starts TensorFlow, and with that fixes the number of threads.
        fix(settings.seed, settings.threads)
        recipe = replace(recipe, start=weights_file.load(Path(settings.start)))
    material = gather(settings, say)
    if settings.start:
        _require_shape(recipe.start, settings.start, len(material.train.alphabet))
    with results_folder(folder, settings, resume):
        recipe, searched = _searched(settings, recipe, material, folder=folder, resume=resume, chief=chief, say=say)
        seeds = range(settings.seed, settings.seed + settings.seeds)
        results = [_trained(settings, recipe, material, seed, say) for seed in seeds]
        protocol_used, seconds = protocol_name(settings), time.monotonic() - started
        record = material.record | weights_file.origin(settings.start) | {
            "seeds": [result.seed for result in results], "protocol": protocol_used, "recipe": recipe.to_json(),
            "libraries": versions(), "command": printable(command),
        }  # fmt: skip
        found = report.RunReport(protocol_used, results, material.val, record, material.checked, searched, seconds)
        _write(found, results[0], settings, folder)
    for line in found.lines():
        say(line)
    say(f"results in {folder}, the network of seed {results[0].seed} in {folder / MODEL_FILE}")


def with_polarity(settings: Settings, say: Callable[[str], None] = print) -> Settings:
    """Return the settings with a polarity: as given, both for synthetic characters, otherwise as measured in the data.

    Raises:
        DataError: the data cannot be read.
    """
    if settings.polarity is not None or settings.data is None:
        return settings
    polarity, how = measure_polarity(Path(settings.data), settings.script)
    say(f"polarity: {polarity}; {how} (--polarity sets it)")
    return replace(settings, polarity=polarity)


def gather(settings: Settings, say: Callable[[str], None] = print) -> Material:
    """Load and check the data folder, or render characters; `say` prints the findings."""
    if settings.data is None:
        return _drawn(settings, say)
    if not str(Path(settings.data).resolve()).isprintable():
        raise UsageError(f"{settings.data}: the model records this path, and it cannot be printed; rename the folder")
    data = load_folder(Path(settings.data), settings.spec(), None, settings.script)
    findings = check(data)
    for line in (*_absent(data.train.characters.alphabet, settings.script), *findings.lines()):
        say(line)
    splits = {"train": data.train.characters, "val": data.val.characters}
    record = {
        "kind": "folders",
        "path": str(data.path.resolve()),
        "sets": {name: {"count": len(split), "digest": split.digest} for name, split in splits.items()},
        "font_licences": [],
    }
    scored = Scored(splits["val"], findings.copied, findings.nearly_copied)
    return Material(splits["train"], scored, record, findings.to_json())


def _absent(alphabet: str, script: Script) -> list[str]:
    absent = [character for character in script.alphabet if character not in alphabet]
    return [f"classes: {alphabet}; the data has no {', '.join(absent)}, the network will not know them"] * bool(absent)


@contextlib.contextmanager
def results_folder(folder: Path, settings: Settings, resume: bool) -> Iterator[None]:
    """Make the run's folder; leave nothing of it behind where a run ends early without a search to resume.

    Raises:
        UsageError: it holds another run already, or another process trains in it. DeviceError: it cannot be written.
    """
    if (folder / REPORT_FILE).exists():
        raise UsageError(f"{folder} holds a finished run; name another folder with --out")
    if not resume and (folder / FOLDER).exists():
        raise UsageError(f"{folder} holds an unfinished search; add --resume, or name another folder with --out")
    with occupied(folder, settings, keeps=(FOLDER,)):
        yield


def _drawn(settings: Settings, say: Callable[[str], None]) -> Material:
    from .synthetic_set import character_fonts, record, synthetic_split

    if settings.spec().polarity != "any":
        raise UsageError("synthetic characters have both polarities; use --polarity with --data")
    fonts = character_fonts()
    validating = max(3600, settings.drawn // 20) if settings.drawn >= 3600 else max(36, settings.drawn // 5)
    train, val = synthetic_split(fonts, settings.seed, settings.drawn, validating, settings.threads)
    say(f"rendered {len(train)} characters to train and {len(val)} to validate; {len(fonts)} fonts, families disjoint")
    nothing = np.zeros(len(val), bool)
    return Material(train, Scored(val, nothing, nothing), record(fonts, settings.seed, train, val), None)


def work(settings: Settings, folder: Path, chief: Address, say: Callable[[str], None] = print) -> None:
    """Train trials for a chief on another host; `folder` is this worker's.

    Raises:
        UsageError: the chief has other settings or data. DataError: the data cannot be read.
        DeviceError: the chief does not answer.
    """
    settings = with_polarity(settings, say)
    fitted, held = _parts(settings, gather(settings, say))
    help_search(
        settings.recipe(), fitted, held, spec=settings.spec(), seed=settings.seed, run=folder, chief=chief, say=say
    )


def _searched(
    settings: Settings, recipe: Recipe, material: Material, *,
    folder: Path, resume: bool, chief: Address | None, say: Callable[[str], None],
) -> tuple[Recipe, SearchResult | None]:  # fmt: skip
    if not settings.trials:
        return recipe, None
    if resume:
        say(f"resuming after {completed_trials(folder / FOLDER)} of {settings.trials} trials")
    searched = search(
        recipe, *_parts(settings, material),
        spec=settings.spec(), seed=settings.seed, trials=settings.trials, run=folder, resume=resume, chief=chief,
        say=say,
    )  # fmt: skip
    return replace(recipe, hyper=searched.best.hyper), searched


def _parts(settings: Settings, material: Material) -> tuple[CharacterSet, CharacterSet]:
    """Return what trials are trained and scored on."""
    if protocol_name(settings) == "honest":
        return hold_out(material.train, settings.seed)
    return material.train, material.val.characters


def _trained(
    settings: Settings, recipe: Recipe, material: Material, seed: int, say: Callable[[str], None]
) -> SeedResult:
    protocols = {"honest": protocol.honest, "mission": protocol.mission, "drawn": protocol.drawn}
    return protocols[protocol_name(settings)](recipe, material.train, material.val, settings.spec(), seed, say=say)


def _write(found: report.RunReport, first: SeedResult, settings: Settings, folder: Path) -> None:
    """Pictures and model first, the report last: a folder with a report is complete."""
    characters = found.val.characters
    plots.learning_curves(found.results, folder / "learning_curves.png")
    plots.confusion_matrix(first.probabilities, characters.labels, folder / "confusion_matrix.png", characters.alphabet)
    plots.error_sheet(found.errors(), characters.pictures, folder / "errors.png")
    if found.searched is not None:
        plots.search_results(found.searched, folder / "search.png")
    meta = weights_file.ModelMeta(
        alphabet=characters.alphabet,
        input=settings.spec(),
        name=settings.name,
        version=settings.version,
        temperature=first.temperature,
        training=_model_record(found.record, first),
    )
    weights_file.save(first.model, folder / MODEL_FILE, meta)
    write_json(found.to_json(), folder / REPORT_FILE)


def _model_record(record: Mapping[str, Any], first: SeedResult) -> dict[str, Any]:
    return dict(record) | {"seed": first.seed, "epochs": first.epochs, "val": first.val.to_json()}


def _require_shape(model: Any, path: str, classes: int) -> None:
    if tuple(model.input_shape) != (None, 28, 28, 1) or model.output_shape[-1] != classes:
        raise DataError(
            f"{path}: the network takes {model.input_shape} and distinguishes {model.output_shape[-1]} classes; "
            f"--from needs (None, 28, 28, 1) and {classes}, as the data has"
        )
