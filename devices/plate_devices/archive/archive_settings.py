"""The options of a run of plate-archive."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

    from plate_devices.run_options import InferOptions


class ArchiveOptions(NamedTuple):
    """The options of plate-archive.

    Attributes:
        inputs: folders, files, patterns, lists and addresses.
        out: the folder of the archive; with `summary` the one that is summarised.
        reader: how each input is read.
        retry_errors: inputs whose row has an error are read once more.
    """

    inputs: list[str]
    out: Path
    engine: str
    address: str | None
    jobs: int | None
    reader: InferOptions
    retry_errors: bool = False
    summary: bool = False
    histogram: Path | None = None
    json: bool = False
