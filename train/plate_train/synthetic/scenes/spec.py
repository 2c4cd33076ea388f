"""What a drawn scene is for: the input of a detector, and which plates in it have to be found."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from plate_runtime.manifest import InputSpec

SCENE_SPEC = InputSpec(shape=(384, 640, 1), polarity="any", resize="fit")
"""The input of a detector; scenes are painted at most so large."""
LEAST_WIDTH = 20.0
"""Pixels of width below which a plate is neither asked for nor held against a network."""
Corners = NDArray[np.float32]
"""(4, 2): top left, top right, bottom right, bottom left of a plate as it is read, x and y in pixels."""
