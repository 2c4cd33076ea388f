"""Serves the live page over HTTP, to this machine or to clients with the token."""

from __future__ import annotations

import socket
import sys
import threading
from typing import TYPE_CHECKING, Any

from plate_devices.clients.event_loop import EventLoop
from plate_devices.clients.limits import ConnectionLimits
from plate_devices.serve.access import AccessControl, load_access
from plate_devices.serve.explained_frames import ExplainedFrames
from plate_devices.serve.http_framing import PageService
from plate_devices.serve.listen_address import ListenAddress, parse_listen, resolve
from plate_devices.serve.live_pictures import LivePictures
from plate_devices.serve.live_state import LiveState
from plate_devices.serve.live_views import LiveViews
from plate_devices.serve.page_content import PageContent
from plate_devices.serve.roi_file import load_rois
from plate_devices.serve.routes import Route, RouteTable
from plate_devices.serve.steps_views import StepsViews
from plate_devices.threads import BackgroundThread
from plate_runtime.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from plate_devices.serve.page_settings import ServeSettings
    from plate_devices.serve.steps_views import StepsSource
    from plate_devices.sources.source import Roi

LIMITS = ConnectionLimits(connections=256, reserved=32, held_bytes=16 << 20, workers=24, idle_within=30.0)
"""Browsers open up to six connections. Some are reserved for this machine, which asks for /health."""


class LivePage:
    """The page of one device.

    Attributes:
        live_states: by the name of the camera; the loop feeds them.
        content: what is shown.
    """

    def __init__(
        self,
        settings: ServeSettings,
        report: Callable[[str], None] = lambda _: None,
        routes: Sequence[Route] = (),
        health: Callable[[], dict[str, Any]] | None = None,
        steps: StepsSource | None = None,
    ) -> None:
        """Take address and files.

        Args:
            report: is called with a line about how other machines open the page, without the token.
            routes: more routes, such as "/metrics". Their views are called from other threads.
            health: returns the JSON of /health, called from other threads.
            steps: how frames are read again for /steps; None for a page without them.
        """
        self.live_states: dict[str, LiveState] = {}
        self._changed = threading.Condition()
        self._settings, self._report = settings, report
        self._pictures = LivePictures(self.live_states, self._changed)
        self.content = PageContent(self.live_states, self._pictures, health, settings.roi_file)
        self._explained = ExplainedFrames(self.live_states, steps.reader_of if steps else lambda _: None)
        steps_views = StepsViews(self.content, self._explained, steps.refusal if steps else "this page shows no steps")
        self._routes = RouteTable([*LiveViews(self.content).routes(), *steps_views.routes(), *routes])
        self._listen = parse_listen(settings.address)
        self._access = AccessControl()
        self._server: EventLoop | None = None
        self._thread: BackgroundThread | None = None
        self._rois: dict[str, Roi | None] = {}
        self.show_cameras([""])

    def show_cameras(self, names: Sequence[str]) -> None:
        """Show these cameras, at least one; those that are shown already go on."""
        for name in [name for name in self.live_states if name not in names]:
            del self.live_states[name]
        for name in names:
            if name not in self.live_states:
                self.live_states[name] = LiveState(self._changed)
                self._set_roi(name)

    def _set_roi(self, name: str) -> None:
        if name in self._rois:
            self.live_states[name].set_roi(self._rois[name])

    def start(self) -> None:
        """Listen, and set the saved ROI.

        Raises:
            DeviceError: the port is in use, or a file cannot be read.
            UsageError, DataError: see `access.load_access`.
        """
        if self._settings.roi_file is not None:
            self._rois = load_rois(self._settings.roi_file)
            for name in self.live_states:
                self._set_roi(name)
        family, address, is_loopback = resolve(self._listen)
        is_terminal = sys.stderr is not None and sys.stderr.isatty()
        self._access = load_access(self._settings, is_loopback, is_terminal)
        try:
            listener = _listen(family, address)
        except OSError as error:
            raise DeviceError(
                f"--serve {self._listen.shown} cannot be served: {error.strerror or error}; choose another port"
            ) from error
        self._listen = ListenAddress(self._listen.host, listener.getsockname()[1])
        service = PageService(self._access, self._routes, self._pictures.budget.charge)
        self._server = EventLoop(listener, service, LIMITS)
        self._pictures.start()
        self._explained.start()
        self._thread = BackgroundThread(self._server.serve_forever, "live page server")
        self._thread.start()
        self._report_how_to_open()

    def close(self) -> None:
        """Stop serving, and close all connections."""
        self._pictures.close()
        self._explained.close()
        if self._server is not None:
            self._server.close()
        if self._thread is not None:
            self._thread.join(5.0)

    @property
    def url(self) -> str:
        """The address of the page, without the token."""
        return f"http://{self._listen.shown}/"

    def _report_how_to_open(self) -> None:
        """Report the token's file; without one, print the address with the token to the terminal, not to the log."""
        if self._settings.token_file is not None:
            self._report(f"the page is opened with the token in {self._settings.token_file}")
        elif self.token:
            print(f"open {self.url}?token={self.token}", file=sys.stderr)

    @property
    def token(self) -> str:
        """The full token; "" if there is none. It must not be logged."""
        return self._access.token


def _listen(family: int, address: tuple[str, int]) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        # Allow the port of a program that has just ended.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(LIMITS.connections)
    except OSError:
        listener.close()
        raise
    return listener
