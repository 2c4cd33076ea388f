"""The pipeline of a camera's events: stamp, queue on disk, deliver, delete when old."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from plate_devices.audit.audit_log import FILE_NAME, AuditLog
from plate_devices.events.clock import Clock
from plate_devices.events.system_times import SystemTimes, TrustedTimes
from plate_runtime.errors import PlateEdgeError

if TYPE_CHECKING:
    from plate_devices.actions.action_set import ActionSet
    from plate_devices.config.load import Config
    from plate_devices.events.records import Record
    from plate_devices.health.state import Health
    from plate_devices.outputs.delivery import Delivery, Shown
    from plate_devices.privacy.retention import Retention
    from plate_devices.run_options import InferOptions
    from plate_devices.service.log import Log


class EventPipeline:
    """Clock, queue, outputs and retention of the settings. Without outputs, events are only stamped.

    Attributes:
        clock: stamps events.
        actions: of the settings, None without.
        audit: log of decisions and changes, in the folder of the queue.
        folder: of the queue, None without outputs.
    """

    def __init__(self, options: InferOptions, log: Log) -> None:
        """Open the queue and begin to deliver. Raises DeviceError if its folder cannot be used."""
        trusted = options.config is not None and options.config.service.clock == "trusted"
        times = TrustedTimes() if trusted else SystemTimes()
        self.clock = Clock(times)
        self._times = times
        self.audit = AuditLog(options.queue_folder / FILE_NAME, times, partial(log.say, "audit"))
        self.folder: Path | None = None
        self._log = log
        self._options, self._config = options, options.config
        self._delivery = self._open(options)
        self._retention: Retention | None = self._start_retention(options)
        self.actions: ActionSet | None = None
        try:
            self._apply_actions(options.config, cameras_run=False)
        except BaseException:
            self.close(1.0)
            raise

    def put(self, record: Record) -> None:
        """Take an event. When this returns, it is on the disk, or in memory while the disk fails."""
        if self._delivery is not None:
            self._delivery.put(record)

    @property
    def wants_seen(self) -> bool:
        """Whether an output gets `seen` events."""
        return self._config is not None and any("seen" in one.events for one in self._config.outputs)

    def update(self, health: Health) -> None:
        """Write the state of clock, queue, outputs and retention into `health`; show outputs which cameras are lost."""
        health.clock_set = self.clock.look()
        health.retention_error = "" if self._retention is None else self._retention.problem
        delivery = self._delivery
        if delivery is not None:
            delivery.show_lost([one.name for one in health.cameras if one.is_lost])
        health.actions = () if self.actions is None else self.actions.state()
        health.outputs = () if delivery is None else delivery.state()
        health.disk_error = "" if delivery is None else delivery.disk_error
        health.events_unreadable = 0 if delivery is None else delivery.unreadable

    def apply(self, options: InferOptions) -> None:
        """Use other settings; waiting events are delivered. Raises DeviceError, and the previous settings stay."""
        before, now = self._config, options.config
        self.audit.use(options.queue_folder / FILE_NAME)
        self._apply_actions(now, cameras_run=True)
        if self._retention is not None:
            self._retention.close()
            self._retention = None
        if _outputs(before) != _outputs(now):
            self._close_delivery(1.0)
            try:
                self._delivery = self._open(options)
            except PlateEdgeError:
                self._delivery = self._open(self._options)
                raise
        elif self._delivery is not None:
            self._delivery.show(_shown(options))
        self._options, self._config = options, now
        self._retention = self._start_retention(options)

    def close(self, seconds: float) -> None:
        """Deliver what can be delivered in so many seconds; the rest waits on the disk."""
        if self.actions is not None:  # pins first
            self.actions.close()
        if self._retention is not None:
            self._retention.close()
        self._close_delivery(seconds)
        self.audit.close()

    def _apply_actions(self, config: Config | None, cameras_run: bool) -> None:
        settings = () if config is None else config.actions
        if self.actions is not None:
            self.actions.apply(settings)
        elif settings:
            from plate_devices.actions.action_set import ActionSet

            self.actions = ActionSet(settings, self.audit, self._times, self._log.say, cameras_run)

    def _close_delivery(self, seconds: float) -> None:
        delivery, self._delivery = self._delivery, None
        if delivery is not None:
            delivery.close(seconds)

    def _open(self, options: InferOptions) -> Delivery | None:
        config = options.config
        if config is None or not config.outputs:
            return None
        from plate_devices.outputs.delivery import deliver

        self.folder = options.queue_folder
        return deliver(config.outputs, config.queue, self.clock, self._log.say, _shown(options))

    def _start_retention(self, options: InferOptions) -> Retention | None:
        config = options.config
        if config is None or config.privacy is None or not config.privacy.keep_days:
            return None
        from plate_devices.privacy.retention import Retention

        delete = [self.audit.delete_before]
        if self._delivery is not None:
            delete.append(self._delivery.delete_before)
        if config.corrections is not None:
            from plate_devices.corrections.correction_folder import CorrectionFolder

            delete.append(CorrectionFolder(config.corrections.folder).delete_before)
        retention = Retention(config.privacy.keep_days, options.picture_folders, delete, self.clock.look, self._warn)
        retention.start()
        return retention

    def _warn(self, sentence: str) -> None:
        self._log.say("retention", sentence)


def _outputs(config: Config | None) -> object:
    return None if config is None else (config.outputs, config.queue)


def _shown(options: InferOptions) -> Shown:
    """Return what outputs announce."""
    from plate_devices.outputs.delivery import Shown

    config = options.config
    lists = [one.name for one in config.watchlists] if config is not None else []
    pictures = None if config is None else config.pictures.events
    return Shown({one.name: one.tags for one in options.cameras if one.name}, lists, pictures)
