"""The routes of the live page that depend on the settings: watch lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plate_devices.audit.audit_log import FILE_NAME, AuditLog
from plate_devices.outputs.output_settings import QueueSettings
from plate_devices.outputs.past_vehicles import PastVehicles
from plate_devices.outputs.sqlite import SqliteSettings
from plate_devices.serve.list_views import ListViews, PastSource

if TYPE_CHECKING:
    from collections.abc import Callable

    from plate_devices.config.load import Config
    from plate_devices.serve.routes import Route
    from plate_runtime.script import Script


def page_routes(config: Config, script: Callable[[], Script], warn: Callable[[str], None]) -> list[Route]:
    """Return the routes for lists.

    Args:
        script: returns the characters of plates.
        warn: gets a sentence if the audit log was damaged.
    """
    audit = AuditLog((config.queue or QueueSettings()).place / FILE_NAME, warn=warn)
    return ListViews(config.watchlists, audit, past_source(config), script).routes()


def page_settings(config: Config | None) -> tuple[Any, ...]:
    """Return the settings that the routes depend on; the page is opened again if they change."""
    if config is None:
        return ()
    return (config.serve, config.watchlists, config.outputs, config.queue, config.privacy)


def past_source(config: Config) -> PastSource:
    """Return where past readings are found: in the first SQLite output, if privacy leaves their text."""
    if config.privacy is not None and config.privacy.mode != "clear":
        return PastSource(None, f'privacy mode "{config.privacy.mode}" stores no texts, so there is nothing to preview')
    path = next((one.path for one in config.outputs if isinstance(one, SqliteSettings)), None)
    if path is None:
        return PastSource(None, 'past readings are in an output of type "sqlite", and the settings have none')
    return PastSource(PastVehicles(path).newest)
