"""Opens models, after assigning model files to their roles, detector and reader."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from plate_runtime.errors import PlateEdgeError, UsageError
from plate_runtime.script import LATIN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plate_devices.events.records import Engine
    from plate_devices.run_options import InferOptions
    from plate_runtime.reader import PlateReader
    from plate_runtime.script import Script


class Models(NamedTuple):
    """Files of a reader and a detector; None stands for the default model."""

    reader: str | None = None
    detector: str | None = None


def try_models(models: Models, backend: str = "auto") -> None:
    """Try models that are not shipped ones, in separate processes. Raises ModelError."""
    from plate_runtime.shipped import MODELS, named_model
    from plate_runtime.trial import try_model

    for name in models:
        if name is not None and (path := named_model(name, backend)).parent != MODELS:
            try_model(path, backend)


def tried_models(options: InferOptions) -> InferOptions:
    """Try the models if the options ask for it, and return options with which no other process tries them again.

    Raises:
        UsageError: two models have the same role, or the mode needs no detector.
        ModelError: a model is damaged.
    """
    if not options.check_model:
        return options
    try_models(choose_models(options.models, options.read_as, options.backend), options.backend)
    return options._replace(check_model=False)


def choose_models(named: Sequence[str], read_as: str, backend: str = "auto") -> Models:
    """Return the roles of model files, or of names of shipped models.

    Raises:
        UsageError: two models have the same role, or the mode needs no detector.
        ModelError: a file is damaged.
    """
    from plate_runtime.shipped import DETECTING, named_model

    if len(named) == 1 and read_as not in DETECTING:
        return Models(reader=named[0])  # validated when it is opened
    from plate_runtime.model_file import read_model_file

    found: dict[bool, str] = {}
    for name in named:
        is_detector = read_model_file(named_model(name, backend)).manifest.kind == "detector"
        if is_detector in found:
            role = "detector" if is_detector else "reader"
            raise UsageError(f"only one {role} is used; {found[is_detector]} and {name} are both one")
        found[is_detector] = name
    if True in found and read_as not in DETECTING:
        raise UsageError(f"{found[True]} is a detector, which --as {read_as} does not use")
    return Models(found.get(False), found.get(True))


def script_of(named: Sequence[str], backend: str = "auto") -> Script:
    """Return the characters that the named reader reads; those of the shipped ones without a reader.

    Raises:
        ModelError: a file is damaged.
    """
    from plate_runtime.model_file import read_model_file
    from plate_runtime.shipped import named_model

    manifests = (read_model_file(named_model(name, backend)).manifest for name in named)
    return next((one.script for one in manifests if one.kind != "detector"), LATIN)


def open_reader(options: InferOptions) -> PlateReader:
    """Open the models that the options name. Raises UsageError, ModelError, MissingPartError."""
    from plate_runtime.reader import PlateReader

    models = choose_models(options.models, options.read_as, options.backend)
    if options.check_model:
        try_models(models, options.backend)
    reader = PlateReader(models.reader, options.backend, options.threads, options.read_as, models.detector)
    try:
        reader.check_region(options.region, options.read_as)
    except PlateEdgeError:
        reader.close()
        raise
    return reader


def engine_of(options: InferOptions, reader: PlateReader) -> Engine:
    """Return the models and the backend of a reader, for the records."""
    from plate_devices.events.records import Engine

    return Engine.of(reader.manifests(options.read_as), reader.model_for(options.read_as).backend.name)


def digests_of(options: InferOptions, reader: PlateReader) -> dict[str, str]:
    """Return the SHA-256 of the model files of a reader, by their part."""
    return {part: manifest.sha256 for part, manifest in reader.manifests(options.read_as).items()}
