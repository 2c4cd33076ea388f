"""An RTSP server of GStreamer's, as a program: H.264 with a key picture every two seconds, as cameras send it.

Run with the system's Python, which has GStreamer's bindings: gstreamer_server.py PORT [USER PASSWORD].
Serves rtsp://127.0.0.1:PORT/h264, a ball that never stands still, 1280x720 at 25 pictures a second.
"""

from __future__ import annotations

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

_PIPELINE = (
    "( videotestsrc is-live=true pattern=ball ! video/x-raw,width=1280,height=720,framerate=25/1 "
    "! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=50 bitrate=2000 ! rtph264pay name=pay0 pt=96 )"
)


def main(port: str, user: str = "", password: str = "") -> None:
    """Serve until the process is killed."""
    Gst.init(None)
    server = GstRtspServer.RTSPServer.new()
    server.set_address("127.0.0.1")
    server.set_service(port)
    factory = GstRtspServer.RTSPMediaFactory.new()
    factory.set_launch(_PIPELINE)
    factory.set_shared(True)
    if user:
        _ask_for_login(server, factory, user, password)
    server.get_mount_points().add_factory("/h264", factory)
    server.attach(None)
    print("ready", flush=True)
    GLib.MainLoop().run()


def _ask_for_login(
    server: GstRtspServer.RTSPServer, factory: GstRtspServer.RTSPMediaFactory, user: str, password: str
) -> None:
    auth = GstRtspServer.RTSPAuth.new()
    auth.set_supported_methods(2)  # digest
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "viewer")
    auth.add_digest(user, password, token)
    server.set_auth(auth)
    access = GstRtspServer.RTSPPermissions.new()
    access.add_role("viewer")
    access.add_permission_for_role("viewer", "media.factory.access", True)
    access.add_permission_for_role("viewer", "media.factory.construct", True)
    factory.set_permissions(access)


if __name__ == "__main__":
    main(*sys.argv[1:])
