"""Networks that are opened once for all cameras that read with them."""

from __future__ import annotations

from contextlib import contextmanager
from queue import SimpleQueue
from typing import TYPE_CHECKING

from plate_devices.open_models import engine_of, open_reader
from plate_runtime.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy as np
    from numpy.typing import NDArray

    from plate_devices.run_options import InferOptions
    from plate_runtime.reader import PlateReader
    from plate_runtime.results import Detection, Plate
    from plate_runtime.steps import Steps


class SharedReader:
    """Readers of the same models, one for each thread of the loop. Thread-safe; the live page reads with them, too.

    Attributes:
        engine: models and backend.
    """

    def __init__(self, options: InferOptions, threads: int) -> None:
        """Open so many readers. Raises UsageError, ModelError, MissingPartError."""
        self._free: SimpleQueue[PlateReader | None] = SimpleQueue()
        self._readers: list[PlateReader] = []
        self._add(open_reader(options))
        try:
            self.engine = engine_of(options, self._readers[0])
            for _ in range(threads - 1):
                self._add(open_reader(options._replace(check_model=False)))  # the first one has tried foreign models
        except BaseException:
            self.close()
            raise

    def _add(self, reader: PlateReader) -> None:
        self._readers.append(reader)
        self._free.put(reader)

    def read(
        self,
        image: NDArray[np.uint8],
        as_: str = "frame",
        *,
        region: str | None = None,
        min_confidence: float | None = None,
        steps: Steps | None = None,
    ) -> list[Plate]:
        """See `PlateReader.read`."""
        with self._borrowed() as reader:
            return reader.read(image, as_, region=region, min_confidence=min_confidence, steps=steps)

    def find(self, image: NDArray[np.uint8], *, min_confidence: float | None = None) -> list[Detection]:
        """See `PlateReader.find`."""
        with self._borrowed() as reader:
            return reader.find(image, min_confidence=min_confidence)

    def check_region(self, options: InferOptions) -> None:
        """Raise UsageError if the models cannot read plates of the region."""
        self._readers[0].check_region(options.region, options.read_as)

    def close(self) -> None:
        """Close the networks, after what they read at the moment."""
        for _ in self._readers:
            self._free.get()
        for reader in self._readers:
            reader.close()
        self._free.put(None)

    @contextmanager
    def _borrowed(self) -> Iterator[PlateReader]:
        """Take a reader that no other thread uses. Raises UsageError if they were closed, as by a reload."""
        reader = self._free.get()
        try:
            if reader is None:
                raise UsageError("the networks are closed; open others")
            yield reader
        finally:
            self._free.put(reader)


OpenReaders = dict[tuple[object, ...], SharedReader]
"""Open networks, by the options that decide which ones."""


class SharedReaders:
    """The networks in use."""

    def __init__(self, threads: int = 1) -> None:
        """Open networks for so many threads."""
        self._threads = threads
        self._open: OpenReaders = {}

    def open(self, options: InferOptions) -> SharedReader:
        """Return the networks of these options; they may be open already. Raises as `SharedReader` does."""
        self.add(self.prepare([options]))
        self._open[options.networks].check_region(options)
        return self._open[options.networks]

    def prepare(self, cameras: Iterable[InferOptions]) -> OpenReaders:
        """Open the networks of these options that are not in use, in any thread. Raises as `SharedReader` does."""
        found: OpenReaders = {}
        try:
            for options in cameras:
                key = options.networks
                if key not in self._open and key not in found:
                    found[key] = SharedReader(options, self._threads)
        except BaseException:
            for reader in found.values():
                reader.close()
            raise
        return found

    def add(self, opened: OpenReaders) -> None:
        """Use networks that `prepare` has opened."""
        self._open.update(opened)

    def close_unused(self, cameras: Iterable[InferOptions]) -> None:
        """Close the networks that no camera of these options uses."""
        used = {options.networks for options in cameras}
        for key in [key for key in self._open if key not in used]:
            self._open.pop(key).close()
