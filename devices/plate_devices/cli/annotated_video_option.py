"""Check `--annotate FILE.mp4`, which writes a video instead of pictures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from plate_devices.sources.video_formats import SUFFIXES, is_video
from plate_runtime.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from plate_devices.config.load import Config

_WRITTEN = ".mp4"


def names_video(annotate: str) -> bool:
    """Whether `--annotate` names a video, not a folder. Raises UsageError for a video that cannot be written."""
    suffix = Path(annotate).suffix.lower()
    if suffix in SUFFIXES and suffix != _WRITTEN and not Path(annotate).is_dir():
        raise UsageError(f"--annotate {annotate}: videos are written as {_WRITTEN}; name such a file, or a folder")
    return suffix == _WRITTEN


def check_video(video: str, paths: Sequence[str], given: Mapping[str, Any], config: Config | None) -> None:
    """Raise UsageError if a video cannot be written of what is read.

    Args:
        video: file to write.
        paths: inputs; none for a camera.
        given: the values of all options.
        config: the settings.
    """
    named = f"--annotate {video}"
    for other in ("--socket", "--explain"):
        if given[other]:
            raise UsageError(f"{named} cannot be used with {other}; it needs a video or a camera")
    if len(paths) > 1:
        raise UsageError(f"{named} is one video of one input, and {len(paths)} are named; choose one, or a folder")
    for path in paths:
        if not is_video(path):
            raise UsageError(f"{named} needs a video or a camera, and {path} is neither; name a folder for pictures")
    privacy = None if config is None else config.privacy
    if not paths and privacy is not None and privacy.keep_days:
        raise UsageError(f"{named} and keep_days contradict each other: old frames of a video cannot be deleted")
