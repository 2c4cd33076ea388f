"""The protocol of what detects and reads plates: one open `PlateReader`, or one for each thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from plate_runtime.results import Detection, Plate
    from plate_runtime.steps import Steps


class Networks(Protocol):
    """Reads plates: a `PlateReader`, or several of them for as many threads."""

    def read(
        self,
        image: NDArray[np.uint8],
        as_: str = ...,
        *,
        region: str | None = ...,
        min_confidence: float | None = ...,
        steps: Steps | None = ...,
    ) -> list[Plate]:
        """See `PlateReader.read`."""
        ...

    def find(self, image: NDArray[np.uint8], *, min_confidence: float | None = ...) -> list[Detection]:
        """See `PlateReader.find`."""
        ...
