"""Looks on while a camera is watched: health, heat, memory, watchdog, and the live page."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plate_devices.config.sections import HeatSettings
from plate_devices.health.board import Board, disk_free
from plate_devices.service.memory_trim import MemoryTrimmer
from plate_devices.service.thermal import ThermalThrottle
from plate_devices.sources.frame_rate_limit import FrameRateLimit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from plate_devices.cli.infer_options import InferOptions
    from plate_devices.health.state import Health
    from plate_devices.live.loop import Watch
    from plate_devices.live.reporter import Reporting
    from plate_devices.live.roi import View
    from plate_devices.serve.page_server import LivePage
    from plate_devices.service.log import Log
    from plate_devices.service.notify import Notifier
    from plate_devices.sources.source import Frame, Roi, Source
    from plate_runtime.reader import Plate

LOOK_EVERY = 1.0
"""Seconds between two looks at what changes slowly."""


class Onlooker:
    """See `watch.Observer`.

    Attributes:
        asked: is called at every turn, and may raise StopWatching.
    """

    def __init__(
        self,
        options: InferOptions,
        health: Health,
        reporting: Reporting,
        notifier: Notifier,
        *,
        log: Log,
        board: Board | None = None,
        trimmer: MemoryTrimmer | None = None,
    ) -> None:
        """Take what it looks at, and whom it tells; `start` opens the live page. `board` is by default this one."""
        self.asked: Callable[[], None] = lambda: None
        self._health, self._reporting, self._notifier, self._log = health, reporting, notifier, log
        self._board = board or Board()
        self._trimmer = trimmer or MemoryTrimmer()
        self._options = options
        self._throttle = self._thermostat(options)
        self._page: LivePage | None = None
        self._rate_limit: FrameRateLimit | None = None
        self._brake = FrameRateLimit()
        self._watch: Watch | None = None
        self._ready = False
        self._counted = [0] * 5
        self._next = float("-inf")

    def start(self) -> None:
        """Open the live page where one is wanted. Raises DeviceError where its address is taken."""
        self._page = self._open_page(self._options)

    def begin(self, source: Source) -> None:
        """A source is going to be watched; counters go on."""
        if self._watch is not None:
            self._count(self._watch)  # what was told at its end
        self._watch, self._counted = None, [0] * 5
        self._rate_limit = source.rate_limit

    def apply(self, options: InferOptions) -> None:
        """Go on with other settings. Raises DeviceError where the page's address is taken; the page is gone then."""
        before, self._options = self._options, options
        if _section(before, "serve") != _section(options, "serve"):
            self._close_page()
            self._page = self._open_page(options)
        if _section(before, "heat") != _section(options, "heat"):
            self._throttle = self._thermostat(options)
            self._slow(None)

    def close(self) -> None:
        """Close the page."""
        self._close_page()

    def roi(self, otherwise: Roi | None, frame: Frame) -> Roi | None:
        """Return the ROI that was drawn on the page and lies in the frame, else the one that the options say."""
        tap, (height, width) = self._reporting.tap, frame.rgb.shape[:2]
        return otherwise if tap is None else tap.roi_of((width, height), otherwise)

    def saw(self, view: View, plates: Sequence[Plate] | None) -> None:
        """See `watch.Observer`."""
        self._health.frame(view.frame.time)
        if self._reporting.tap is not None:
            self._reporting.tap.offer(view.frame.rgb, plates, time.monotonic(), view.roi)

    def turn(self, watch: Watch) -> None:
        """See `watch.Observer`."""
        now = time.monotonic()
        if now >= self._next:
            self._next = now + LOOK_EVERY
            self._look(watch)
        if self._health.last_frame is not None and not self._ready:
            self._ready = True
            self._notifier.ready(watch.describe())
        self._notifier.alive(watch.describe)
        self.asked()
        if self._rate_limit is None and self._throttle.frames:
            self._brake.wait()

    def _look(self, watch: Watch) -> None:
        health, source = self._health, watch.source
        self._watch = watch
        self._count(watch)
        health.frame_rate, health.behind = watch.rate, watch.late
        if source.state and not health.source_state:
            health.outages += 1
        health.source_state = source.state if health.last_frame is not None else "starting"
        health.throttled, health.memory_used = self._board.throttled, self._board.memory_used
        sending = self._reporting.sending
        if sending is not None:
            health.outputs, health.clock_set = sending.state(), sending.clock.look()
            health.disk_error, health.retention_error = sending.disk_error, sending.retention_error
            health.events_unreadable = sending.events_unreadable
            health.disk_free = disk_free(sending.folder or Path(self._options.save_crops or "."))
        self._trimmer.trim_if_due()
        self._slow(self._throttle.limit(watch.rate))
        health.temperature = self._throttle.temperature
        if self._reporting.tap is not None:
            self._reporting.tap.note(
                frames_per_second=round(watch.rate, 1),
                dropped=health.frames_dropped,
                skipped=health.frames_skipped,
                vehicles=health.vehicles,
                behind_ms=None if watch.late is None else round(1000 * watch.late),
                source=source.name,
                state=source.state,
            )

    def _count(self, watch: Watch) -> None:
        """Add what was counted since the last look; another source begins at 0."""
        now = [watch.read, watch.skipped, watch.source.dropped, watch.plates, watch.passed]
        more = [max(0, value - before) for value, before in zip(now, self._counted, strict=True)]
        health, self._counted = self._health, now
        health.frames_read += more[0]
        health.frames_skipped += more[1]
        health.frames_dropped += more[2]
        health.plates += more[3]
        health.vehicles += more[4]

    def _slow(self, limit: float | None) -> None:
        if limit != self._health.frame_limit:
            self._health.frame_limit = limit
            for each in (self._rate_limit, self._brake):
                if each is not None:
                    each.slow_to(limit)

    def _thermostat(self, options: InferOptions) -> ThermalThrottle:
        return ThermalThrottle(_section(options, "heat") or HeatSettings(), self._board, self._reporting.say)

    def _open_page(self, options: InferOptions) -> LivePage | None:
        settings = _section(options, "serve")
        if settings is None or not settings.address:
            return None
        from plate_devices.health.metrics import CONTENT_TYPE, render
        from plate_devices.serve.page_server import LivePage

        extra = {"/metrics": lambda: (CONTENT_TYPE, render(self._health).encode())}
        page = LivePage(settings, lambda told: self._log.say("page", told), extra=extra, health=self._health.as_dict)
        page.start()
        self._log.say("page", f"the live page is at {page.url}", "info")
        self._reporting.tap = page.tap
        return page

    def _close_page(self) -> None:
        page, self._page, self._reporting.tap = self._page, None, None
        if page is not None:
            page.close()


def _section(options: InferOptions, name: str) -> Any:
    return None if options.config is None else getattr(options.config, name)
