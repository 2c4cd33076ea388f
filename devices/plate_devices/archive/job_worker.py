"""A process that reads inputs one after the other, and sends what happens to the process that started it."""

from __future__ import annotations

import contextlib
import os
import pickle
import select
import sys
import time
import traceback
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from plate_devices.archive.job_messages import (
    SAVED,
    Done,
    Event,
    Failed,
    Hinted,
    Message,
    Part,
    Printed,
    Ready,
    Refused,
    Said,
    Saved,
)
from plate_devices.live.frame_reader import FrameReader
from plate_devices.live.reporter import Reporter
from plate_devices.live.result_pictures import ResultPictures
from plate_devices.live.tally import Tally
from plate_devices.open_models import digests_of, engine_of, open_reader
from plate_devices.outputs.saved_pictures import as_jpeg
from plate_devices.sources.picture_files import FileInput, open_input
from plate_devices.threads import BackgroundThread
from plate_runtime.errors import PlateEdgeError, described

if TYPE_CHECKING:
    from PIL import Image

    from plate_devices.events.records import Engine, Record
    from plate_devices.outputs.console_lines import ConsoleLines
    from plate_devices.outputs.label_draft import DraftLabel
    from plate_devices.outputs.saved_pictures import PictureFolder
    from plate_devices.run_options import InferOptions
    from plate_devices.service.log import Log
    from plate_devices.sources.source import Source
    from plate_runtime.script import Script

_EVERY, _MOST_EVENTS = 0.5, 100
# Seconds and events after which a part of a long input is sent: a video's vehicles are printed as they come.


class Sender:
    """Collects the events of an input in place of lines and log. Used by one thread."""

    def __init__(self, connection: Connection[Message, Any]) -> None:
        self._connection = connection
        self._events: list[Event] = []
        self._sent = time.monotonic()
        self._pictures = 0

    def write(self, record: Record, source: str) -> None:
        """See `ConsoleLines`."""
        self._add(Printed(record, source))

    def say(self, event: str, message: str, _level: str = "warning", **details: Any) -> None:
        """See `Log`."""
        self._add(Said(event, message, details))

    def hint(self, text: str) -> None:
        """Take a line for a terminal."""
        self._add(Hinted(text))

    def save(self, folder: str, picture: Image.Image, name: str, label: DraftLabel | None) -> str:
        """Take a picture and its label; return what stands for its path in records."""
        self._pictures += 1
        role: Literal["annotate", "crops"] = "annotate" if folder == "annotate" else "crops"
        self._add(Saved(role, name, as_jpeg(picture), self._pictures, label))
        return f"{SAVED}{self._pictures}"

    def take(self) -> list[Event]:
        """Return the events so far, and begin again."""
        events, self._events = self._events, []
        self._sent = time.monotonic()
        return events

    def _add(self, event: Event) -> None:
        self._events.append(event)
        if len(self._events) >= _MOST_EVENTS or time.monotonic() - self._sent > _EVERY:
            self._connection.send(Part(self.take()))


class SentPictures(ResultPictures):
    """Sends the pictures that others save."""

    def __init__(self, sender: Sender) -> None:
        super().__init__(sender.say)
        self._sender = sender

    def _save(
        self,
        folder: PictureFolder,
        picture: Image.Image,
        name: str,
        lasting: bool,  # noqa: ARG002  both are for cameras
        *,
        keep: bool = False,  # noqa: ARG002
        label: DraftLabel | None = None,
    ) -> str | None:
        return self._sender.save("annotate" if folder is self._annotated else "crops", picture, name, label)


class SendingReporter(Reporter):
    """A reporter that sends what others print and save."""

    def __init__(self, options: InferOptions, engine: Engine, sender: Sender) -> None:
        self._sender = sender
        super().__init__(options, engine, cast("Log", sender), SentPictures(sender))

    def apply(self, options: InferOptions, script: Script) -> None:
        super().apply(options, script)
        if self._lines is not None:
            self._lines = cast("ConsoleLines", self._sender)

    def _hint(self, text: str) -> None:
        self._sender.hint(text)


def work(connection: Connection[Message, Any]) -> None:
    """Open the models of the options that come first, then read each input that follows."""
    options: InferOptions = connection.recv()
    sender = Sender(connection)
    try:
        reader = open_reader(options)
        reporter = SendingReporter(options, engine_of(options, reader), sender)
    except Exception as error:
        connection.send(Refused(_portable(error)))
        return
    frame_reader = FrameReader(options, reader, reporter)
    connection.send(Ready(reporter.engine, digests_of(options, reader), sender.take()))
    while True:
        found: FileInput = connection.recv()
        reporter.tally = Tally()
        sender.take()
        try:
            code = frame_reader.read_all(_source(found, options.fps))
        except (BrokenPipeError, ConnectionError):
            raise
        except Exception as error:
            connection.send(Failed(sender.take(), _portable(error)))
        else:
            connection.send(Done(sender.take(), code, reporter.tally))


def _source(found: FileInput, fps: float | None) -> Source:
    if "://" not in found.path:
        return open_input(found, fps)
    from plate_devices.archive.stored_files import open_address

    return open_address(found.path, fps)


def _portable(error: Exception) -> Exception:
    """Return an error that another process can raise, with the traceback of this one."""
    try:
        copied: Exception = pickle.loads(pickle.dumps(error))
    except Exception:
        copied = PlateEdgeError(described(error))
    copied.add_note("".join(traceback.format_exception(error)))
    return copied


def _end_with_parent(descriptor: int) -> None:
    """Wait until the other end of the socket is closed, and end: no reader is left for a video that takes hours."""
    closed = select.poll()
    closed.register(descriptor, 0)  # a hang-up is always reported
    closed.poll()
    os._exit(0)


def main() -> None:
    """Serve the socket whose descriptor is the argument, until it is closed."""
    descriptor = int(sys.argv[1])
    BackgroundThread(partial(_end_with_parent, descriptor), "parent", restarts=False).start()
    with contextlib.suppress(OSError):
        # If memory runs out, Linux ends this process, not the one that prints.
        Path("/proc/self/oom_score_adj").write_text("500", encoding="ascii")
    with contextlib.suppress(EOFError, ConnectionError):
        work(Connection(descriptor))


if __name__ == "__main__":
    main()
