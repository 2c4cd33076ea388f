"""What training and export read: weights, networks, settings of runs, checkpoints, reports."""

from __future__ import annotations

import dataclasses
import json
import tempfile
from pathlib import Path
from typing import Any

from .base import Kind, refused_or_read
from .mutate import mutate_bytes, mutate_text


def check_h5(path: Path) -> None:
    """What `plate-export` and `plate-train --from` do with a `.h5`, up to the loaded network."""
    from plate_train.networks import weights_file

    refused_or_read(lambda: weights_file.read_meta(path))
    refused_or_read(lambda: weights_file.load(path))


def check_description(path: Path) -> None:
    """A network's description by itself."""
    from plate_train.networks import network_check

    text = path.read_bytes().decode("utf-8", "surrogateescape")
    refused_or_read(lambda: network_check.check(network_check.parse(text, str(path)), str(path)))


def check_run_settings(path: Path) -> None:
    """The settings of a run, of each of the three networks."""
    import argparse

    from plate_train.characters.settings import Settings
    from plate_train.command import _parser
    from plate_train.detector import options as detector
    from plate_train.loop.run_files import SETTINGS_FILE, recorded_settings
    from plate_train.plates import options as plates

    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / SETTINGS_FILE).write_bytes(path.read_bytes())
        for read in (plates.read_settings, detector.read_settings):
            refused_or_read(lambda read=read: _use(read(Path(folder))))  # type: ignore[misc]
        parser: argparse.ArgumentParser = _parser()[1]
        refused_or_read(lambda: Settings(**recorded_settings(Path(folder), SETTINGS_FILE, Settings, parser)).recipe())


def _use(settings: Any) -> None:
    settings.size()
    settings.plan()
    settings.goal()


def check_checkpoint(path: Path) -> None:
    """The checkpoint of a run, and a file of drawings."""
    from plate_train.loop import checkpoint, shards

    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / checkpoint.FILE).write_bytes(path.read_bytes())
        refused_or_read(lambda: checkpoint.load(Path(folder)))
    refused_or_read(lambda: shards.read_shard(path))


def check_report(path: Path) -> None:
    """A run's report, and the record of a search."""
    from plate_train.loop import search_record
    from plate_train.loop.run_files import read_json

    refused_or_read(lambda: read_json(path))
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / search_record.FILE).write_bytes(path.read_bytes())
        refused_or_read(lambda: search_record.completed_trials(Path(folder)))


def _h5() -> list[bytes]:
    import hostile_h5

    from plate_train.networks import weights_file
    from plate_train.networks.h5_file import TRAINING

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "seed.h5"
        with hostile_h5.write(path, [hostile_h5.INPUT, hostile_h5.dense()]) as file:
            for name, value in weights_file._attributes(weights_file.ModelMeta()).items():
                file.attrs[weights_file.PREFIX + name] = value
            file[TRAINING] = "{}"
        return [path.read_bytes()]


def _descriptions() -> list[bytes]:
    import hostile_h5

    layers = [hostile_h5.INPUT, {**hostile_h5.dense(), "inbound_nodes": [{"args": [], "kwargs": {}}]}]
    return [json.dumps({"class_name": "Sequential", "config": {"name": "s", "layers": layers}}).encode()]


def _run_settings() -> list[bytes]:
    from plate_train.characters.settings import Settings as Characters
    from plate_train.detector.settings import Settings as Detector
    from plate_train.plates.settings import Settings as Plates

    return [json.dumps(dataclasses.asdict(one())).encode() for one in (Plates, Detector, Characters)]


def _checkpoints() -> list[bytes]:
    import numpy as np

    from plate_train.loop import checkpoint

    with tempfile.TemporaryDirectory() as folder:
        state = checkpoint.State(step=5, total=10, history=[{"step": 5, "loss": 1.5}], generators=[("0" * 64, 0)])
        checkpoint.save(Path(folder), state, [np.zeros((3, 3), np.float32), np.arange(2)])
        drawings = Path(folder) / "drawings.npz"
        np.savez(drawings, pictures=np.zeros((2, 4, 8), np.uint8), texts=np.array(["AB", "C"]))
        return [(Path(folder) / checkpoint.FILE).read_bytes(), drawings.read_bytes()]


def _reports() -> list[bytes]:
    settings = {"model": "ctc", "width": 1.0, "depth": 2, "seed": 0}
    training = {"settings": settings, "parameters": 5, "multiply_adds": 7, "step": 9, "hours": 0.5}
    report = {"training": training, "scores": {"drawn": {"folded": 5, "count": 10}}}
    return [json.dumps(report).encode(), json.dumps({"a/trial.json": json.dumps({"status": "COMPLETED"})}).encode()]


KINDS = {
    "h5": Kind(".h5", _h5, mutate_bytes, check_h5),
    "description": Kind(".json", _descriptions, mutate_text, check_description),
    "run-settings": Kind(".json", _run_settings, mutate_text, check_run_settings),
    "checkpoint": Kind(".npz", _checkpoints, mutate_bytes, check_checkpoint),
    "report": Kind(".json", _reports, mutate_text, check_report),
}
