"""The routes of the live page that depend on the settings: watch lists, corrections, and the history."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from plate_devices.corrections.correction_folder import CorrectionFolder
from plate_devices.history.history_source import HistorySource
from plate_devices.history.history_views import HistoryViews
from plate_devices.outputs.saved_pictures import is_masked
from plate_devices.private_files import read_regular
from plate_devices.serve.list_views import ListViews, PastSource
from plate_devices.serve.review_views import ReviewViews

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from plate_devices.audit.audit_log import AuditLog
    from plate_devices.config.load import Config
    from plate_devices.run_options import InferOptions
    from plate_devices.serve.routes import Route
    from plate_runtime.script import Script

_LARGEST_CROP = 4 << 20
_JPEG = b"\xff\xd8"


def page_routes(options: InferOptions, audit: AuditLog, script: Callable[[], Script]) -> list[Route]:
    """Return the routes for lists, corrections and history; `script` returns the characters of plates."""
    config = options.config
    if config is None:
        return []
    source = HistorySource(config.outputs, config.history, config.privacy)
    past = PastSource(None if source.text_reason else source.near, source.text_reason)
    lists = ListViews(config.watchlists, audit, past, script)
    cameras = [one.name for one in config.sources if one.name]
    names = [one.name for one in config.watchlists]
    history = HistoryViews(source, cameras, names, config.pictures.events)
    review = _review(config, source, options.save_crops, audit, script)
    return [*lists.routes(), *review.routes(), *history.routes()]


def page_settings(options: InferOptions) -> tuple[Any, ...]:
    """Return the settings that the routes depend on; the page is opened again if they change."""
    config = options.config
    if config is None:
        return ()
    sections = (config.serve, config.watchlists, config.outputs, config.queue, config.privacy, config.corrections)
    return (*sections, config.history, config.pictures, config.sources, options.save_crops)


class SavedVehicles:
    """Vehicles of the history with their saved crops; see `review_views.Vehicles`."""

    def __init__(self, past: HistorySource, crops: Path, keeps_others: bool) -> None:
        """Take the folder of crops.

        Args:
            keeps_others: whether crops of plates on no watch list may be kept.
        """
        self._past, self._crops, self._keeps_others = past, crops, keeps_others

    def newest(self, most: int) -> Iterator[Mapping[str, Any]]:
        """Yield the records of the newest vehicles. Raises DeviceError."""
        for record in self._past.newest(most):
            if _has_text(record):
                yield record

    def one(self, record_id: str) -> Mapping[str, Any] | None:
        """Return a record, None if there is none. Raises DeviceError."""
        record = self._past.get(record_id)
        return record if record is not None and _has_text(record) else None

    def crop(self, record: Mapping[str, Any]) -> bytes | None:
        """Return the saved crop of a vehicle as JPEG, None if none shows its plate, or it may not be shown."""
        if not isinstance(named := record.get("crop"), str):
            return None
        path = self._crops / Path(named).name  # the folder may be named otherwise, or have been moved
        try:
            with read_regular(path) as stream:
                content = stream.read(_LARGEST_CROP + 1)
        except (OSError, ValueError):
            return None
        fits = content.startswith(_JPEG) and len(content) <= _LARGEST_CROP
        shows_plate = bool(record.get("watchlists")) or not is_masked(content)
        return content if fits and shows_plate and self._past.may_show(content) else None

    def refusal(self, record: Mapping[str, Any]) -> str:
        """Return why privacy forbids to keep a crop of a vehicle, "" if it does not."""
        if self._keeps_others or record.get("watchlists"):
            return ""
        return "blur_others keeps no picture of this plate, because it is on no watch list"


def _has_text(record: Mapping[str, Any]) -> bool:
    return any(plate.get("text") for plate in record.get("plates", ())[:1])


def _review(
    config: Config, past: HistorySource, crops: str | None, audit: AuditLog, script: Callable[[], Script]
) -> ReviewViews:
    reason = past.text_reason
    if config.corrections is None:
        reason = "name a [corrections] folder in the settings to correct readings"
    elif not reason and crops is None:
        reason = "corrections need the crops of vehicles; name a folder in [pictures] crops"
    if reason or config.corrections is None or crops is None:
        return ReviewViews(None, None, audit, script, reason)
    keeps_others = config.privacy is None or not config.privacy.blur_others
    vehicles = SavedVehicles(past, Path(crops), keeps_others)
    return ReviewViews(vehicles, CorrectionFolder(config.corrections.folder), audit, script)
