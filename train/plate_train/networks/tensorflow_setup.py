"""Set up TensorFlow before its first import: quiet, deterministic, with a fixed number of threads."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import Any

from plate_runtime.errors import UsageError, missing_extra

_WITHOUT = "TensorFlow is not installed"


def require_extra() -> None:
    """Raise MissingPartError if a package of the extra `train` is not installed; imports none of them."""
    from importlib.util import find_spec

    for name in ("tensorflow", "keras", "keras_tuner", "h5py", "matplotlib", "tqdm"):
        if sys.modules.get(name, name) is None or (name not in sys.modules and find_spec(name) is None):
            raise missing_extra(f"{name} is not installed", "train")


def import_tensorflow() -> Any:
    """Import and return `tensorflow` without its log lines.

    Raises:
        MissingPartError: it is not installed.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
    os.environ.pop("TF_USE_LEGACY_KERAS", None)  # the converters would look for Keras 2
    try:
        with _silent_start():
            import tensorflow
    except ImportError as error:
        raise missing_extra(_WITHOUT, "train") from error
    return tensorflow


def import_keras() -> Any:
    """Import and return `keras` on its TensorFlow backend, without log lines and without the user's Keras settings.

    Raises:
        MissingPartError: it or TensorFlow is not installed.
    """
    os.environ["KERAS_BACKEND"] = "tensorflow"
    import_tensorflow()
    try:
        import keras
    except ImportError as error:
        raise missing_extra(_WITHOUT, "train") from error
    # Settings of ~/.keras/keras.json, such as channels_first or float16, would give another network.
    keras.config.set_image_data_format("channels_last")
    keras.config.set_floatx("float32")
    keras.config.set_epsilon(1e-7)
    keras.config.set_dtype_policy("float32")
    return keras


def fix(seed: int, threads: int) -> None:
    """Seed all generators, enable deterministic operations, and set the number of threads.

    Raises:
        UsageError: TensorFlow already runs in this process with another number of threads.
    """
    tensorflow = import_tensorflow()
    keras = import_keras()
    threading = tensorflow.config.threading
    try:
        threading.set_intra_op_parallelism_threads(threads)
        threading.set_inter_op_parallelism_threads(1)
    except RuntimeError as error:
        if threading.get_intra_op_parallelism_threads() != threads:
            running = threading.get_intra_op_parallelism_threads()
            raise UsageError(
                f"TensorFlow already runs with {running} threads; start a new process for {threads}"
            ) from error
    keras.utils.set_random_seed(seed)
    tensorflow.config.experimental.enable_op_determinism()


PRECISIONS = ("float32", "bfloat16")
_HALVED = "auto_mixed_precision_onednn_bfloat16"


def use_precision(name: str) -> None:
    """Set the precision of multiplications in compiled functions: one of `PRECISIONS`.

    With bfloat16, weights, sums and stored values stay float32. It is faster on processors with instructions for it
    (AVX512-BF16, AMX); on others TensorFlow still multiplies in float32.
    """
    optimizer = import_tensorflow().config.optimizer
    halved = name == "bfloat16"
    if bool(optimizer.get_experimental_options().get(_HALVED)) != halved:
        optimizer.set_experimental_options({_HALVED: halved})


def compiled(network: Any) -> Any:
    """Return a network as a function of inputs, float32 (n, h, w, channels); call this once, since it traces again."""
    tf = import_tensorflow()
    signature = [tf.TensorSpec((None, *network.input_shape[1:]), tf.float32)]
    return tf.function(lambda inputs: network(inputs, training=False), input_signature=signature, autograph=False)


def versions() -> dict[str, str]:
    """Return the versions of the libraries that influence training."""
    import platform
    from importlib.metadata import PackageNotFoundError, version

    found = {"python": platform.python_version(), "machine": platform.machine()}
    rendering = ("numpy", "pillow", "opencv-python-headless", "opencv-python")
    for package in ("tensorflow-cpu", "tensorflow", "keras", "keras-tuner", *rendering):
        with contextlib.suppress(PackageNotFoundError):
            found[package] = version(package)
    return found


@contextlib.contextmanager
def _silent_start() -> Iterator[None]:
    """Discard the native error stream: TensorFlow logs before its log level is set."""
    sys.stderr.flush()
    kept = os.dup(2)
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nothing)
