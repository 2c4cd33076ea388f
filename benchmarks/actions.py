"""Measure actions: from the frame to the pin, wrong pulses, and second pulses after kills.

    python benchmarks/actions.py                    -> results/actions.csv, about 12 minutes
    python benchmarks/actions.py --vehicles 20 --drawn 50 --kills 2     -> a quick look

1. Rendered vehicles pass a camera of 10 frames a second in real time. The pin is gpiozero's mock. At the same time the
   broker of another action and of an output is dead, and a search runs over 200,000 stored events in the same process.
   Measured: from the capture of the frame that made enough frames agree to the active pin.
2. Degraded crops, several for each vehicle, are read by the shipped reader and followed. Half of the vehicles are on
   the list; for each of the others the list holds a text that differs in one character.
3. The program is killed at random while a car stands before the camera (tests/action_kills.py).
"""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from measuring import ROOT, command_line, whole, write_csv
from PIL import Image, ImageFilter

from plate_devices.actions.action import ListMatch, occasion_of
from plate_devices.actions.conditions import why_not
from plate_devices.actions.gpio import GpioSettings
from plate_devices.audit.audit_log import FILE_NAME, AuditLog
from plate_devices.events.records import Engine, Origin, plate_record, seen_record
from plate_devices.follow import Follower
from plate_devices.imaging.plate_picture import draw_plate
from plate_devices.outputs.sqlite import SqliteOutput, SqliteSettings
from plate_devices.sources.demo import DemoCamera, vehicles
from plate_devices.sources.newest_frame import NewestFrameSource
from plate_devices.sources.open_camera import SCHEMES
from plate_devices.sources.source import Frame, Frames
from plate_devices.watchlists.lists import WatchLists
from plate_devices.watchlists.watchlist_settings import WatchlistSettings
from plate_runtime import PlateReader
from plate_runtime.alphabet import fold

sys.path.insert(0, str(ROOT / "tests"))

RATE = 10.0
STORED = 200_000
SEED = 3
CROPS = 8
SETTINGS = """
[queue]
folder = "{folder}"
[source]
address = "paced:{count}"
[read]
as = "plate"
[[watchlist]]
name = "all"
file = "{folder}/all.txt"
[[output]]
type = "mqtt"
url = "mqtt://127.0.0.1:9"
[[output]]
type = "sqlite"
path = "{folder}/events.sqlite"
[[action]]
type = "gpio"
name = "gate"
pin = 17
pulse = 0.1
lists = ["all"]
cool_down = 1
min_confidence = 0.8
[[action]]
type = "mqtt"
name = "message"
url = "mqtt://127.0.0.1:9"
topic = "gate"
lists = ["all"]
cool_down = 1
"""


class PacedCamera(DemoCamera):
    """The demo camera in real time, `RATE` frames a second; a frame is captured when it is yielded."""

    def frames(self) -> Frames:
        began: float | None = None
        for index, rgb in enumerate(self._rendered()):
            began = time.monotonic() if began is None else began
            time.sleep(max(0.0, began + index / RATE - time.monotonic()))
            yield Frame(rgb, index, datetime.now(UTC))


def latencies(count: int, folder: Path) -> tuple[list[float], int]:
    """Return the milliseconds from frame to pin of each vehicle that opened, and how many searches ended."""
    from gpiozero import Device
    from gpiozero.pins.mock import MockFactory, MockPin

    from plate_devices.actions import action_worker
    from plate_devices.cli.infer import command

    active: list[float] = []

    class TimedPin(MockPin):  # type: ignore[misc]
        def _change_state(self, value: bool) -> bool:
            if value:
                active.append(time.time())
            changed: bool = super()._change_state(value)
            return changed

    Device.pin_factory = MockFactory(pin_class=TimedPin)
    SCHEMES["paced"] = lambda name, rest, _: NewestFrameSource(PacedCamera(name, int(rest)), drops=True)
    captured: list[float] = []
    before = action_worker.ActionWorker._do

    def noted(self: action_worker.ActionWorker, job: action_worker._Job) -> None:
        if self.settings.name == "gate":
            captured.append(datetime.fromisoformat(job.occasion.record["last_time"]).timestamp())
        before(self, job)

    action_worker.ActionWorker._do = noted  # type: ignore[method-assign]
    (folder / "all.txt").write_text("\n".join(one.text for one in vehicles(count)) + "\n")
    (folder / "gate.toml").write_text(SETTINGS.format(folder=folder, count=count))
    fill_database(folder / "events.sqlite")
    stop, searches = threading.Event(), []
    searching = threading.Thread(target=lambda: searches.extend(search(folder / "events.sqlite", stop)))
    searching.start()
    try:
        command(["--config", str(folder / "gate.toml")])
    finally:
        stop.set()
        searching.join()
    rows = AuditLog(folder / FILE_NAME).rows(10_000, what="action.not")
    for why, times in Counter(row.why for row in rows if row.who == "gate").items():
        print(f"{times} without a pulse: {why}", file=sys.stderr)
    return [1000 * (pin - frame) for pin, frame in zip(active, captured, strict=True)], len(searches)


