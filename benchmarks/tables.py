"""Write the figures of the README and the documentation from the CSV files in `benchmarks/results`.

A table is between `<!-- figures: NAME -->` and `<!-- end of figures -->`.

Examples:
    python benchmarks/tables.py            # write them all again
    python benchmarks/tables.py --check    # exit code 3 if one is out of date
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from statistics import median

import cards
import column_tables
import reading_tables
from column_tables import Row, columns
from measuring import ROOT, command_line, markdown, result_rows

from plate_runtime.reader import PLATE_AT_LEAST

_BLOCK = re.compile(r"(<!-- figures: ([\w-]+) -->\n)(.*?)(<!-- end of figures -->)", re.DOTALL)
_READERS = {
    "plate-reader-": "`{}`",
    "plate-reader-nano-": "`{}`",
    "both readers": "`plate-reader`, and `plate-reader-nano` where it is in doubt: the default",
    "RapidOCR": "RapidOCR {version}, recogniser alone",
    "SimpleLPR": "SimpleLPR {version}",
    "Tesseract": "Tesseract {version}",
    "fast-plate-ocr": "fast-plate-ocr, smallest network, random weights",
    "cutting": "character network on segmented characters",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or check every table; return 0, or 3 if a table that was checked is out of date."""
    parser = command_line(__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, only say which pages are out of date")
    options = parser.parse_args(arguments)
    stale = []
    for path in pages():
        old = path.read_text("utf-8")
        new = filled(old)
        if new == old:
            continue
        stale.append(path)
        if not options.check:
            path.write_text(new, "utf-8")
    said = "out of date, run python benchmarks/tables.py" if options.check else "written"
    for path in stale:
        print(f"{path.relative_to(ROOT)}: {said}")
    return 3 if stale and options.check else 0


def pages() -> list[Path]:
    """Return the pages that may hold tables."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def filled(text: str) -> str:
    """Return a page with each of its tables made again. Raises KeyError for an unknown name."""
    return _BLOCK.sub(lambda found: f"{found[1]}{TABLES[found[2]]()}\n{found[4]}", text)


def readers() -> str:
    """Plate crops: percent of texts right with O=0 and I=1, by reader and set; costs are the median of the sets."""
    rows = [row for row in result_rows("plates") if _is_shown(row["reader"])]
    sets = list(dict.fromkeys(row["set"] for row in rows))
    readers_ = [[row for row in rows if row["reader"] == name] for name in dict.fromkeys(row["reader"] for row in rows)]
    heads = [f"{row['set'].removeprefix('plates-')}, {row['count']}" for row in readers_[0]]
    table = [["reader", *heads, "CPU ms a crop", "memory MB", "file MB"]]
    for found in sorted(readers_, key=lambda found: -_mean(found)):
        by_set, last = {row["set"]: row for row in found}, found[-1]
        cpu, memory = (median(float(row[key]) for row in found) for key in ("cpu_ms_median", "peak_memory_mb"))
        percents = [_percent(by_set[one]["folded_percent"]) if one in by_set else "" for one in sets]
        cost = [f"{cpu:.1f}", f"{memory:.0f}"]
        table.append([_label(last), *percents, *cost, f"{int(last['bytes']) / 1e6:.1f}"])
    return markdown(table)


def start() -> str:
    """From shell to answer: time and peak memory of whole processes."""
    table = [["process", "wall ms", "ratio", "CPU ms", "memory MB"]]
    for row in result_rows("start"):
        cost = [f"{float(row[key]):.0f}" for key in ("wall_ms_median", "cpu_ms_median", "peak_memory_mb")]
        table.append([row["process"], cost[0], row["ratio"], *cost[1:]])
    return markdown(table)


def inference() -> str:
    """One character in every interpreter."""
    table = [["interpreter", "precision", "CPU ms", "ratio"]]
    table += [
        [row["interpreter"], row["precision"], row["cpu_ms_median"], row["ratio"]] for row in result_rows("inference")
    ]
    return markdown(table)


def reporting() -> str:
    """What is reported from the default product on, with and without the text, on the half that chose nothing."""
    reported = [row for row in result_rows("reporting-rule") if row["half"] == "reported"]
    rows = [row for row in reported if float(row["threshold"]) == PLATE_AT_LEAST]
    heads = {
        "rule": "rule", "read_romania": "read in `frames-romania`", "read_scenes": "read in 250 synthetic scenes",
        "false_no_plates": "false in `frames-no-plates`", "false_scenes_without": "false in 250 scenes without plates",
    }  # fmt: skip
    return columns(rows, heads)


def following() -> str:
    """Simulated drives: what is reported of the vehicles that can be read."""
    table = [["frames read", "reported once and right", "missed", "wrong text", "reported again", "false"]]
    for row in result_rows("live-following"):
        rest = [row[key] for key in ("missed", "wrong", "again", "phantoms")]
        table.append([row["drives of 60 vehicles"], f"{row['right']} of {row['expected']}", *rest])
    return markdown(table)


def skipping() -> str:
    """How many frames are skipped because they show nothing new."""
    table = [["scene, one minute", "frames read", "skipped", "vehicles right"]]
    for row in result_rows("live-skipping"):
        right = f"{row['right']} of {row['expected']}" if int(row["expected"]) else "none passes"
        table.append([row["scene"], f"{row['read']} of {row['frames']}", f"{row['skipped_percent']} %", right])
    return markdown(table)


def drive() -> str:
    """The command itself in real time, with and without camera outages."""
    table = [["camera killed", "right", "missed", "wrong text", "again", "false", "memory MB", "delay ms", "one core"]]
    for row in result_rows("drive"):
        killed = f"{row['camera_deaths']} times, {float(row['seconds_without_pictures']):.0f} s"
        counts = [row[key] for key in ("missed", "wrong", "again", "phantoms")]
        memory = f"{row['memory_mb_after_1_minute']} to {row['memory_mb_at_end']}"
        table.append([
            killed if int(row["camera_deaths"]) else "never", f"{row['right']} of {row['expected']}", *counts,
            memory, row["behind_ms_median"], f"{row['cpu_percent_of_a_core']} %",
        ])  # fmt: skip
    return markdown(table)


def outputs() -> str:
    """What an event costs until every output has it."""
    table = [["outputs", "stored in ms, median (95 %)", "CPU ms", "written kB", "events/s after an outage"]]
    for row in result_rows("outputs"):
        name = {"fake": "none but the queue"}.get(row["outputs"], row["outputs"].replace(" ", ", "))
        put = f"{float(row['put_ms_median']):.1f} ({float(row['put_ms_95th']):.0f})"
        rest = [row[key] for key in ("cpu_ms_per_event", "written_kb_per_event", "behind_events_per_second")]
        table.append([name, put, *rest])
    return markdown(table)


def networks() -> str:
    """Networks for whole plates of six sizes, each trained for a few minutes: percent of texts right."""
    table = [["network", "million multiply-adds", "steps", "synthetic", "`us`", "`romania`", "`argentina`"]]
    for row in result_rows("plate-sizes"):
        percents = [_percent(row[f"{one} %"]) for one in ("drawn", "plates-us", "plates-romania", "plates-argentina")]
        name = f"`--width {row['width']} --depth {row['depth']}`"
        table.append([name, f"{int(row['multiply_adds']) / 1e6:.1f}", row["step"], *percents])
    return markdown(table)


def explained() -> str:
    """Causes that --explain names, for frames with one trouble each."""
    table = [["trouble", "frames", "named right", "other causes"]]
    for row in result_rows("explain"):
        named = {key.removeprefix("named "): count for key, count in row.items() if key.startswith("named ")}
        others = [f"{cause} {count}" for cause, count in named.items() if cause != row["trouble"] and count != "0"]
        table.append([row["trouble"], row["frames"], row["right"], ", ".join(others)])
    return markdown(table)


TABLES: dict[str, Callable[[], str]] = {
    "readers": readers, "start": start, "inference": inference, "reporting": reporting, "following": following,
    "skipping": skipping, "drive": drive, "explain": explained, "outputs": outputs, "networks": networks,
    **cards.TABLES, **column_tables.TABLES, **reading_tables.TABLES,
}  # fmt: skip
"""The name after `figures:` -> the function that makes the table."""


def _is_shown(reader: str) -> bool:
    """Whether the table has a row for it: our int8 files in LiteRT alone, and every other reader."""
    return not reader.startswith("plate-reader") or reader.endswith("-int8.tflite in litert")


def _label(row: Row) -> str:
    beginning = max((one for one in _READERS if row["reader"].startswith(one)), key=len)
    version = row["version"].split(",")[0]
    return _READERS[beginning].format(row["reader"].partition("-int8")[0], version=version)


def _percent(figure: str) -> str:
    return f"{float(figure):.1f}" if figure else ""


def _mean(rows: Iterable[Row]) -> float:
    percents = [float(row["folded_percent"] or 0) for row in rows]
    return sum(percents) / len(percents)


if __name__ == "__main__":
    sys.exit(main())
