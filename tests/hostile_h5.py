"""Networks in `.h5` files that try to run code, to read other files, or to take all memory. Made with h5py alone.

python -m hostile_h5 FOLDER MARKER      writes them all; a file MARKER appears where one of them has run its code
"""

from __future__ import annotations

import base64
import json
import marshal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np

INPUT = {
    "class_name": "InputLayer",
    "module": "keras.layers",
    "registered_name": None,
    "config": {"batch_shape": [None, 4], "dtype": "float32", "name": "pixels"},
}
WEIGHTS = {"dense/kernel": np.ones((4, 2), np.float32), "dense/bias": np.zeros(2, np.float32)}


def dense(**config: Any) -> dict[str, Any]:
    """A Dense layer of Keras 3 with other settings."""
    settings = {"name": "dense", "units": 2, "activation": "linear", "use_bias": True, **config}
    return {"class_name": "Dense", "module": "keras.layers", "registered_name": None, "config": settings}


def write(path: Path, layers: Any, text: str | None = None) -> Any:
    """Write a sequential network with the weights of one Dense layer, and return the open file for changes."""
    file = h5py.File(path, "w")
    description = {"class_name": "Sequential", "config": {"name": "s", "trainable": True, "layers": layers}}
    file.attrs["model_config"] = json.dumps(description) if text is None else text
    file.attrs["keras_version"], file.attrs["backend"] = "3.10.0", "tensorflow"
    weights = file.create_group("model_weights")
    weights.attrs["layer_names"] = [b"dense"]
    weights.attrs["keras_version"], weights.attrs["backend"] = "3.10.0", "tensorflow"
    weights.create_group("dense").attrs["weight_names"] = [name.encode() for name in WEIGHTS]
    for name, values in WEIGHTS.items():
        weights["dense"][name] = values
    return file


def _code(marker: Path) -> str:
    function = eval(f"lambda x: open({str(marker)!r}, 'w').close() or x")
    return base64.b64encode(marshal.dumps(function.__code__)).decode()


