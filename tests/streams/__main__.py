"""A server as a program, to be stopped and killed: python -m streams mjpeg|rtsp PORT."""

from __future__ import annotations

import sys
import threading

from streams.mjpeg import MjpegServer
from streams.rtsp import RtspServer

if __name__ == "__main__":
    server = {"mjpeg": MjpegServer, "rtsp": RtspServer}[sys.argv[1]]()
    server.port = int(sys.argv[2])
    server.start()
    print("ready", flush=True)
    threading.Event().wait()
