"""Monitor a running loop: health, thermal throttling, memory, watchdog, and the live page."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from plate_devices.config.sections import HeatSettings
from plate_devices.health.board import Board, disk_free
from plate_devices.service.memory_trim import MemoryTrimmer
from plate_devices.service.thermal import ThermalThrottle
from plate_devices.sources.frame_rate_limit import FrameRateLimit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from plate_devices.health.state import Health
    from plate_devices.live.loop import FrameLoop
    from plate_devices.live.reporter import Reporter
    from plate_devices.live.roi import View
    from plate_devices.run_options import InferOptions
    from plate_devices.serve.page_server import LivePage
    from plate_devices.serve.page_settings import ServeSettings
    from plate_devices.service.log import Log
    from plate_devices.service.notify import Notifier
    from plate_devices.sources.source import Frame, Roi, Source
    from plate_runtime.results import Plate

CHECK_EVERY = 1.0
"""Seconds between two checks of slow changes."""


class Monitor:
    """Follows the loop; see `loop.Observer`.

    Attributes:
        check_requests: is called at every tick, and may raise StopLoop.
    """

    def __init__(
        self,
        options: InferOptions,
        health: Health,
        reporter: Reporter,
        notifier: Notifier,
        *,
        log: Log,
        board: Board | None = None,
        trimmer: MemoryTrimmer | None = None,
    ) -> None:
        """Prepare; `start` opens the live page. `board` is by default this machine."""
        self.check_requests: Callable[[], None] = lambda: None
        self._health, self._reporter, self._notifier, self._log = health, reporter, notifier, log
        self._board = board or Board()
        self._trimmer = trimmer or MemoryTrimmer()
        self._options = options
        self._throttle = self._make_throttle(options)
        self._page: LivePage | None = None
        self._rate_limit: FrameRateLimit | None = None
        self._own_limit = FrameRateLimit()
        self._loop: FrameLoop | None = None
        self._ready = False
        self._counted = [0] * 5
        self._next = float("-inf")

    def start(self) -> None:
        """Open the live page if the settings name one. Raises DeviceError if its address is taken."""
        self._page = self._open_page(self._options)

    def begin(self, source: Source) -> None:
        """Begin with another source; the counters go on."""
        if self._loop is not None:
            self._count(self._loop)  # vehicles that were reported at its end
        self._loop, self._counted = None, [0] * 5
        self._rate_limit = source.rate_limit

    def apply(self, options: InferOptions) -> None:
        """Use other settings. Raises DeviceError if the page's address is taken; the old page is closed then."""
        before, self._options = self._options, options
        if _serve(before) != _serve(options):
            self._close_page()
            self._page = self._open_page(options)
        if _heat(before) != _heat(options):
            self._throttle = self._make_throttle(options)
            self._slow(None)

    def close(self) -> None:
        """Close the page."""
        self._close_page()

    def roi(self, default: Roi | None, frame: Frame) -> Roi | None:
        """Return the ROI that was drawn on the page, else `default`."""
        state, (height, width) = self._reporter.live_state, frame.rgb.shape[:2]
        return default if state is None else state.roi_for((width, height), default)

    def frame(self, view: View, plates: Sequence[Plate] | None) -> None:
        """See `Observer`."""
        self._health.frame(view.frame.time)
        if self._reporter.live_state is not None:
            self._reporter.live_state.add_frame(view.frame.rgb, plates, time.monotonic(), view.roi)

    def tick(self, loop: FrameLoop) -> None:
        """See `Observer`."""
        now = time.monotonic()
        if now >= self._next:
            self._next = now + CHECK_EVERY
            self._check(loop)
        if self._health.last_frame is not None and not self._ready:
            self._ready = True
            self._notifier.ready(loop.describe())
        self._notifier.alive(loop.describe)
        self.check_requests()
        if self._rate_limit is None and self._throttle.frames:
            self._own_limit.wait()

    def _check(self, loop: FrameLoop) -> None:
        health, source = self._health, loop.source
        self._loop = loop
        self._count(loop)
        health.frame_rate, health.behind = loop.rate, loop.delay
        if source.state and not health.source_state:
            health.outages += 1
        health.source_state = source.state if health.last_frame is not None else "starting"
        health.throttled, health.memory_used = self._board.throttled, self._board.memory_used
        pipeline = self._reporter.pipeline
        if pipeline is not None:
            pipeline.update(health)
            health.disk_free = disk_free(pipeline.folder or Path(self._options.save_crops or "."))
        self._trimmer.trim_if_due()
        self._slow(self._throttle.limit(loop.rate))
        health.temperature = self._throttle.temperature
        if self._reporter.live_state is not None:
            self._reporter.live_state.set_figures(
                frames_per_second=round(loop.rate, 1),
                dropped=health.frames_dropped,
                skipped=health.frames_skipped,
                vehicles=health.vehicles,
                behind_ms=None if loop.delay is None else round(1000 * loop.delay),
                source=source.name,
                state=source.state,
            )

    def _count(self, loop: FrameLoop) -> None:
        """Add the counts since the last check; another source begins at 0."""
        now = [loop.read, loop.skipped, loop.source.dropped, loop.plates, loop.vehicles]
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
            for each in (self._rate_limit, self._own_limit):
                if each is not None:
                    each.slow_to(limit)

    def _make_throttle(self, options: InferOptions) -> ThermalThrottle:
        return ThermalThrottle(_heat(options), self._board, self._reporter.say)

    def _open_page(self, options: InferOptions) -> LivePage | None:
        settings = _serve(options)
        if settings is None or not settings.address:
            return None
        from plate_devices.health.metrics import CONTENT_TYPE, render
        from plate_devices.serve.page_server import LivePage

        extra = {"/metrics": lambda: (CONTENT_TYPE, render(self._health).encode())}
        page = LivePage(settings, partial(self._log.say, "page"), extra=extra, health=self._health.as_dict)
        page.start()
        self._log.say("page", f"the live page is at {page.url}", "info")
        self._reporter.live_state = page.live_state
        return page

    def _close_page(self) -> None:
        page, self._page, self._reporter.live_state = self._page, None, None
        if page is not None:
            page.close()


def _serve(options: InferOptions) -> ServeSettings | None:
    return None if options.config is None else options.config.serve


def _heat(options: InferOptions) -> HeatSettings:
    return HeatSettings() if options.config is None else options.config.heat
