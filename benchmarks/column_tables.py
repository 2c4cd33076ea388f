"""Tables that show columns of one result as they are, for `tables`."""

from __future__ import annotations

from functools import partial

from measuring import markdown, result_rows

Row = dict[str, str]


def columns(rows: str | list[Row], heads: dict[str, str]) -> str:
    """Return some columns of a result, each under its heading.

    Args:
        rows: or the name of a CSV file in `results`. heads: heading of each column, by its name there.
    """
    rows = result_rows(rows) if isinstance(rows, str) else rows
    return markdown([list(heads.values()), *([row[key] for key in heads] for row in rows)])


# Heading of each column, by result and by its name there.
_HEADS = {
    # Whole frames, step by step.
    "finding": {
        "step": "step, one thread", "cpu_ms_median": "CPU ms, median",
    },
    # Several cameras in one process, some of which fail, beside runs of each camera alone.
    "cameras": {
        "cameras": "cameras", "minutes": "minutes", "right": "vehicles right",
        "percent_of_alone": "% of single runs", "again": "twice", "memory_mb": "MB",
        "delay_ms_median": "delay ms, median", "delay_ms_95": "95 %", "cpu_percent_of_a_core": "% of a core",
        "servers_cpu_percent": "servers",
    },
    # Memory of RTSP cameras.
    "cameras-rtsp": {
        "cameras": "RTSP cameras", "memory_mb": "MB", "delay_ms_median": "delay ms, median",
        "cpu_percent_of_a_core": "% of a core",
    },
    # Cameras that send more frames than can be read.
    "cameras-overload": {
        "kind": "8 cameras", "sent_each": "sent a second", "read_least": "read, least", "read_most": "most",
        "delay_ms_median": "delay ms, median", "delay_ms_95": "95 %", "cpu_ms_a_frame": "CPU ms a frame read",
        "cpu_percent_of_a_core": "% of a core",
    },
    # What servers of many devices need for an event, and how many events they take.
    "fleet": {
        "server": "server", "clients": "clients", "events_per_second": "events a second",
        "server_cpu_ms_per_event": "server's CPU ms an event", "bytes_per_event": "bytes on disk an event",
    },
    # An honest client beside hostile ones.
    "hostile-clients": {
        "server": "server", "hostile_clients": "hostile clients", "asked": "requests", "unanswered": "unanswered",
        "median_ms": "median ms", "p95_ms": "95 % ms", "longest_ms": "longest ms", "peak_memory_mb": "peak MB",
    },
    # How many random changes of each part the tests notice, before and after tests for those that survived.
    "mutants": {
        "part": "part", "tests": "tests", "mutants": "changes", "justified": "justified", "noticed": "noticed",
        "survived": "survived", "untested": "no test runs it", "percent": "% noticed",
    },
    # Frames of 1280x720 a second by reader and number of processes.
    "jobs": {
        "reader": "reader", "jobs": "processes", "frames_a_second_median": "frames/s",
        "cpu_ms_a_frame_median": "CPU ms a frame", "times_one_job_median": "times one process",
        "cpu_to_one_job_median": "CPU to one process", "memory_mb_of_one_process": "memory MB of a process",
    },
    # CPU milliseconds of each step of reading a frame.
    "jobs-steps": {
        "step": "step", "cpu_ms_a_frame": "CPU ms",
    },
    # Archives on processes and on a cluster.
    "archive": {
        "run": "run", "set": "set", "distinct_rows": "rows", "equal_to_local": "equal to local",
        "inputs_a_second": "inputs/s", "cpu_ms_an_input": "CPU ms an input",
        "core_hours_a_million": "core-hours a million",
    },
    # Searches among a million events.
    "history": {
        "database": "database", "kind": "search", "searches": "searches", "found_per_search": "found each",
        "median_ms": "median ms", "p95_ms": "95 % ms", "longest_ms": "most ms", "peak_memory_mb": "memory MB",
    },
    # A search for hyperparameters with a chief and workers.
    "shared-search": {
        "workers": "workers", "trials": "trials", "seconds": "seconds", "seconds_per_trial": "seconds a trial",
        "best_score": "best score",
    },
    # Actions: from the frame to the pin, wrong pulses and kills.
    "actions": {
        "figure": "measured", "value": "figure",
    },
    # Directions of vehicles in simulated drives.
    "directions": {
        "drives": "drives", "vehicles": "vehicles", "right": "right", "unclear": "not clear", "wrong": "wrong",
    },
    # Plates read before and after training with corrected ones.
    "learning-circle": {
        "set": "plates", "count": "count", "before": "read before", "after": "read after", "points": "points",
    },
}  # fmt: skip

TABLES = {name: partial(columns, name, heads) for name, heads in _HEADS.items()}
