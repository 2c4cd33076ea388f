"""Texts as training targets, and the loss of each decoding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plate_runtime.errors import DataError
from plate_runtime.script import LATIN, Script

from ..networks.tensorflow_setup import import_tensorflow
from .architectures import SLOTS

LONGEST = 16
"""Characters of the longest text that is trained on."""


def encode(texts: Sequence[str], script: Script = LATIN) -> NDArray[np.int32]:
    """Return the places of the characters in the script's alphabet, int32 (n, LONGEST), filled up with -1.

    Raises:
        DataError: a text is longer, or has other characters.
    """
    places = {character: place for place, character in enumerate(script.alphabet)}
    codes = np.full((len(texts), LONGEST), -1, np.int32)
    for row, text in zip(codes, texts, strict=True):
        if len(text) > LONGEST or not set(text) <= places.keys():
            raise DataError(f"the text {text!r} has characters other than {script.name}, or more than {LONGEST}")
        row[: len(text)] = [places[character] for character in text]
    return codes


def loss_of(decoding: str) -> Callable[[Any, Any], Any]:
    """Return the function (codes (n, LONGEST), logits (n, steps, classes)) -> losses (n,) of a decoding."""
    return {"ctc": ctc_loss, "slots": slots_loss}[decoding]


def ctc_loss(codes: Any, logits: Any) -> Any:
    """Negative logarithm of the probability of the text, summed over all alignments (Graves et al. 2006).

    With sparse labels TensorFlow uses another kernel on CPUs, several times as fast as for dense ones.
    """
    tf = import_tensorflow()
    places = tf.where(codes >= 0)
    labels = tf.SparseTensor(places, tf.gather_nd(codes, places), tf.shape(codes, tf.int64))
    shape = tf.shape(logits)
    lengths = tf.fill([shape[0]], shape[1])
    return tf.nn.ctc_loss(labels, logits, None, lengths, logits_time_major=False, blank_index=-1)


def slots_loss(codes: Any, logits: Any) -> Any:
    """Cross-entropy summed over the slots; slots after the text are blank, characters without a slot are ignored."""
    tf = import_tensorflow()
    expected = tf.where(codes >= 0, codes, tf.shape(logits)[-1] - 1)[:, :SLOTS]
    return tf.reduce_sum(tf.nn.sparse_softmax_cross_entropy_with_logits(expected, logits), axis=1)
