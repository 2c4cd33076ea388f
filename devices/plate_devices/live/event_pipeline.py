"""A camera's events on their way: stamped by the clock, queued on disk, delivered, and deleted when they are old."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from plate_devices.events.clock import Clock
from plate_devices.events.system_times import TrustedTimes
from plate_runtime.errors import PlateEdgeError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plate_devices.cli.infer_options import InferOptions
    from plate_devices.config.load import Config
    from plate_devices.events.records import Record
    from plate_devices.outputs.delivery import Delivery
    from plate_devices.outputs.output import OutputState
    from plate_devices.privacy.retention import Retention
    from plate_devices.service.log import Log


class Sending:
    """The outputs of the settings; without any, events are stamped and go nowhere.

    Attributes:
        clock: who stamps events. folder: where events wait, None where there are no outputs.
    """

    def __init__(self, options: InferOptions, log: Log) -> None:
        """Open the queue and begin to deliver. Raises DeviceError where its folder cannot be used."""
        trusted = options.config is not None and options.config.service.clock == "trusted"
        self.clock = Clock(TrustedTimes()) if trusted else Clock()
        self.folder: Path | None = None
        self._log = log
        self._config = options.config
        self._delivery = self._open(options.config)
        self._retention: Retention | None = self._keep_tidy(options)

    def put(self, record: Record) -> None:
        """Take an event; when this returns, it is on the disk, or in memory where that takes none."""
        if self._delivery is not None:
            self._delivery.put(record)

    def state(self) -> Sequence[OutputState]:
        """Return how the outputs fare."""
        return () if self._delivery is None else self._delivery.state()

    @property
    def disk_error(self) -> str:
        """Why events are kept in memory; "" while the disk takes them."""
        return "" if self._delivery is None else self._delivery.disk_error

    @property
    def events_unreadable(self) -> int:
        """How many events were found damaged on the disk, and set aside, since the start."""
        return 0 if self._delivery is None else self._delivery.unreadable

    @property
    def retention_error(self) -> str:
        """Why something that is too old is still there; "" where nothing is."""
        return "" if self._retention is None else self._retention.problem

    def apply(self, options: InferOptions) -> None:
        """Go on with other settings; what waits is delivered. Raises DeviceError; those from before then hold."""
        before, now = self._config, options.config
        if self._retention is not None:
            self._retention.close()
            self._retention = None
        if _outputs(before) != _outputs(now):
            self._close_delivery(1.0)
            try:
                self._delivery = self._open(now)
            except PlateEdgeError:
                self._delivery = self._open(before)
                raise
        self._config = now
        self._retention = self._keep_tidy(options)

    def close(self, seconds: float) -> None:
        """Deliver what can be delivered in so many seconds; the rest waits on disk."""
        if self._retention is not None:
            self._retention.close()
        self._close_delivery(seconds)

    def _close_delivery(self, seconds: float) -> None:
        delivery, self._delivery = self._delivery, None
        if delivery is not None:
            delivery.close(seconds)

    def _open(self, config: Config | None) -> Delivery | None:
        if config is None or not config.outputs:
            return None
        from plate_devices.outputs.delivery import deliver
        from plate_devices.outputs.output_settings import QueueSettings

        self.folder = (config.queue or QueueSettings()).place
        return deliver(config.outputs, config.queue, self.clock, self._log.say)

    def _keep_tidy(self, options: InferOptions) -> Retention | None:
        config = options.config
        if config is None or config.privacy is None or not config.privacy.keep_days:
            return None
        from plate_devices.privacy.retention import Retention

        folders = [Path(folder) for folder in (options.annotate, options.save_crops) if folder]
        delete = [self._delivery.delete_before] if self._delivery is not None else []
        retention = Retention(config.privacy.keep_days, folders, delete, self.clock.look, self._warn)
        retention.start()
        return retention

    def _warn(self, told: str) -> None:
        self._log.say("retention", told)


def _outputs(config: Config | None) -> object:
    return None if config is None else (config.outputs, config.queue)
