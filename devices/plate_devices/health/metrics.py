"""The metrics, each declared once in `METRICS`, and their page in the text format of Prometheus, version 0.0.4."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from plate_devices.actions.action import ActionState
    from plate_devices.health.state import CameraHealth, Health
    from plate_devices.outputs.output import OutputState
    from plate_devices.threads import ThreadState

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
PREFIX = "plate_edge_"

Kind = Literal["counter", "gauge"]
Sample = tuple[dict[str, str], float | None]
"""Labels and a value; None if the value is unknown."""


class Metric(NamedTuple):
    """The declaration of a metric.

    Attributes:
        name: without `PREFIX`.
        kind: of Prometheus.
        labels: names of its labels; samples of the only camera lack `camera`, if the settings do not name it.
        help: what it means, one sentence.
        read: returns its samples.
    """

    name: str
    kind: Kind
    labels: tuple[str, ...]
    help: str
    read: Callable[[Health], Iterable[Sample]]


def render(health: Health) -> str:
    """Return the page; unknown values are omitted."""
    return "".join(f"{line}\n" for metric in METRICS for line in _lines(metric, health))


def _single(name: str, kind: Kind, help_: str, value: Callable[[Health], float | None]) -> Metric:
    return Metric(name, kind, (), help_, lambda health: [({}, value(health))])


def _per_camera(name: str, kind: Kind, help_: str, value: Callable[[CameraHealth], float | None]) -> Metric:
    return Metric(name, kind, ("camera",), help_, lambda h: [(_camera(one), value(one)) for one in h.cameras])


def _camera(health: CameraHealth) -> dict[str, str]:
    """Return the label of a camera; the only camera has none, if the settings do not name it."""
    return {"camera": health.name} if health.name else {}


def _per_output(name: str, kind: Kind, help_: str, value: Callable[[OutputState], float]) -> Metric:
    return Metric(name, kind, ("output",), help_, lambda h: [({"output": one.name}, value(one)) for one in h.outputs])


def _per_action(name: str, kind: Kind, help_: str, value: Callable[[ActionState], float | None]) -> Metric:
    return Metric(name, kind, ("action",), help_, lambda h: [({"action": one.name}, value(one)) for one in h.actions])


def _per_thread(name: str, kind: Kind, help_: str, value: Callable[[ThreadState], float]) -> Metric:
    return Metric(name, kind, ("thread",), help_, lambda h: [({"thread": one.name}, value(one)) for one in h.threads])


def _info(health: Health) -> Iterable[Sample]:
    return [({"source": one.source, "engine": one.engine} | _camera(one), 1) for one in health.cameras]


def _frames(health: Health) -> Iterable[Sample]:
    return [
        ({"result": result} | _camera(one), count)
        for one in health.cameras
        for result, count in (
            ("read", one.frames_read),
            ("skipped", one.frames_skipped),
            ("dropped", one.frames_dropped),
        )
    ]


def _throttled(health: Health) -> float | None:
    return None if health.throttled is None else any(" since " not in one for one in health.throttled)


METRICS = (
    Metric("info", "gauge", ("source", "engine", "camera"), "Source and models in use; always 1.", _info),
    _single("uptime_seconds", "gauge", "Seconds since the start.", lambda h: h.seconds_up),
    Metric(
        "frames_total",
        "counter",
        ("result", "camera"),
        "Frames read, skipped (nothing new), dropped.",
        _frames,
    ),
    _per_camera("plates_total", "counter", "Plates read in frames.", lambda h: h.plates),
    _per_camera("vehicles_total", "counter", "Vehicles reported.", lambda h: h.vehicles),
    _per_camera("frame_rate", "gauge", "Frames read per second, recently.", lambda h: h.frame_rate),
    _single("frame_limit", "gauge", "Most frames per second of each camera while it is hot.", lambda h: h.frame_limit),
    _per_camera("behind_seconds", "gauge", "Seconds from capture to the end of reading.", lambda h: h.behind),
    _per_camera(
        "decodes_all",
        "gauge",
        "1 while every frame is decoded, 0 while the processor is too busy for that.",
        lambda h: h.decoding == "all",
    ),
    _per_camera("last_frame_age_seconds", "gauge", "Seconds since the last frame.", lambda h: h.seconds_without_frame),
    _per_camera("source_up", "gauge", "1 while the source gives pictures.", lambda h: not h.source_state),
    _per_camera("source_outages_total", "counter", "How often the source was lost.", lambda h: h.outages),
    _single("reloads_total", "counter", "How often the settings were reloaded.", lambda h: h.reloads),
    _single("temperature_celsius", "gauge", "Temperature of the processor's hottest sensor.", lambda h: h.temperature),
    _single("throttled", "gauge", "1 while the board slows down; on a Raspberry Pi.", _throttled),
    _single("memory_bytes", "gauge", "Resident memory of the process.", lambda h: h.memory_used),
    _single("disk_free_bytes", "gauge", "Free space on the disk of the queue.", lambda h: h.disk_free),
    _single("disk_up", "gauge", "1 while events can be written to the disk.", lambda h: not h.disk_error),
    _single("queue_unreadable_total", "counter", "Damaged events that were set aside.", lambda h: h.events_unreadable),
    _single("retention_up", "gauge", "1 while everything too old is deleted.", lambda h: not h.retention_error),
    _per_thread("thread_up", "gauge", "1 while a background thread runs.", lambda one: one.running),
    _per_thread("thread_failures_total", "counter", "How often a background thread failed.", lambda one: one.failures),
    _single("clock_set", "gauge", "1 once the clock is known to be right.", lambda h: h.clock_set),
    _per_output("output_waiting", "gauge", "Events in the queue for the output.", lambda one: one.waiting),
    _per_output("output_delivered_total", "counter", "Events the output acknowledged.", lambda one: one.delivered),
    _per_output("output_dropped_total", "counter", "Events refused, or dropped when full.", lambda one: one.dropped),
    _per_output("output_up", "gauge", "1 while the output accepts events.", lambda one: not one.last_error),
    _per_action("action_done_total", "counter", "How often the action was done, also as a dry run.", lambda a: a.done),
    _per_action("action_failed_total", "counter", "How often the action failed.", lambda a: a.failed),
    _per_action("action_refused_total", "counter", "Vehicles for which the action was too busy.", lambda a: a.refused),
    _per_action("action_up", "gauge", "1 while the action is available.", lambda a: not a.last_error),
    _per_action("action_active", "gauge", "1 while the pin is active.", lambda a: a.active),
)


def _lines(metric: Metric, health: Health) -> Iterator[str]:
    known = [(labels, value) for labels, value in metric.read(health) if value is not None]
    if not known:
        return
    name = f"{PREFIX}{metric.name}"
    yield f"# HELP {name} {metric.help}"
    yield f"# TYPE {name} {metric.kind}"
    for labels, value in known:
        listed = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
        yield f"{name}{{{listed}}} {_number(value)}" if listed else f"{name} {_number(value)}"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else f"{value:.6g}"
