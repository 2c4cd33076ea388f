"""RapidOCR's recogniser alone (PP-OCR in onnxruntime), without finding and turning text; one thread."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any

import cv2
import rapidocr
from serving import Reader, one_by_one, serve


def open_reader(_options: dict[str, Any]) -> Reader:
    """Open the model that its package brings along."""
    engine = rapidocr.RapidOCR(
        params={
            "Global.log_level": "error",
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )

    def read(picture: Any) -> str:
        found = engine(picture, use_det=False, use_cls=False, use_rec=True)
        return "".join(found.txts or ())

    models = sorted((Path(rapidocr.__file__).parent / "models").glob("*rec*.onnx"))
    return Reader(f"{version('rapidocr')}, {models[0].stem}", models, one_by_one(cv2.imread, read))


if __name__ == "__main__":
    serve(open_reader)
