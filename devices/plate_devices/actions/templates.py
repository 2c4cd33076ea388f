"""Texts with `$names` that are filled in from a vehicle, such as the body of a request."""

from __future__ import annotations

import json
from string import Template
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote_plus

from plate_devices.setting_errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plate_devices.actions.action import Occasion

Escape = Literal["json", "form", "text"]
"""How values are escaped: within a JSON string, in a form or an address, or as one line of text."""

LONGEST = 4000

NAMES = {
    "action": "name of the action",
    "camera": "name of the camera",
    "confidence": "probability that the text is right, such as 0.98",
    "direction": "direction of the vehicle, or nothing",
    "frames": "frames that read this text",
    "list": "name of the first watch list with the vehicle, or nothing",
    "name": "name beside the plate in that list, or nothing",
    "source": "address of the camera without secrets",
    "text": "the text; nothing if privacy hides it",
    "text_hash": "its hash, in privacy mode hash",
    "time": "time of the last frame, UTC",
    "vehicle_id": "id of the vehicle's record",
}
"""What `$NAME` stands for. `$$` is a dollar sign."""

_SAMPLES = ('He said "no"\\', "", "1")


def check_template(key: str, text: str, escape: Escape) -> None:
    """Raise SettingError if a template has an unknown name, or does not give JSON where it has to."""
    if len(text) > LONGEST:
        raise SettingError(key, f"it has {len(text)} characters, at most {LONGEST} are allowed")
    template = Template(text)
    if not template.is_valid():
        raise SettingError(key, "a $ stands before no name; write a dollar sign as $$")
    if unknown := sorted(set(template.get_identifiers()) - set(NAMES)):
        raise SettingError(key, f"${unknown[0]} is unknown; names are {', '.join(f'${name}' for name in NAMES)}")
    if escape == "json":
        for sample in _SAMPLES:
            try:
                json.loads(template.substitute({name: _escaped(sample, escape) for name in NAMES}))
            except (ValueError, RecursionError) as error:
                raise SettingError(key, f"it does not give valid JSON ({error}); put names in quotes") from None


def fill(text: str, escape: Escape, occasion: Occasion, action: str) -> str:
    """Return a checked template with the values of a vehicle."""
    record = occasion.record
    plate = record["plates"][0]
    listed: Mapping[str, Any] = next(iter(record.get("watchlists") or ()), {})
    values = {
        "action": action,
        "camera": occasion.camera,
        "confidence": f"{occasion.confidence:.2f}",
        "direction": occasion.direction,
        "frames": occasion.frames,
        "list": listed.get("name"),
        "name": listed.get("plate_name"),
        "source": record.get("source"),
        "text": plate.get("text"),
        "text_hash": plate.get("text_hash"),
        "time": record.get("last_time"),
        "vehicle_id": occasion.vehicle_id,
    }
    shown = {name: _escaped("" if value is None else str(value), escape) for name, value in values.items()}
    return Template(text).substitute(shown)


def _escaped(value: str, escape: Escape) -> str:
    if escape == "json":
        return json.dumps(value)[1:-1]
    if escape == "form":
        return quote_plus(value, errors="replace")
    return " ".join("".join(one if one.isprintable() else " " for one in value).split())
