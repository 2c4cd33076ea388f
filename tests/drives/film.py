"""A drive as a video file with a file of the true plates; also as a command.

python -m drives.film FILE.mp4 [--seed N] [--vehicles N] [--seconds N] [--night]     (in tests/)
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import cv2

from drives.painter import DrivePainter
from drives.traffic import LEGIBLE, RATE, Drive, plan_drive

CODECS = {".mp4": "mp4v", ".avi": "MJPG", ".mkv": "mp4v"}


def write_film(path: Path, painter: DrivePainter, frames: range | None = None) -> None:
    """Encode frames of a drive, by default all, at `RATE` frames per second; the suffix names the codec."""
    codec = cv2.VideoWriter_fourcc(*CODECS[path.suffix])
    writer = cv2.VideoWriter(str(path), codec, RATE, painter.drive.camera.size)
    if not writer.isOpened():
        raise OSError(f"{path} cannot be encoded")
    try:
        for number in frames or range(painter.drive.frames):
            writer.write(cv2.cvtColor(painter.paint(number), cv2.COLOR_RGB2BGR))
    finally:
        writer.release()


def truth(drive: Drive) -> dict[str, Any]:
    """Describe a drive: each passing with its text, first and last second, and in how many frames it can be read."""
    found = {one.number: [] for one in drive.passings if one.text}
    for number in range(drive.frames):
        for sight in drive.sights(number / RATE):
            if sight.legible and not drive.is_dark(number / RATE):
                found[sight.passing.number].append(number)
    return {
        "seed": drive.seed, "seconds": drive.seconds, "rate": RATE, "legible": f"{LEGIBLE:g} pixels wide, uncovered",
        "passings": [
            {"text": one.text, "manner": one.manner, "from": round(one.path[0][0], 2), "to": round(one.path[-1][0], 2),
             "legible_frames": len(found[one.number])}
            for one in drive.passings if one.text
        ],
    }  # fmt: skip


def main() -> None:
    """Write a video and `FILE.json`."""
    parser = argparse.ArgumentParser(description="Encode a drawn drive.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--vehicles", type=int, default=60)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--night", action="store_true")
    given = parser.parse_args()
    drive = plan_drive(given.seed, given.vehicles, given.seconds)
    write_film(given.file, DrivePainter(drive, *((12.0, 0.35) if given.night else ())))
    given.file.with_suffix(".json").write_text(json.dumps(truth(drive), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
