"""The public records: one JSON object a line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from plate_devices.unique_ids import uuid7
from plate_runtime.script import LATIN, Script

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from plate_devices.follow import Vehicle
    from plate_devices.sources.source import Frame
    from plate_runtime.manifest import Manifest
    from plate_runtime.results import Plate

SCHEMA = 1

Record = dict[str, Any]


class Engine(NamedTuple):
    """What read: models by their part, as `name@version`, the backend they ran in, and the characters they read."""

    models: dict[str, str]
    backend: str
    script: Script = LATIN

    @classmethod
    def of(cls, manifests: Mapping[str, Manifest], backend: str) -> Engine:
        """Return the engine of models by their part; one is the reader."""
        labels = {part: manifest.label for part, manifest in manifests.items()}
        return cls(labels, backend, manifests["reader"].script)

    def __str__(self) -> str:
        return f"{', '.join(self.models.values())} in {self.backend}"


class Origin(NamedTuple):
    """Where a record comes from.

    Attributes:
        source: file, or address of the camera without secrets.
        engine: what read.
        still: whether the source is a picture.
        camera: name of the camera, "" for none.
        tags: of the camera.
    """

    source: str
    engine: Engine
    still: bool = False
    camera: str = ""
    tags: tuple[str, ...] = ()

    @property
    def keys(self) -> Record:
        """The keys of a record: `source`; `camera` and `tags` only where they are set."""
        camera = {"camera": self.camera} if self.camera else {}
        return {"source": self.source, **camera, **({"tags": list(self.tags)} if self.tags else {})}


def frame_record(origin: Origin, frame: Frame, plates: Iterable[Plate], elapsed_ms: float) -> Record:
    """Return the record of one frame; `elapsed_ms` is the time that reading took."""
    height, width = frame.rgb.shape[:2]
    return {
        "schema": SCHEMA,
        "type": "frame",
        "id": uuid7(),
        **origin.keys,
        "frame": frame.number,
        "time": timestamp(frame.time),
        "seconds": _seconds(frame.seconds),
        "width": width,
        "height": height,
        "plates": [plate_record(plate) for plate in plates],
        "elapsed_ms": round(elapsed_ms, 2),
        "models": origin.engine.models,
        "backend": origin.engine.backend,
    }


def vehicle_record(origin: Origin, vehicle: Vehicle) -> Record:
    """Return the record of a vehicle that has left; `crop` is null until a picture is saved."""
    record = {"schema": SCHEMA, "type": "vehicle", "id": vehicle.id or uuid7(), **_followed(origin, vehicle)}
    return record | {"crop": None, "models": origin.engine.models, "backend": origin.engine.backend}


def seen_record(origin: Origin, vehicle: Vehicle) -> Record:
    """Return the record of a vehicle in view that enough frames agree on. It has an id of its own."""
    record = {"schema": SCHEMA, "type": "seen", "id": uuid7(), "vehicle_id": vehicle.id, **_followed(origin, vehicle)}
    return record | {"models": origin.engine.models, "backend": origin.engine.backend}


def _followed(origin: Origin, vehicle: Vehicle) -> Record:
    return {
        **origin.keys,
        "first_time": timestamp(vehicle.first_time),
        "last_time": timestamp(vehicle.last_time),
        "first_frame": vehicle.first_frame,
        "last_frame": vehicle.last_frame,
        "first_seconds": _seconds(vehicle.first_seconds),
        "last_seconds": _seconds(vehicle.last_seconds),
        "stay_seconds": _seconds(vehicle.stay),
        "direction": vehicle.direction,
        "frames": vehicle.frames,
        "frames_read": vehicle.read,
        "plates": [plate_record(vehicle.plate) | {"confidence": _probability(vehicle.confidence)}],
    }


def error_record(origin: Origin, error: BaseException) -> Record:
    """Return the record of an input that could not be read."""
    return {"schema": SCHEMA, "type": "error", **origin.keys, "error": " ".join(str(error).split())}


def plate_record(plate: Plate) -> Record:
    """Return the record of a plate; box and corners are in pixels of the whole picture."""
    return {
        "text": plate.text,
        "raw_text": plate.raw_text,
        "confidence": _probability(plate.confidence),
        "detection_confidence": _probability(plate.detection_confidence),
        "box": [_pixels(value) for value in plate.box],
        "corners": [[_pixels(x), _pixels(y)] for x, y in plate.corners],
        "region": plate.region,
        "characters": [
            {
                "text": character.text,
                "confidence": _probability(character.confidence),
                "alternatives": [[text, _probability(value)] for text, value in character.alternatives],
            }
            for character in plate.characters
        ],
    }


def timestamp(moment: datetime | None) -> str | None:
    """Return a UTC time in RFC 3339 with milliseconds, or None."""
    return None if moment is None else moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def to_line(record: Mapping[str, Any]) -> str:
    """Return a record as one line of ASCII without a line break. Raises ValueError for NaN or infinity."""
    import json

    return json.dumps(record, allow_nan=False, separators=(", ", ": "))


def _seconds(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def _probability(value: float) -> float:
    return round(float(value), 4)


def _pixels(value: float) -> float | int:
    rounded = round(float(value), 1)
    return int(rounded) if rounded.is_integer() else rounded
