"""New settings: they are read, and their networks are opened, while the cameras are read with the old ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plate_devices.threads import BackgroundThread

if TYPE_CHECKING:
    from collections.abc import Callable

    from plate_devices.live.shared_readers import OpenReaders, SharedReaders
    from plate_devices.run_options import InferOptions


class PreparedReload:
    """Prepares a reload in a thread of its own."""

    def __init__(self, parse: Callable[[], InferOptions], readers: SharedReaders) -> None:
        """Start.

        Args:
            parse: reads the command line and the settings again.
            readers: the networks in use; others are opened beside them.
        """
        self._parse, self._readers = parse, readers
        self._found: tuple[InferOptions, OpenReaders] | None = None
        self._error: Exception | None = None
        self._thread = BackgroundThread(self._prepare, "reload", restarts=False)
        self._thread.start()

    @property
    def done(self) -> bool:
        """Whether `take` does not wait."""
        return not self._thread.is_alive()

    def take(self) -> InferOptions:
        """Return the new options; their networks are open. Raises what was wrong with the settings or the models."""
        if self._error is not None:
            raise self._error
        assert self._found is not None  # the thread has ended
        options, opened = self._found
        self._readers.add(opened)
        return options

    def wait(self, seconds: float) -> None:
        """Wait for the end of the thread: an interpreter must not be at work when the process ends."""
        self._thread.join(seconds)

    def _prepare(self) -> None:
        try:
            options = self._parse()
            # Check models first: one that crashes its interpreter would end the service.
            cameras = [one._replace(check_model=True) for one in options.cameras]
            self._found = options, self._readers.prepare(cameras)
        except Exception as error:  # an unattended device goes on, whatever is wrong with a file
            self._error = error
