"""Messages from a process that reads inputs to the process that prints, in the order in which things happened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from plate_devices.events.records import Engine, Record
    from plate_devices.live.tally import Tally
    from plate_devices.outputs.label_draft import DraftLabel

SAVED = "\0saved "
"""Begins the value of `crop` in a record until the picture has its path; the picture's number follows."""


class Printed(NamedTuple):
    """A record to print; `source` is its name in lines of text."""

    record: Record
    source: str


class Said(NamedTuple):
    """A message to log."""

    event: str
    message: str
    details: dict[str, Any]


class Hinted(NamedTuple):
    """A line for a terminal."""

    text: str


class Saved(NamedTuple):
    """A picture to save: a JPEG, the name it should get, and its number in records that follow; see `SAVED`.

    label: what was read of a crop, for its `label_draft`.
    """

    folder: Literal["annotate", "crops"]
    name: str
    content: bytes
    number: int
    label: DraftLabel | None = None


class Crashed(NamedTuple):
    """The process that read an input ended over it; `reason` is a sentence."""

    source: str
    reason: str


Event = Printed | Said | Hinted | Saved | Crashed


class Ready(NamedTuple):
    """The models are open; `digests` are the SHA-256 of the model files by their part, `events` came while opening."""

    engine: Engine
    digests: dict[str, str]
    events: list[Event]


class Refused(NamedTuple):
    """The models cannot be opened."""

    error: Exception


class Part(NamedTuple):
    """What happened to an input so far."""

    events: list[Event]


class Done(NamedTuple):
    """The last events of an input, its exit code and its counts; `JobPool.read` adds the path."""

    events: list[Event]
    code: int
    tally: Tally
    path: str = ""


class Failed(NamedTuple):
    """The last events of an input, and an error that ends the run."""

    events: list[Event]
    error: Exception


Message = Ready | Refused | Part | Done | Failed
