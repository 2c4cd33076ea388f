"""One run of `plate-train character`, from the data to the folder of results."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from plate_runtime.alphabet import ALPHABET
from plate_runtime.errors import DataError, DeviceError, UsageError
from plate_runtime.manifest import InputSpec
from plate_runtime.script import Script

from ..atomic import write_json
from ..loop.run_files import MODEL_FILE, REPORT_FILE, SETTINGS_FILE
from ..loop.search_record import completed_trials
from ..networks import weights_file
from ..networks.model_name import named
from ..networks.tensorflow_setup import fix, versions
from . import plots, protocol, report
from .architectures import Hyperparameters
from .augment import Strength
from .data_check import check
from .datasets import CharacterSet, load_folder, measure_polarity
from .fit import Recipe
from .protocol import Scored, SeedResult
from .search import FOLDER, SearchResult, search
from .splits import hold_out


@dataclass(frozen=True)
class Settings:
    """What the command line says, kept in the run's folder so that `--resume` goes on with the same.

    Attributes are named after their options; None stands for a default that depends on others.
    """

    data: str | None = None
    alphabet: str | None = None
    model: str = "tuned"
    trials: int = 0
    epochs: int | None = None
    seed: int = 0
    seeds: int = 1
    protocol: str = "honest"
    augment: float | None = None
    drawn: int = 200_000
    batch: int = 32
    learning_rate: float | None = None
    dropout: float | None = None
    first_filters: int | None = None
    second_filters: int | None = None
    first_dense: int | None = None
    second_dense: int | None = None
    start: str | None = None
    polarity: str | None = None
    name: str = ""
    version: str = "1.0.0"
    threads: int = 1

    def recipe(self) -> Recipe:
        """Return how networks are trained with these settings.

        Raises:
            UsageError: options contradict each other.
        """
        if self.model != "tuned" and self.trials:
            raise UsageError("--trials searches the sizes of the tuned network; leave out --model baseline or --trials")
        if self.start and self.trials:
            raise UsageError("--from keeps a network's sizes, --trials searches them; leave out one")
        if self.data is None and self.alphabet is not None:
            raise UsageError(f"drawings are of {ALPHABET}; --alphabet goes with --data")
        if self.data is None and self.protocol == "mission":
            raise UsageError("--protocol mission chooses on val/, which needs --data DIR")
        chosen = {
            entry.name: value for entry in fields(Hyperparameters) if (value := getattr(self, entry.name)) is not None
        }
        mission = self.protocol == "mission"
        factor = self.augment if self.augment is not None else (0.5 if self.data is None else 1.0)
        strength = Strength().scaled(factor) if factor > 0 else None
        if strength is not None and self.data is None:
            strength = replace(strength, invert=0.0)  # drawings come in both polarities already
        return Recipe(
            model=self.model,
            hyper=replace(Hyperparameters(), **chosen),
            epochs=self.epochs or (30 if self.data is None else 60),
            batch=self.batch,
            augment=strength,
            schedule="constant" if mission else "cosine",
            average=0.0 if mission else 0.05,
            threads=self.threads,
        )

    @property
    def script(self) -> Script:
        """The characters that the classes are taken from."""
        return Script(self.alphabet or ALPHABET)

    def spec(self) -> InputSpec:
        """Return the network's input; its polarity is known after `with_polarity`."""
        return InputSpec(polarity=self.polarity or "any")


@dataclass(frozen=True)
class Material:
    """What a run trains on and is scored on, what the file records of it, and what was found wrong with it."""

    train: CharacterSet
    val: Scored
    record: dict[str, Any]
    checked: dict[str, Any] | None


