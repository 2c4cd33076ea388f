"""The state of the program in the text format of Prometheus, version 0.0.4."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from plate_devices.health.state import Health

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Labels = dict[str, str]


class Metric(NamedTuple):
    """One metric: its name without prefix, "counter" or "gauge", what it means, and its values by labels."""

    name: str
    kind: str
    help: str
    values: list[tuple[Labels, float | None]]


def render(health: Health) -> str:
    """Return the page; what nobody knows is left out."""
    return "".join(f"{line}\n" for metric in _metrics(health) for line in _lines(metric))


def _metrics(health: Health) -> Iterator[Metric]:
    yield _one("info", "gauge", "What runs.", 1, {"source": health.source, "engine": health.engine})
    yield _one("uptime_seconds", "gauge", "Seconds since watching began.", health.seconds_up)
    frames: list[tuple[Labels, float | None]] = [
        ({"result": "read"}, health.frames_read),
        ({"result": "skipped"}, health.frames_skipped),
        ({"result": "dropped"}, health.frames_dropped),
    ]
    yield Metric("frames_total", "counter", "Frames: read, unchanged, came too fast.", frames)
    yield _one("plates_total", "counter", "Readings of plates in frames.", health.plates)
    yield _one("vehicles_total", "counter", "Vehicles that were told.", health.vehicles)
    yield _one("frame_rate", "gauge", "Frames read a second, lately.", health.frame_rate)
    yield _one("frame_limit", "gauge", "Frames a second that heat leaves.", health.frame_limit)
    yield _one("behind_seconds", "gauge", "From capture to the end of reading.", health.behind)
    yield _one("last_frame_age_seconds", "gauge", "Seconds since a frame came.", health.seconds_without_frame)
    yield _one("source_up", "gauge", "1 while pictures come.", float(not health.source_state))
    yield _one("source_outages_total", "counter", "How often the source was lost.", health.outages)
    yield _one("reloads_total", "counter", "How often the settings were read again.", health.reloads)
    yield _one("temperature_celsius", "gauge", "The processor's hottest sensor.", health.temperature)
    slow = None if health.throttled is None else float(any(" since " not in one for one in health.throttled))
    yield _one("throttled", "gauge", "1 while the board slows itself down.", slow)
    yield _one("memory_bytes", "gauge", "Memory this process holds.", health.memory_used)
    yield _one("disk_free_bytes", "gauge", "Space where events wait.", health.disk_free)
    yield _one("disk_up", "gauge", "1 while the disk takes events.", float(not health.disk_error))
    unreadable = "Events found damaged on the disk and set aside."
    yield _one("queue_unreadable_total", "counter", unreadable, health.events_unreadable)
    yield _one("retention_up", "gauge", "1 while nothing stays that is too old.", float(not health.retention_error))
    yield from _of_threads(health)
    yield _one("clock_set", "gauge", "1 once the clock is known to be right.", _number(health.clock_set))
    yield from _of_outputs(health)


def _of_outputs(health: Health) -> Iterator[Metric]:
    told = [({"output": state.name}, state) for state in health.outputs]
    yield Metric("output_waiting", "gauge", "Events on disk, not delivered.", [(to, s.waiting) for to, s in told])
    delivered: list[tuple[Labels, float | None]] = [(to, s.delivered) for to, s in told]
    yield Metric("output_delivered_total", "counter", "Events acknowledged.", delivered)
    yield Metric("output_dropped_total", "counter", "Events lost to a full queue.", [(to, s.dropped) for to, s in told])
    up: list[tuple[Labels, float | None]] = [(to, float(not s.last_error)) for to, s in told]
    yield Metric("output_up", "gauge", "1 while the output takes events.", up)


def _of_threads(health: Health) -> Iterator[Metric]:
    states = [({"thread": state.name}, state) for state in health.threads]
    up: list[tuple[Labels, float | None]] = [(labels, float(state.running)) for labels, state in states]
    yield Metric("thread_up", "gauge", "1 while a background thread runs.", up)
    failures: list[tuple[Labels, float | None]] = [(labels, state.failures) for labels, state in states]
    yield Metric("thread_failures_total", "counter", "How often a background thread failed.", failures)


def _one(name: str, kind: str, help_: str, value: float | None, labels: Labels | None = None) -> Metric:
    return Metric(name, kind, help_, [(labels or {}, value)])


def _number(flag: bool | None) -> float | None:
    return None if flag is None else float(flag)


def _lines(metric: Metric) -> Iterable[str]:
    known = [(labels, value) for labels, value in metric.values if value is not None]
    if not known:
        return
    name = f"plate_edge_{metric.name}"
    yield f"# HELP {name} {metric.help}"
    yield f"# TYPE {name} {metric.kind}"
    for labels, value in known:
        told = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
        yield f"{name}{{{told}}} {_figure(value)}" if told else f"{name} {_figure(value)}"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _figure(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else f"{value:.6g}"
