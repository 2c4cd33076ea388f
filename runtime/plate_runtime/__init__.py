"""Reads number plates on small devices: numpy, pillow and one interpreter.

    from plate_runtime import PlateReader

    with PlateReader() as reader:
        for plate in reader.read("crop.jpg", as_="plate"):
            print(plate.text, plate.confidence, plate.box)

The folder works unchanged when it is copied into another project.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .reader import PlateReader
    from .results import Plate

__version__ = "0.1.0"
__all__ = ["Plate", "PlateReader", "__version__"]


def __getattr__(name: str) -> object:
    """Import the reader when it is first needed, so that importing the package costs no time."""
    if name == "PlateReader":
        from .reader import PlateReader

        return PlateReader
    if name == "Plate":
        from .results import Plate

        return Plate
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
