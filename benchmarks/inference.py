"""What does a network cost, batch 1, one thread, in every interpreter, beside Keras and TensorFlow's own?

python benchmarks/inference.py      -> results/inference.csv, results/sizes.csv
"""

from __future__ import annotations

import os
import statistics
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from measuring import ROOT, command_line, in_rounds, spread, write_csv
from numpy.typing import NDArray

from plate_runtime.backends import FORMATS, installed
from plate_runtime.model import MODELS, Model, open_model
from plate_runtime.model_file import read_model_file
from plate_runtime.quantisation import quantise

WEIGHTS = ROOT / "train" / "plate_train" / "weights"
ROUNDS, REPEAT = 15, {"character": 200, "plate": 40, "detector": 10}

Candidates = Mapping[tuple[str, str], Callable[[], object]]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and write the tables; ratios are to int8 in LiteRT of the same network."""
    command_line(__doc__).parse_args(arguments)
    rows = []
    for path in sorted(MODELS.glob("*-int8.tflite")):
        name = path.name.removesuffix("-int8.tflite")
        manifest = read_model_file(path).manifest
        picture = np.random.default_rng(0).random((1, *manifest.input.shape), np.float32)
        candidates = {**_own_candidates(name, picture), **_tensorflow_candidates(name, picture)}
        rows += _rows(name, candidates, REPEAT[manifest.kind])
    write_csv("inference", rows)
    sizes = sorted(path for path in MODELS.iterdir() if path.suffix in (".tflite", ".onnx"))
    sizes += sorted(WEIGHTS.glob("*.h5"))
    write_csv("sizes", [{"file": path.name, "bytes": path.stat().st_size} for path in sizes])


def _rows(name: str, candidates: Candidates, repeat: int) -> list[dict[str, object]]:
    calls = {"|".join(key): call for key, call in candidates.items()}
    times = in_rounds(calls, ROUNDS, repeat)
    default = next(values for key, values in times.items() if key.startswith("litert") and key.endswith("int8"))
    rows: list[dict[str, object]] = []
    for key, values in times.items():
        interpreter, _, precision = key.partition("|")
        ratio = statistics.median(a / b for a, b in zip(values, default, strict=True))
        figures = {f"cpu_ms_{which}": value for which, value in spread(values, 4).items()}
        row = {"model": name, "interpreter": interpreter, "precision": precision, **figures}
        rows.append({**row, "ratio": round(ratio, 2)})
    return rows


def _own_candidates(name: str, picture: NDArray[np.float32]) -> Candidates:
    found = {}
    for backend, version in installed().items():
        for precision in ("int8", "float32"):
            path = MODELS / f"{name}-{precision}.{FORMATS[backend]}"
            if version is not None and path.is_file():
                found[f"{backend} {version}", precision] = _predict(open_model(path, None, backend), picture)
    return found


def _predict(model: Model, picture: NDArray[np.float32]) -> Callable[[], object]:
    return lambda: model.predict(picture)


def _tensorflow_candidates(name: str, picture: NDArray[np.float32]) -> Candidates:
    """Keras `predict`, a direct call of the Keras model, and `tf.lite.Interpreter`."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import warnings

    import keras
    import tensorflow as tf

    warnings.simplefilter("ignore")
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    found: dict[tuple[str, str], Callable[[], object]] = {}
    if (WEIGHTS / f"{name}.h5").is_file():
        network = keras.models.load_model(WEIGHTS / f"{name}.h5", compile=False)
        found[f"keras {keras.__version__} predict", "float32"] = lambda: network.predict(picture, verbose=0)
        found[f"keras {keras.__version__} call", "float32"] = lambda: np.asarray(network(picture))
    for precision in ("int8", "float32"):
        path = MODELS / f"{name}-{precision}.tflite"
        if path.is_file():
            found[f"tensorflow {tf.__version__} lite", precision] = _tensorflow_interpreter(tf, path, picture)
    return found


def _tensorflow_interpreter(tf: Any, path: Path, picture: NDArray[np.float32]) -> Callable[[], object]:
    file = read_model_file(path)
    interpreter = tf.lite.Interpreter(model_content=file.content, num_threads=1)
    interpreter.allocate_tensors()
    given, answer = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]
    scales = file.manifest.quantisation

    def call() -> object:
        one = picture if scales is None else quantise(picture, scales.input_scale, scales.input_zero_point)
        interpreter.set_tensor(given, one)
        interpreter.invoke()
        return interpreter.get_tensor(answer)

    return call


if __name__ == "__main__":
    main()