def fill_database(path: Path) -> None:
    """Store events as the SQLite output does."""
    output = SqliteOutput(SqliteSettings(path=path))
    output.open()
    texts = [one.text for one in vehicles(1000, seed=9)]
    now = datetime(2026, 5, 1, tzinfo=UTC)
    for first in range(0, STORED, 5000):
        output.send(
            [
                {
                    "schema": 1, "type": "vehicle", "id": f"{number:032d}",
                    "last_time": (now + timedelta(seconds=number)).isoformat(timespec="milliseconds"),
                    "plates": [{"text": texts[number % 1000], "confidence": 0.9}],
                }
                for number in range(first, first + 5000)
            ]
        )  # fmt: skip
    output.close()


def search(path: Path, stop: threading.Event) -> Iterator[int]:
    """Search for parts of texts without a pause, as a user of the page might."""
    import sqlite3

    connection = sqlite3.connect(path)
    number = 0
    while not stop.is_set():
        number += 1
        part = f"%{number % 90 + 10}%"
        yield len(connection.execute("SELECT record FROM events WHERE text LIKE ? LIMIT 50000", (part,)).fetchall())
    connection.close()


def degraded(plate: Image.Image, width: int, chance: np.random.Generator) -> np.ndarray:
    """Return a crop of a plate as a poor camera shows it, `width` pixels wide: blurred, dim, tilted, noisy."""
    picture = plate.convert("RGB").rotate(chance.normal(0, 2.0), expand=True, fillcolor=(90, 90, 90))
    picture = picture.resize((width, round(width * picture.height / picture.width)), Image.Resampling.BOX)
    picture = picture.filter(ImageFilter.GaussianBlur(chance.uniform(0.3, 1.1)))
    pixels = np.asarray(picture, np.float64) * chance.uniform(0.35, 1.0) + chance.normal(0, 9, (*picture.size[::-1], 1))
    return np.clip(pixels, 0, 255).astype(np.uint8)


def drawn(count: int, folder: Path) -> Counter[str]:
    """Return counts: vehicles on the list and near it, pulses for them, and texts that were read wrong."""
    chance, reader = np.random.default_rng(SEED), PlateReader()
    cars = vehicles(count, seed=SEED)
    listed = [one.text if number % 2 == 0 else near(one.text, chance) for number, one in enumerate(cars)]
    (folder / "list.txt").write_text("\n".join(listed) + "\n")
    lists = {
        fuzzy: WatchLists([WatchlistSettings("all", folder / "list.txt", fuzzy)], print) for fuzzy in (False, True)
    }
    gates = {fuzzy: GpioSettings(name="gate", pin=17, lists=("all",), fuzzy=fuzzy, simulate=True) for fuzzy in lists}
    origin, found = Origin("drawn", Engine({}, "litert")), Counter[str]()
    start = datetime(2026, 5, 1, tzinfo=UTC)
    for number, car in enumerate(cars):
        kind = "listed" if number % 2 == 0 else "near"
        found[kind] += 1
        plate = draw_plate(car.text, 116, car.style, 528)
        width, follower, pulses = int(chance.integers(44, 110)), Follower(has_positions=False), set()
        for index in range(CROPS):
            rgb = degraded(plate, width, chance)
            frame = Frame(rgb, index, start + timedelta(seconds=index / RATE))
            follower.add(frame, reader.read(rgb, as_="plate"))
            for seen in follower.seen():
                for fuzzy, watched in lists.items():
                    record = seen_record(origin, seen.vehicle)
                    watched.mark(record)
                    occasion = occasion_of(record, record, seen.vehicle.id, 100.0)
                    if not why_not(gates[fuzzy], occasion, None):
                        pulses.add(fuzzy)
        found.update(f"{kind} pulses{' fuzzy' if fuzzy else ''}" for fuzzy in pulses)
        (vehicle,) = follower.finish() or (None,)
        found["unread"] += vehicle is None
        found["wrong"] += vehicle is not None and fold(vehicle.plate.text) != fold(car.text)
        found["doubtful"] += vehicle is not None and vehicle.confidence < gates[False].min_confidence
    return found


