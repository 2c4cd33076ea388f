"""A selection of the fuzzing of what cameras send."""

from __future__ import annotations

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from fuzz import camera_inputs as inputs
from fuzz import camera_targets as targets

seeds = st.integers(0, 2**32 - 1)


@settings(deadline=None, max_examples=300)
@given(seeds)
def test_parts_of_a_stream(seed: int) -> None:
    random = Random(seed)
    targets.feed_parts(inputs.multipart_bytes(random), random)


@settings(deadline=None, max_examples=200)
@given(seeds)
def test_chunks_of_a_stream(seed: int) -> None:
    random = Random(seed)
    targets.feed_chunks(inputs.chunked(inputs.multipart_bytes(random), random), random)
