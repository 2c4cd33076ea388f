"""Which of the model files that were named finds plates, and which reads them: the files say so themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from plate_runtime.errors import UsageError
from plate_runtime.script import LATIN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plate_runtime.script import Script


class Models(NamedTuple):
    """Files of a reader and a detector; None stands for the one that ships."""

    reader: str | None = None
    detector: str | None = None


def try_models(models: Models, backend: str = "auto") -> None:
    """Try the models that did not come with the installation in processes of their own. Raises ModelError."""
    from plate_runtime.shipped import MODELS, named_model
    from plate_runtime.trial import try_model

    for name in models:
        if name is not None and (path := named_model(name, backend)).parent != MODELS:
            try_model(path, backend)


def choose_models(named: Sequence[str], read_as: str, backend: str = "auto") -> Models:
    """Tell the named model files apart; names of models that ship stand for their files.

    Raises:
        UsageError: two of one kind, or a detector where nothing is to be found. ModelError: a file is damaged.
    """
    from plate_runtime.shipped import DETECTING, named_model

    if len(named) == 1 and read_as not in DETECTING:
        return Models(reader=named[0])  # opened in a moment, and refused then where it does not fit
    from plate_runtime.model_file import read_model_file

    found: dict[bool, str] = {}
    for name in named:
        is_detector = read_model_file(named_model(name, backend)).manifest.kind == "detector"
        if is_detector in found:
            what = "finds" if is_detector else "reads"
            raise UsageError(f"one model {what} plates; {found[is_detector]} and {name} both would")
        found[is_detector] = name
    if True in found and read_as not in DETECTING:
        raise UsageError(f"{found[True]} finds plates in frames; with --as {read_as} there is nothing to find")
    return Models(found.get(False), found.get(True))


def script_of(named: Sequence[str], backend: str = "auto") -> Script:
    """Return the characters that the named models read; those of the shipped ones where none reads any.

    Raises:
        ModelError: a file is damaged.
    """
    from plate_runtime.model_file import read_model_file
    from plate_runtime.shipped import named_model

    manifests = (read_model_file(named_model(name, backend)).manifest for name in named)
    return next((one.script for one in manifests if one.kind != "detector"), LATIN)
