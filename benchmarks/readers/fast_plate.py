"""fast-plate-ocr's smallest network, cct-xs, for its time alone: its weights are no part of its package.

    python fast_plate.py build FOLDER SITE-PACKAGES     make the network with random weights (needs Keras, tf2onnx)

Sizes are those of models/cct_xs_v1.yaml and config/default_latin_plate_config.yaml of its repository (MIT), with the
activation of its release cct-xs-relu-v1; gelu, which tf2onnx cannot write, takes the same time.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

NETWORK, SETTINGS = "cct-xs.onnx", "plates.yaml"
_FILTERS = (32, None, 48, 64, None, 80, 96)
_SETTINGS: dict[str, object] = {
    "max_plate_slots": 9, "alphabet": "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_", "pad_char": "_", "img_height": 64,
    "img_width": 128, "keep_aspect_ratio": True, "interpolation": "linear", "image_color_mode": "rgb",
}  # fmt: skip


def open_reader(options: dict[str, Any]) -> Any:
    """Open the network that was built in {"folder"}, in onnxruntime with one thread, by the package's own reader."""
    from importlib.metadata import version

    import cv2
    import onnxruntime
    from fast_plate_ocr import LicensePlateRecognizer
    from serving import Reader, one_by_one

    threads = onnxruntime.SessionOptions()
    threads.intra_op_num_threads = threads.inter_op_num_threads = 1
    network, settings = Path(options["folder"]) / NETWORK, Path(options["folder"]) / SETTINGS
    reader = LicensePlateRecognizer(
        onnx_model_path=network, plate_config_path=settings, sess_options=threads, device="cpu"
    )

    def read(picture: Any) -> str:
        return str(reader.run(picture)[0].plate)

    return Reader(f"{version('fast-plate-ocr')}, cct-xs", [network], one_by_one(cv2.imread, read))


def build(folder: Path) -> None:
    """Write the network and its settings to `folder`."""
    import keras
    import yaml
    from fast_plate_ocr.train.model.config import PlateConfig
    from fast_plate_ocr.train.model.model_builders import build_model
    from fast_plate_ocr.train.model.model_schema import CCTModelConfig

    settings = PlateConfig(**_SETTINGS)
    network = build_model(CCTModelConfig(**_network()), settings)
    folder.mkdir(parents=True, exist_ok=True)
    shape = (None, settings.img_height, settings.img_width, settings.num_channels)
    given = [keras.InputSpec(name="input", shape=shape, dtype="uint8")]
    network.export(folder / NETWORK, format="onnx", verbose=False, input_signature=given)
    (folder / SETTINGS).write_text(yaml.safe_dump(_SETTINGS), encoding="utf-8")


def _network() -> dict[str, object]:
    def block(filters: int | None) -> dict[str, object]:
        if filters is None:
            return {"layer": "MaxBlurPooling2D", "pool_size": 2, "filter_size": 3}
        return {"layer": "Conv2D", "filters": filters, "kernel_size": 3, "padding": "valid", "activation": "relu"}

    encoder = {
        "layers": 4, "heads": 1, "projection_dim": 64, "units": [64, 64], "activation": "relu",
        "token_reducer_heads": 4, "normalization": "dyt",
    }  # fmt: skip
    tokenizer = {
        "blocks": [block(filters) for filters in _FILTERS], "positional_emb": True, "patch_size": 2,
        "patch_mlp": {"layer": "MLP", "hidden_units": [64], "activation": "relu"},
    }  # fmt: skip
    return {"model": "cct", "rescaling": {}, "tokenizer": tokenizer, "transformer_encoder": encoder}


if __name__ == "__main__":
    if sys.argv[1:2] == ["build"]:
        sys.path.append(sys.argv[3])  # after what is installed: only what is missing comes from there
        build(Path(sys.argv[2]))
    else:
        from serving import serve

        serve(open_reader)
