"""The input of a detector, and which plates it must find."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from plate_runtime.manifest import InputSpec

SCENE_SPEC = InputSpec(shape=(384, 640, 1), polarity="any", resize="fit")
"""The input of a detector; scenes are rendered at this size at most."""
LEAST_WIDTH = 20.0
"""Width in pixels below which a plate is ignored."""
Corners = NDArray[np.float32]
"""(4, 2): top left, top right, bottom right, bottom left in reading direction, x and y in pixels."""
