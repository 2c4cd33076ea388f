"""The input of a network that reads whole plates."""

from __future__ import annotations

from plate_runtime.manifest import InputSpec

PLATE_SPEC = InputSpec(shape=(48, 160, 1), polarity="any", resize="stretch", contrast="standardise")