def near(text: str, chance: np.random.Generator) -> str:
    """Return a text that differs in one character, and not only by confusables."""
    while True:
        place = int(chance.integers(len(text)))
        others = "23456789" if text[place].isdigit() else "ABCDEFGHJKLMNPRSTUVWXYZ"
        other = others[int(chance.integers(len(others)))]
        if fold(other) != fold(text[place]):
            return text[:place] + other + text[place + 1 :]


def near_misses(count: int, folder: Path) -> int:
    """Return how many confidently read texts that differ in one character from a listed one meet the conditions."""
    from device_helpers import make_plate

    chance = np.random.default_rng(SEED)
    listed = [one.text for one in vehicles(count, seed=SEED)]
    (folder / "near.txt").write_text("\n".join(listed) + "\n")
    watched = WatchLists([WatchlistSettings("all", folder / "near.txt", True)], print)
    folded, pulses, tried = {fold(text) for text in listed}, 0, 0
    gate = GpioSettings(name="gate", pin=17, lists=("all",), simulate=True)
    for text in listed:
        other = near(text, chance)
        if fold(other) not in folded:
            tried += 1
            plate = plate_record(make_plate(other, 0.97))
            record = {"plates": [plate], "frames": 9, "direction": "approaching"}
            matches = tuple(ListMatch(one["name"], one["match"]) for one in watched.matches(plate))
            occasion = occasion_of(record, record, "x", 100.0)._replace(matches=matches)
            pulses += not why_not(gate, occasion, None)
    assert tried >= 0.99 * count
    return pulses


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and write."""
    parser = command_line(__doc__)
    parser.add_argument("--vehicles", type=whole(1), default=200, help="that pass in real time (200)")
    parser.add_argument("--drawn", type=whole(1), default=1000, help="vehicles in degraded crops (1000)")
    parser.add_argument("--kills", type=whole(1), default=6, help="for each of ten passings (6)")
    options = parser.parse_args(arguments)
    from action_kills import Trial

    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        times, searches = latencies(options.vehicles, folder)
        found = drawn(options.drawn, folder)
        misses = near_misses(500, folder)
        killed = Path(made, "killed")
        killed.mkdir()
        counts = Trial(killed, passings=10, seed=SEED).run(options.kills)
    rows = [
        ("vehicles in real time", options.vehicles),
        ("pulses", len(times)),
        ("searches at the same time", searches),
        ("frame to pin, median ms", round(float(np.median(times)))),
        ("frame to pin, 95 % ms", round(float(np.percentile(times, 95)))),
        ("frame to pin, most ms", round(max(times))),
        ("near misses in texts", 500),
        ("pulses for them", misses),
        ("degraded vehicles on the list", found["listed"]),
        ("degraded vehicles near it", found["near"]),
        ("degraded vehicles not reported", found["unread"]),
        ("degraded vehicles with a wrong text", found["wrong"]),
        ("pulses for those on the list", found["listed pulses"]),
        ("wrong pulses, for those near it", found["near pulses"]),
        ("wrong pulses with fuzzy = true", found["near pulses fuzzy"]),
        ("kills at random", len(counts) * options.kills),
        ("passings under kills", len(counts)),
        ("of these with an action", sum(count > 0 for count in counts)),
        ("of these with a second action", sum(count > 1 for count in counts)),
    ]
    write_csv("actions", [{"figure": name, "value": value} for name, value in rows])


if __name__ == "__main__":
    main()
