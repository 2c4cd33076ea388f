"""What does one character cost, batch 1, one thread, in every interpreter, beside Keras and TensorFlow's own?

python benchmarks/inference.py      -> results/inference.csv
"""

from __future__ import annotations

import os
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from measuring import ROOT, in_rounds, spread, write_csv

from plate_runtime.backends import FORMATS, installed
from plate_runtime.model import MODELS, Model, open_model
from plate_runtime.modelfile import read_model_file
from plate_runtime.quantisation import quantise

NAME = "plate-character-1.0.0"
PICTURE = np.random.default_rng(0).random((1, 28, 28, 1), np.float32)
ROUNDS, REPEAT = 15, 200


def main() -> None:
    """Measure and write the table; ratios are to the shipped default, int8 in LiteRT."""
    candidates: dict[tuple[str, str], Callable[[], object]] = {}
    for backend, version in installed().items():
        for precision in ("int8", "float32"):
            if version is not None:
                path = MODELS / f"{NAME}-{precision}.{FORMATS[backend]}"
                candidates[f"{backend} {version}", precision] = _predict(open_model(path, backend=backend))
    candidates.update(_tensorflow_candidates())
    calls = {f"{name}|{precision}": call for (name, precision), call in candidates.items()}
    times = in_rounds(calls, ROUNDS, REPEAT)
    default = next(values for key, values in times.items() if key.startswith("litert") and key.endswith("int8"))
    rows = []
    for key, values in times.items():
        interpreter, _, precision = key.partition("|")
        ratio = statistics.median(a / b for a, b in zip(values, default, strict=True))
        rows.append({"interpreter": interpreter, "precision": precision, **_named(values), "ratio": round(ratio, 2)})
    write_csv("inference", rows)
    sizes = sorted(path for path in MODELS.iterdir() if path.suffix in (".tflite", ".onnx"))
    weights = ROOT / "train" / "plate_train" / "weights" / f"{NAME}.h5"
    write_csv("sizes", [{"file": path.name, "bytes": path.stat().st_size} for path in [*sizes, weights]])


def _named(values: list[float]) -> dict[str, float]:
    return {f"cpu_ms_{name}": value for name, value in spread(values, 4).items()}


def _predict(model: Model) -> Callable[[], object]:
    return lambda: model.predict(PICTURE)


def _tensorflow_candidates() -> dict[tuple[str, str], Callable[[], object]]:
    """Keras `predict`, a direct call of the Keras model, and `tf.lite.Interpreter`."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import warnings

    import keras
    import tensorflow as tf

    warnings.simplefilter("ignore")
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    path = ROOT / "train" / "plate_train" / "weights" / f"{NAME}.h5"
    network = keras.models.load_model(path, compile=False)
    found: dict[tuple[str, str], Callable[[], object]] = {
        (f"keras {keras.__version__} predict", "float32"): lambda: network.predict(PICTURE, verbose=0),
        (f"keras {keras.__version__} call", "float32"): lambda: np.asarray(network(PICTURE)),
    }
    for precision in ("int8", "float32"):
        call = _tensorflow_interpreter(tf, MODELS / f"{NAME}-{precision}.tflite")
        found[f"tensorflow {tf.__version__} lite", precision] = call
    return found


def _tensorflow_interpreter(tf: Any, path: Path) -> Callable[[], object]:
    file = read_model_file(path)
    interpreter = tf.lite.Interpreter(model_content=file.content, num_threads=1)
    interpreter.allocate_tensors()
    given, answer = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]
    scales = file.manifest.quantisation

    def call() -> object:
        one = PICTURE if scales is None else quantise(PICTURE, scales.input_scale, scales.input_zero_point)
        interpreter.set_tensor(given, one)
        interpreter.invoke()
        return interpreter.get_tensor(answer)

    return call


if __name__ == "__main__":
    main()