def code_files(marker: Path) -> dict[str, list[dict[str, Any]]]:
    """Layers that name code, by what they try."""
    code = _code(marker)
    saved = {"filepath": "saved-model", "call_endpoint": "serve"}
    marshalled = {"class_name": "__lambda__", "config": {"value": code, "defaults": None, "closure": None}}

    def foreign(name: str, module: str, config: Any = saved, registered: Any = None) -> dict[str, Any]:
        return {"class_name": name, "module": module, "registered_name": registered, "config": config}

    def function(name: str, module: str) -> dict[str, Any]:
        return foreign("function", module, name, name)

    old_lambda = {"function": [code, None, None], "function_type": "lambda", "name": "old"}
    inner = {
        "class_name": "Sequential",
        "config": {"name": "inner", "layers": [INPUT, foreign("Lambda", "keras.layers")]},
    }
    files = {
        "lambda of Keras 2": {"class_name": "Lambda", "config": old_lambda},
        "lambda of Keras 3": foreign("Lambda", "keras.layers", {"name": "new", "function": marshalled}),
        "lambda in a network in a network": {"class_name": "Functional", "config": {"layers": [inner]}},
        "operation of TensorFlow": {"class_name": "TFOpLambda", "config": {"function": "io.write_file"}},
        "saved model as layer": foreign("TFSMLayer", "keras.layers"),
        "saved model as activation": dense(activation=foreign("TFSMLayer", "keras.layers")),
        "saved model by a dotted name": dense(activation=foreign("layers.TFSMLayer", "keras")),
        "saved model by the dotted name of a layer": foreign("layers.TFSMLayer", "keras"),
        "saved model as initializer": dense(kernel_initializer=foreign("TFSMLayer", "keras.layers")),
        "saved model as regularizer": dense(kernel_regularizer=foreign("TFSMLayer", "keras.layers")),
        "saved model as constraint": dense(bias_constraint=foreign("TFSMLayer", "keras.layers")),
        "saved model as number type": dense(dtype=foreign("TFSMLayer", "keras.layers")),
        "saved model as units": dense(units=foreign("TFSMLayer", "keras.layers")),
        "saved model in an activation's setting": dense(
            activation=foreign("ReLU", "keras.layers", {"max_value": foreign("TFSMLayer", "keras.layers")})
        ),
        "saved model deep in a list": dense(axis=[[[{"a": [foreign("TFSMLayer", "keras.layers")]}]]]),
        "saved model in a call": {**dense(), "inbound_nodes": [{"args": [foreign("TFSMLayer", "keras.layers")]}]},
        "saved model in build_config": {**dense(), "build_config": foreign("TFSMLayer", "keras.layers")},
        "compile_config": {**dense(), "compile_config": {"loss": function("get_file", "keras.utils")}},
        "module of Keras's insides": foreign("TFSMLayer", "keras.src.export.tfsm_layer"),
        "wrapped layer": foreign("TimeDistributed", "keras.layers", {"layer": foreign("TFSMLayer", "keras.layers")}),
        "layer of PyTorch": foreign("TorchModuleWrapper", "keras.layers", {"module": code}),
        "layer of JAX": foreign("JaxLayer", "keras.layers", {"call_fn": marshalled}),
        "vocabulary from a file": foreign("StringLookup", "keras.layers", {"vocabulary": "/etc/passwd"}),
        "activation as code": dense(activation=marshalled),
        "activation as old code": dense(activation={"value": [code, None, None]}),
        "activation that downloads": dense(activation=function("get_file", "keras.utils")),
        "activation that loads": dense(activation=function("load_model", "keras.saving")),
        "activation of os": dense(activation=function("system", "os")),
        "activation with a package": dense(activation="package>do"),
        "activation with dots": dense(activation="layers.TFSMLayer"),
        "initializer that starts a program": dense(kernel_initializer=foreign("Popen", "subprocess", {"args": "true"})),
        "initializer by name": dense(kernel_initializer="os.system"),
        "layer registered as another": foreign("Dense", "keras.layers", dense()["config"], "package>Dense"),
        "class of another module": foreign("Dense", "evil.layers", dense()["config"]),
        "class of no module": {**dense(), "module": None},
        "type specification": dense(units={"class_name": "TypeSpec", "type_spec": "x", "serialized": []}),
        "tensor": dense(units={"class_name": "__tensor__", "config": {"value": 1, "dtype": "int32"}}),
    }
    return {name: [INPUT, layer] if "network" not in name else [layer] for name, layer in files.items()}


def structure_files(other: Path) -> dict[str, Callable[[Any], None]]:
    """Changes to a sound file that make it point elsewhere, or claim too much; `other` is a file to point at."""

    def kernel(change: Callable[[Any], None]) -> Callable[[Any], None]:
        def apply(file: Any) -> None:
            group = file["model_weights/dense/dense"]
            del group["kernel"]
            change(group)

        return apply

    def link(value: Any) -> Callable[[Any], None]:
        return kernel(lambda group: group.__setitem__("kernel", value))

    def virtual(group: Any) -> None:
        layout = h5py.VirtualLayout((4, 2), "f4")
        layout[:] = h5py.VirtualSource(str(other), "kernel", (4, 2))
        group.create_virtual_dataset("kernel", layout)

    def reference(file: Any) -> None:
        file.attrs["who"] = file["model_weights"].ref

    def references(file: Any) -> None:
        file.create_dataset("refs", data=[file["model_weights"].ref], dtype=h5py.ref_dtype)

    def twice(file: Any) -> None:
        file["again"] = file["model_weights"]

    def cycle(file: Any) -> None:
        file["model_weights/dense/up"] = file["model_weights"]

    def deep(file: Any) -> None:
        file.create_group("model_weights/" + "/".join("d" * 60))

    def many(file: Any) -> None:
        for number in range(5_001):
            file.create_group(f"g{number}", track_order=False)

    external = [(str(other), 0, 32)]
    return {
        "external link": link(h5py.ExternalLink(str(other), "kernel")),
        "soft link": link(h5py.SoftLink("/model_weights/dense/dense/bias")),
        "dangling soft link": link(h5py.SoftLink("/nowhere")),
        "external link among the optimizer's": lambda file: file.__setitem__("o", h5py.ExternalLink(str(other), "k")),
        "external storage": kernel(lambda group: group.create_dataset("kernel", (4, 2), "f4", external=external)),
        "virtual array": kernel(virtual),
        "reference as attribute": reference,
        "references as array": references,
        "one object under two names": twice,
        "groups in a circle": cycle,
        "groups nested 60 deep": deep,
        "too many groups": many,
        "an array of 64 GB": kernel(lambda group: group.create_dataset("kernel", (1 << 17, 1 << 17), chunks=(1, 999))),
        "an array of 2 GB of zeros": kernel(
            lambda group: group.create_dataset("kernel", (1 << 15, 1 << 14), "f4", chunks=(1 << 10, 1 << 10))
        ),
        "a named type": lambda file: file.__setitem__("type", np.dtype("f4")),
        "a table as attribute": lambda file: file.attrs.__setitem__("t", np.zeros(2, "i4,f4")),
        "a name that cannot be printed": lambda file: file.create_group("a\x1b[2Jb"),
    }


