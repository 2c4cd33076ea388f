"""Open the models that the options of plate-infer name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plate_runtime.errors import PlateEdgeError

if TYPE_CHECKING:
    from plate_devices.cli.infer_options import InferOptions
    from plate_devices.events.records import Engine
    from plate_runtime.reader import PlateReader


def check_region(options: InferOptions) -> None:
    """Raise UsageError if --region names no region."""
    if options.region is not None:
        from plate_runtime.formats import find_region

        find_region(options.region)


def open_reader(options: InferOptions) -> PlateReader:
    """Open the models that the options name. Raises UsageError, ModelError, MissingPartError."""
    from plate_devices.cli.choose_models import choose_models, try_models
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
    from plate_runtime.shipped import DETECTING

    model = reader.model_for(options.read_as)
    labels = {"detector": reader.detector().manifest.label} if options.read_as in DETECTING else {}
    return Engine({**labels, "reader": model.manifest.label}, model.backend.name, model.manifest.script)
