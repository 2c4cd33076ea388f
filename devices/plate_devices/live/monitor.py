"""Monitor a running loop: health, thermal throttling, memory, watchdog, and the live page."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from plate_devices.board import Board, disk_free
from plate_devices.config.sections import HeatSettings
from plate_devices.service.memory_trim import MemoryTrimmer
from plate_devices.service.thermal import ThermalThrottle

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from plate_devices.health.state import CameraHealth, Health
    from plate_devices.live.camera_loop import CameraLoop
    from plate_devices.live.reporter import Reporter
    from plate_devices.live.roi import View
    from plate_devices.run_options import InferOptions
    from plate_devices.serve.explained_frames import CameraReader
    from plate_devices.serve.page_server import LivePage
    from plate_devices.serve.page_settings import ServeSettings
    from plate_devices.serve.routes import Route
    from plate_devices.service.log import Log
    from plate_devices.service.notify import Notifier
    from plate_devices.sources.source import Frame, Roi
    from plate_runtime.results import Plate

CHECK_EVERY = 1.0
"""Seconds between two checks of slow changes."""


class Monitor:
    """Follows the loop; see `camera_loop.Observer`.

    Attributes:
        check_requests: is called at every tick, and may raise StopLoop.
        reader_of: returns how a camera is read, by its name; None if it is not open. Called from other threads.
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
        self.reader_of: Callable[[str], CameraReader | None] = lambda _: None
        self._health, self._reporter, self._notifier, self._log = health, reporter, notifier, log
        self._board = board or Board()
        self._trimmer = trimmer or MemoryTrimmer()
        self._options = options
        self._throttle = self._make_throttle(options)
        self._page: LivePage | None = None
        self._ready = False
        self._next = float("-inf")

    def start(self) -> None:
        """Open the live page if the settings name one. Raises DeviceError if its address is taken."""
        self._page = self._open_page(self._options)

    def apply(self, options: InferOptions) -> None:
        """Use other settings. Raises DeviceError if the page's address is taken; the old page is closed then."""
        before, self._options = self._options, options
        if _page_settings(before) != _page_settings(options):
            self._close_page()
            self._page = self._open_page(options)
        elif self._page is not None:
            self._page.show_cameras([one.name for one in options.cameras])
        if _heat(before) != _heat(options):
            self._throttle = self._make_throttle(options)

    def close(self) -> None:
        """Close the page."""
        self._close_page()

    def roi(self, camera: CameraHealth, default: Roi | None, frame: Frame) -> Roi | None:
        """Return the ROI of a camera that was drawn on the page, else `default`."""
        state, (height, width) = self._reporter.live_states.get(camera.name), frame.rgb.shape[:2]
        return default if state is None else state.roi_for((width, height), default)

    def frame(self, camera: CameraHealth, view: View, plates: Sequence[Plate] | None) -> None:
        """Show a frame of a camera on the page; `plates` is None if it was not read."""
        if state := self._reporter.live_states.get(camera.name):
            state.add_frame(view.frame.rgb, self._reporter.outlines(plates), time.monotonic(), view.roi)

    def tick(self, loop: CameraLoop) -> None:
        """See `Observer`."""
        now = time.monotonic()
        if now >= self._next:
            self._next = now + CHECK_EVERY
            self._check(loop)
        if not self._ready and any(one.last_frame is not None for one in self._health.cameras):
            self._ready = True
            self._notifier.ready(loop.describe())
        self._notifier.alive(loop.describe)
        self.check_requests()

    def _check(self, loop: CameraLoop) -> None:
        health = self._health
        for camera in loop.cameras:
            camera.count()
        health.throttled, health.memory_used = self._board.throttled, self._board.memory_used
        pipeline = self._reporter.pipeline
        if pipeline is not None:
            pipeline.update(health)
            health.disk_free = disk_free(pipeline.folder or Path(self._options.save_crops or "."))
        self._trimmer.trim_if_due()
        health.frame_limit = self._throttle.limit(max((one.frame_rate for one in health.cameras), default=0.0))
        health.temperature = self._throttle.temperature
        for camera in loop.cameras:
            camera.slow_to(health.frame_limit)
            if state := self._reporter.live_states.get(camera.name):
                one = camera.health
                state.set_figures(
                    frames_per_second=round(one.frame_rate, 1),
                    dropped=one.frames_dropped,
                    skipped=one.frames_skipped,
                    vehicles=one.vehicles,
                    behind_ms=None if one.behind is None else round(1000 * one.behind),
                    source=camera.source.name,
                    state=camera.source.state,
                )

    def _make_throttle(self, options: InferOptions) -> ThermalThrottle:
        return ThermalThrottle(_heat(options), self._board, self._reporter.say)

    def _open_page(self, options: InferOptions) -> LivePage | None:
        settings = _serve(options)
        if settings is None or not settings.address:
            return None
        from plate_devices.health.metrics import CONTENT_TYPE, render
        from plate_devices.serve.access import Access
        from plate_devices.serve.page_request import Answer
        from plate_devices.serve.page_server import LivePage
        from plate_devices.serve.routes import Route
        from plate_devices.serve.steps_views import StepsSource

        metrics = Route(
            "GET", "/metrics", Access.READ, lambda _: Answer(200, render(self._health).encode(), CONTENT_TYPE)
        )
        routes = [metrics, *self._routes(options)]
        steps = StepsSource(self.reader_of, _steps_refusal(options))
        report = partial(self._log.say, "page")
        page = LivePage(settings, report, routes=routes, health=self._health.as_dict, steps=steps)
        if self._reporter.pipeline is not None:
            page.content.audit = self._reporter.pipeline.audit
        page.start()
        page.show_cameras([one.name for one in options.cameras])
        self._log.say("page", f"the live page is at {page.url}", "info")
        self._reporter.live_states = page.live_states
        return page

    def _routes(self, options: InferOptions) -> list[Route]:
        from plate_devices.live.page_routes import page_routes

        pipeline = self._reporter.pipeline
        return [] if pipeline is None else page_routes(options, pipeline.audit, lambda: self._reporter.engine.script)

    def _close_page(self) -> None:
        page, self._page, self._reporter.live_states = self._page, None, {}
        if page is not None:
            page.close()


def _page_settings(options: InferOptions) -> tuple[object, ...]:
    from plate_devices.live.page_routes import page_settings

    return page_settings(options)


def _steps_refusal(options: InferOptions) -> str:
    """Return why the page must not show the steps of frames, "" if it may."""
    return "steps show plates that [privacy] of the settings hides" if options.hides_plates else ""


def _serve(options: InferOptions) -> ServeSettings | None:
    return None if options.config is None else options.config.serve


def _heat(options: InferOptions) -> HeatSettings:
    return HeatSettings() if options.config is None else options.config.heat