def text_files() -> dict[str, str]:
    """Descriptions that are no sensible network."""
    nested: dict[str, Any] = {"class_name": "Sequential", "config": {"layers": []}}
    for _ in range(60):
        nested = {"class_name": "Sequential", "config": {"layers": [nested]}}
    doubled: dict[str, Any] = {"class_name": "Functional", "config": {"layers": [INPUT]}}
    for _ in range(20):
        doubled = {"class_name": "Functional", "config": {"layers": [{**doubled, "inbound_nodes": [[], []]}]}}

    def of(*layers: Any) -> str:
        return json.dumps({"class_name": "Sequential", "config": {"name": "s", "layers": layers}})

    return {
        "no JSON": "{",
        "a list": "[]",
        "no layers": json.dumps({"class_name": "Sequential", "config": {"layers": 5}}),
        "nested 100,000 deep": "[" * 100_000,
        "nested objects 100,000 deep": '{"config":' * 100_000,
        "a number of 5,000 digits": of(INPUT, dense(units=1)).replace('"units": 1', '"units": ' + "9" * 5000),
        "a number of 400 digits": of(INPUT, dense(units=10**400)),
        "units that would take 4 TB": of(INPUT, dense(units=10**12)),
        "more weights than are stored": of(INPUT, dense(units=1_000_000)),
        "a picture larger than any": of(
            {**INPUT, "config": {**INPUT["config"], "batch_shape": [None, 10**6, 10**6, 10**6]}},
            dense(),  # type: ignore[dict-item]
        ),
        "networks nested 60 deep": json.dumps(nested),
        "networks that call each other 2^20 times": json.dumps(doubled),
        "no number": of(INPUT, dense(units=float("nan"))),
        "units that are text": of(INPUT, dense(units="two")),
        "negative units": of(INPUT, dense(units=-2)),
        "a surrogate as name": of(INPUT, dense(name="\ud800")),
        "a subclass": json.dumps({"class_name": "MyModel", "config": {}}),
    }


def write_all(folder: Path, marker: Path) -> list[Path]:
    """Write every file, and return their paths: those that name code first, as `code-…`."""
    other = folder / "other.bin"
    with h5py.File(other, "w") as file:
        file["kernel"] = WEIGHTS["dense/kernel"]
    written = []

    def path(kind: str, name: str) -> Path:
        written.append(folder / f"{kind}-{name.replace(' ', '_').replace('/', '_')}.h5")
        return written[-1]

    for name, layers in code_files(marker).items():
        write(path("code", name), layers).close()
    for name, change in structure_files(other).items():
        with write(path("structure", name), [INPUT, dense()]) as file:
            change(file)
    for name, text in text_files().items():
        write(path("text", name), [], text).close()
    return written


IGNORED_BY_KERAS = {"saved model in a call"}
"""Files whose foreign part Keras never looks at."""


def loaded_by_keras(files: list[Path]) -> set[str]:
    """Return the names of the files with code that Keras loads by itself, without our checker."""
    import keras

    loaded = set()
    for path in files:
        if path.name.startswith("code-"):
            try:
                keras.models.load_model(path, compile=False)
            except Exception:
                continue
            loaded.add(path.stem.removeprefix("code-").replace("_", " "))
    return loaded


if __name__ == "__main__":
    write_all(Path(sys.argv[1]), Path(sys.argv[2]))
