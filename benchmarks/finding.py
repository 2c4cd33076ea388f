"""What does a frame of 1280x720 cost before, between and after the networks, and beside MobileNetV2?

python benchmarks/finding.py      -> results/finding.csv
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from inference import REPEAT, ROUNDS
from measuring import command_line, in_rounds, spread, write_csv
from numpy.typing import NDArray
from PIL import Image

from plate_devices.imaging.plate_picture import draw_plate
from plate_runtime import PlateReader
from plate_runtime.backends.fake import FakeBackend
from plate_runtime.detect import decode_corners, suppress
from plate_runtime.manifest import InputSpec, Manifest
from plate_runtime.model import Model, open_model
from plate_runtime.model_file import ModelFile
from plate_runtime.pictures.open_picture import Picture
from plate_runtime.preprocess import resize_picture, scale_pixels
from plate_runtime.quantisation import dequantise, quantise
from plate_runtime.recognise import recogniser_of
from plate_runtime.rectify import rectify
from plate_runtime.search import Search, search_frame
from plate_runtime.shipped import shipped_model, ships

SIZE = (720, 1280)
SPEC = InputSpec(shape=(384, 640, 1), polarity="any", resize="fit")
DETECTOR = Manifest("detector", "none", "0", "", SPEC, decoding="corners", strides=(8, 16, 32))
NEAR = ((500.0, 300.0), (690.0, 310.0), (688.0, 350.0), (498.0, 340.0))
WIDE = ((300.0, 300.0), (890.0, 320.0), (888.0, 450.0), (298.0, 430.0))


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and write the table; CPU milliseconds on one thread."""
    command_line(__doc__).parse_args(arguments)
    rgb = frame_with_a_plate()
    calls = {**_steps(rgb), "all outside the networks": _whole(rgb, fake=True)}
    if ships("detector"):
        calls |= {"detector alone": _network("detector"), "reader alone": _network("frame")}
        calls |= {"the whole frame": _whole(rgb, fake=False), "MobileNetV2 int8, 224x224": _mobilenet()}
    times = in_rounds(calls, ROUNDS, REPEAT["detector"])
    write_csv("finding", [{"step": name, **_figures(values)} for name, values in times.items()])


def frame_with_a_plate() -> NDArray[np.uint8]:
    """A frame of blurred noise with one synthetic plate, so that there is something to find and to read."""
    small = np.random.default_rng(0).integers(60, 160, (SIZE[0] // 40, SIZE[1] // 40, 3), np.uint8)
    frame = Image.fromarray(small).resize((SIZE[1], SIZE[0]), Image.Resampling.BICUBIC)
    frame.paste(draw_plate("AB123CD", 44, width=200), (540, 400))
    return np.asarray(frame)


def _figures(values: list[float]) -> dict[str, float]:
    return {f"cpu_ms_{which}": value for which, value in spread(values).items()}


def _steps(rgb: NDArray[np.uint8]) -> dict[str, Callable[[], object]]:
    picture = Picture(rgb, "frame")
    gray = picture.gray()
    pixels = resize_picture(gray, SPEC)[None]
    answer = _answer(plates=3, cells=6)
    stored = quantise(answer, 0.1, 0)
    corners, logits = decode_corners(answer, DETECTOR, (640, 360))
    return {
        "RGB to gray": picture.gray,
        "fit into 640x384": lambda: resize_picture(gray, SPEC),
        "quantise the input": lambda: quantise(scale_pixels(pixels, SPEC), 1 / 255, -128),
        "decode 5,040 cells": lambda: decode_corners(dequantise(stored, 0.1, 0), DETECTOR, (640, 360)),
        f"suppress {len(logits)} detections": lambda: suppress(corners, logits),
        "rectify 190 pixels": lambda: rectify(gray, NEAR),
        "rectify 590 pixels": lambda: rectify(gray, WIDE),
    }


def _answer(plates: int, cells: int) -> NDArray[np.float32]:
    """Return a detector's output for a few plates, each in several neighbouring cells."""
    answer = np.full((*DETECTOR.output_shape,), -8, np.float32)
    answer[:, 1:] = 0
    for plate in range(plates):
        start = 1500 + 900 * plate
        answer[start : start + cells] = [3, -2, -0.5, 2, -0.5, 2, 0.5, -2, 0.5]
    return answer


def _whole(rgb: NDArray[np.uint8], fake: bool) -> Callable[[], object]:
    """Return the whole way of a frame with one plate; with networks that answer at once, or with those that ship."""
    if not fake:
        reader = PlateReader(as_="frame")
        return lambda: reader.read(rgb, as_="frame")
    file = ModelFile(Path("none.tflite"), "tflite", DETECTOR, b"")
    detector = Model(file, FakeBackend(file))
    recogniser = recogniser_of(open_model(shipped_model("frame"), "plate", "fake:AB123CD"))

    def way() -> object:
        return search_frame(Search(Picture(rgb, "frame").gray(), detector), recogniser)

    return way


def _network(purpose: str) -> Callable[[], object]:
    model = open_model(shipped_model(purpose), None)
    inputs = np.random.default_rng(0).random((1, *model.manifest.input.shape), np.float32)
    return lambda: model.predict(inputs)


def _mobilenet() -> Callable[[], object]:
    """Return MobileNetV2 as TensorFlow converts it to int8, without weights that mean anything, in LiteRT."""
    from ai_edge_litert.interpreter import Interpreter

    from plate_export.convert.tflite import to_int8
    from plate_train.networks.tensorflow_setup import import_keras

    network = import_keras().applications.MobileNetV2(weights=None)
    inputs = np.random.default_rng(0).random((4, 224, 224, 3), np.float32)
    interpreter: Any = Interpreter(model_content=to_int8(network, inputs).content, num_threads=1)
    interpreter.allocate_tensors()
    place = interpreter.get_input_details()[0]["index"]
    picture = np.zeros((1, 224, 224, 3), np.int8)

    def run() -> None:
        interpreter.set_tensor(place, picture)
        interpreter.invoke()

    return run


if __name__ == "__main__":
    main()