def run(settings: Settings, folder: Path, resume: bool, command: str, say: Callable[[str], None] = print) -> None:
    """Train, score and write everything into `folder`; `say` gets the lines for people.

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
        recipe, searched = _searched(settings, recipe, material, folder=folder, resume=resume, say=say)
        seeds = range(settings.seed, settings.seed + settings.seeds)
        results = [_trained(settings, recipe, material, seed, say) for seed in seeds]
        record = (
            material.record
            | weights_file.origin(settings.start)
            | {
                "seeds": [result.seed for result in results],
                "protocol": protocol_name(settings),
                "recipe": recipe.to_json(),
                "libraries": versions(),
                "command": command,
            }
        )
        found = report.RunReport(
            protocol_name(settings),
            results,
            material.val,
            record,
            material.checked,
            searched,
            time.monotonic() - started,
        )
        _write(found, results[0], settings, folder)
    for line in found.lines():
        say(line)
    say(f"results in {folder}, the network of seed {results[0].seed} in {folder / MODEL_FILE}")


def with_polarity(settings: Settings, say: Callable[[str], None] = print) -> Settings:
    """Return the settings with a polarity: the one given, both for drawings, else the one measured in the data.

    Raises:
        DataError: the data cannot be read.
    """
    if settings.polarity is not None or settings.data is None:
        return settings
    polarity, how = measure_polarity(Path(settings.data), settings.script)
    say(f"polarity: {polarity}; {how} (--polarity sets it)")
    return replace(settings, polarity=polarity)


def gather(settings: Settings, say: Callable[[str], None] = print) -> Material:
    """Load and check the data folder, or draw; `say` gets what was found."""
    if settings.data is None:
        return _drawn(settings, say)
    data = load_folder(Path(settings.data), settings.spec(), None, settings.script)
    findings = check(data)
    for line in (*_absent(data.train.characters.alphabet, settings.script), *findings.lines()):
        say(line)
    parts = {"train": data.train.characters, "val": data.val.characters}
    record = {
        "kind": "folders",
        "path": str(data.path.resolve()),
        "sets": {name: {"count": len(part), "digest": part.digest} for name, part in parts.items()},
        "font_licences": [],
    }
    scored = Scored(parts["val"], findings.copied, findings.nearly_copied)
    return Material(parts["train"], scored, record, findings.to_json())


def _absent(alphabet: str, script: Script) -> list[str]:
    absent = [sign for sign in script.alphabet if sign not in alphabet]
    return [f"classes: {alphabet}; the data has no {', '.join(absent)}, the network will not know them"] * bool(absent)


def protocol_name(settings: Settings) -> str:
    """Return "honest" or "mission" for a data folder, "drawn" without one."""
    return "drawn" if settings.data is None else settings.protocol


@contextlib.contextmanager
def results_folder(folder: Path, settings: Settings, resume: bool) -> Iterator[None]:
    """Make the run's folder; leave nothing of it behind where a run ends early without a search to resume.

    Raises:
        UsageError: it holds another run already. DeviceError: it cannot be written.
    """
    if (folder / REPORT_FILE).exists():
        raise UsageError(f"{folder} holds a finished run; name another folder with --out")
    if not resume and (folder / FOLDER).exists():
        raise UsageError(f"{folder} holds an unfinished search; add --resume, or name another folder with --out")
    existed = folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_json(asdict(settings), folder / SETTINGS_FILE)
        yield
    except BaseException as error:
        if not (folder / FOLDER).exists():
            with contextlib.suppress(OSError):
                (folder / SETTINGS_FILE).unlink(missing_ok=True)
                if not existed:
                    folder.rmdir()
        if isinstance(error, OSError):
            reason = error.strerror or (str(error).splitlines() or ["unknown reason"])[0]
            raise DeviceError(
                f"{folder} cannot be written ({reason}); free some space or name another folder with --out"
            ) from error
        raise


def unfinished_run(runs: Path) -> Path:
    """Return the newest unfinished run with a search in `runs`.

    Raises:
        UsageError: there is none.
    """
    found = [
        path.parent for path in runs.glob(f"*/{SETTINGS_FILE}")
        if (path.parent / FOLDER).is_dir() and not (path.parent / REPORT_FILE).exists()
    ]  # fmt: skip
    if not found:
        raise UsageError(f"no unfinished search in {runs}/; name a run with --out")
    return max(found, key=lambda path: (path / SETTINGS_FILE).stat().st_mtime)


def _drawn(settings: Settings, say: Callable[[str], None]) -> Material:
    from .synthetic_set import character_fonts, drawn_split, record

    if settings.spec().polarity != "any":
        raise UsageError("drawings come in both polarities; --polarity goes with --data")
    fonts = character_fonts()
    validating = max(3600, settings.drawn // 20) if settings.drawn >= 3600 else max(36, settings.drawn // 5)
    train, val = drawn_split(fonts, settings.seed, settings.drawn, validating, settings.threads)
    say(f"drew {len(train)} characters to train and {len(val)} to validate; {len(fonts)} fonts, families disjoint")
    nothing = np.zeros(len(val), bool)
    return Material(train, Scored(val, nothing, nothing), record(fonts, settings.seed, train, val), None)


def _searched(
    settings: Settings, recipe: Recipe, material: Material, *, folder: Path, resume: bool, say: Callable[[str], None]
) -> tuple[Recipe, SearchResult | None]:
    if not settings.trials:
        return recipe, None
    if resume:
        say(f"resuming after {completed_trials(folder / FOLDER)} of {settings.trials} trials")
    fitted, held = material.train, material.val.characters
    if protocol_name(settings) == "honest":
        fitted, held = hold_out(material.train, settings.seed)
    searched = search(
        recipe, fitted, held,
        spec=settings.spec(), seed=settings.seed, trials=settings.trials, run=folder, resume=resume, say=say,
    )  # fmt: skip
    return replace(recipe, hyper=searched.best.hyper), searched


def _trained(
    settings: Settings, recipe: Recipe, material: Material, seed: int, say: Callable[[str], None]
) -> SeedResult:
    ways = {"honest": protocol.honest, "mission": protocol.mission, "drawn": protocol.drawn}
    return ways[protocol_name(settings)](recipe, material.train, material.val, settings.spec(), seed, say=say)


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
            f"{path}: the network takes {model.input_shape} and tells {model.output_shape[-1]} classes apart; "
            f"--from needs (None, 28, 28, 1) and {classes}, as the data has"
        )
