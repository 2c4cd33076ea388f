"""RapidOCR on whole frames: it detects text, turns it and reads it; one thread. Prints frames, wall and CPU seconds."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import cv2
import rapidocr


def main() -> None:
    """Read the frames that standard input lists as JSON; the first five are not counted."""
    engine: Any = rapidocr.RapidOCR(
        params={
            "Global.log_level": "error",
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )
    cv2.setNumThreads(1)
    frames = json.load(sys.stdin)
    for path in frames[:5]:
        engine(cv2.imread(path))
    wall, cpu = time.perf_counter(), time.process_time()
    for path in frames:
        engine(cv2.imread(path))
    figures = {"frames": len(frames), "wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    print("\n" + json.dumps(figures))


if __name__ == "__main__":
    main()
