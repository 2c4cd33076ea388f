"""Allowed objects in the description of a network: one table, by module and class. Everything else is refused.

To accept one more layer, add its name to `LAYERS`, if its settings are numbers, words and the objects below. A layer
that holds another one, reads a file, or takes a function must not be added: `network_check` does not check those.
"""

from __future__ import annotations

from typing import NamedTuple


class Allowed(NamedTuple):
    """Objects allowed for one kind of setting.

    Attributes:
        what: the kind, for messages.
        modules: of these classes; files of Keras 2 name no module.
        classes: their names.
        words: their short names, such as "relu".
    """

    what: str
    modules: frozenset[str]
    classes: frozenset[str]
    words: frozenset[str] = frozenset()


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


LAYERS = _words(
    """
    InputLayer Conv2D DepthwiseConv2D SeparableConv2D Dense Flatten Reshape Permute
    MaxPooling2D AveragePooling2D GlobalAveragePooling2D GlobalMaxPooling2D ZeroPadding2D Cropping2D
    UpSampling2D Resizing
    Dropout SpatialDropout2D AlphaDropout GaussianNoise GaussianDropout ActivityRegularization Identity
    BatchNormalization LayerNormalization GroupNormalization CenterCrop
    RandomFlip RandomRotation RandomZoom RandomTranslation RandomContrast RandomBrightness RandomShear RandomErasing
    RandomHeight RandomWidth
    Activation ReLU LeakyReLU PReLU ELU Softmax Rescaling Normalization
    Add Subtract Multiply Average Maximum Minimum Concatenate Dot
    """
)

NETWORK = Allowed(
    "network",
    # Keras records an inner network under one of its internal modules.
    _words(
        """
        keras keras.models keras.src.models.functional keras.src.models.sequential keras.src.models.model
        keras.src.engine.functional keras.src.engine.sequential keras.src.engine.training
        keras.engine.functional keras.engine.sequential keras.engine.training
        """
    ),
    _words("Sequential Functional Model"),
)
LAYER = Allowed("layer", _words("keras.layers"), LAYERS)
ACTIVATION = Allowed(
    "activation",
    _words("keras.layers"),
    _words("ReLU LeakyReLU ELU PReLU Softmax Activation"),
    _words(
        """
        linear relu relu6 elu celu selu gelu silu swish mish leaky_relu sigmoid hard_sigmoid hard_silu
        hard_swish softmax softmax_v2 log_softmax softplus softsign tanh hard_tanh exponential
        """
    ),
)
INITIALIZER = Allowed(
    "initializer",
    _words("keras.initializers"),
    _words(
        """
        Zeros Ones Constant RandomNormal RandomUniform TruncatedNormal VarianceScaling Orthogonal Identity
        GlorotNormal GlorotUniform HeNormal HeUniform LecunNormal LecunUniform OrthogonalInitializer IdentityInitializer
        """
    ),
    _words(
        """
        zeros ones zero one constant random_normal random_uniform truncated_normal variance_scaling orthogonal identity
        glorot_normal glorot_uniform he_normal he_uniform lecun_normal lecun_uniform normal uniform
        """
    ),
)
REGULARIZER = Allowed(
    "regularizer", _words("keras.regularizers"), _words("L1 L2 L1L2 OrthogonalRegularizer"), _words("l1 l2 l1_l2 l1l2")
)
CONSTRAINT = Allowed(
    "constraint",
    _words("keras.constraints"),
    _words("MaxNorm MinMaxNorm NonNeg UnitNorm"),
    _words("max_norm min_max_norm non_neg unit_norm"),
)
DTYPE = Allowed(
    "number type",
    _words("keras keras.dtype_policies keras.mixed_precision"),
    _words("DTypePolicy FloatDTypePolicy Policy"),
    _words("float16 bfloat16 float32 float64 mixed_float16 mixed_bfloat16 bool uint8 int8 int16 int32 int64"),
)

BY_SETTING = {
    "activation": ACTIVATION,
    "initializer": INITIALIZER,
    "regularizer": REGULARIZER,
    "constraint": CONSTRAINT,
    "dtype": DTYPE,
}
"""Last word of a setting's name -> allowed objects: `kernel_initializer` holds an initializer."""
