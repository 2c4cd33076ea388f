"""Our own reader: any model file in any interpreter, or the shipped ones; a character model reads by cutting."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from serving import Reader, one_by_one, serve

from plate_runtime import PlateReader
from plate_runtime.model import shipped_model
from plate_runtime.pictures.open_picture import open_picture


def open_reader(options: dict[str, Any]) -> Reader:
    """Open {"model": path, or None for what ships, "backend": name}."""
    reader = PlateReader(options["model"], backend=options["backend"])

    def read(picture: Any) -> str:
        plates = reader.read(picture, as_="plate", min_confidence=0.0)
        return plates[0].text if plates else ""

    backend = reader.model.backend
    shipped = [shipped_model(purpose, options["backend"]) for purpose in ("plate", "frame")]
    files = [Path(options["model"])] if options["model"] else shipped
    return Reader(f"{backend.name} {backend.version}", files, one_by_one(open_picture, read))


if __name__ == "__main__":
    serve(open_reader)
