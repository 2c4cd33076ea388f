"""Copy the network of an `.h5` into a new file, and refuse everything except groups, numbers and text.

It runs in its own process, started by `h5_file`: libhdf5 can crash on a damaged file, so no other code opens a file
before this check.

    python -m plate_train.networks.h5_copy SOURCE TARGET       exit code 0, or 2 with one line on standard error
"""

from __future__ import annotations

import contextlib
import resource
import sys
from collections.abc import Iterator
from typing import Any

import h5py
import numpy as np

from .h5_file import NETWORK, TRAINING, ZIPPED

MEMORY = 6 << 30
"""Address space of this process in bytes; the libraries alone reserve one GB."""
SECONDS = 60
LARGEST = 1 << 30
"""Largest size of all arrays in bytes; networks for small devices have a hundredth of it."""
LARGEST_ATTRIBUTE = 16 << 20
MOST_OBJECTS = 5_000
DEEPEST = 32
EXPANSION = 200
"""Largest ratio of array sizes to file size: compression rarely halves weights."""
_NUMBERS = (h5py.h5t.INTEGER, h5py.h5t.FLOAT, h5py.h5t.ENUM)


class RefusedError(Exception):
    """The file holds something that no saved network needs."""


def main(source: str, target: str) -> int:
    """Copy `source` to `target`; print the reason on standard error if that is refused."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        copy(source, target)
    except RefusedError as error:
        print(str(error), file=sys.stderr)
        return 2
    except MemoryError:
        print("it needs more memory than any network", file=sys.stderr)
        return 2
    except Exception as error:  # h5py raises nearly every kind for damage: OSError, RuntimeError, KeyError, ValueError
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        print(f"not a complete HDF5 file ({reason})", file=sys.stderr)
        return 2
    return 0


def copy(source: str, target: str) -> None:
    """Copy attributes, weights and the training record; optimizer state and compile options are omitted."""
    with h5py.File(source, "r") as given, h5py.File(target, "w", libver="latest") as made:
        size = given.id.get_filesize()
        declared = 0
        for name, entry in _objects(given):
            attributes = dict(_attributes(entry, name))
            wanted = name.partition("/")[0] in ("", NETWORK, TRAINING, *ZIPPED)
            if isinstance(entry, h5py.Dataset):
                declared += _checked_size(entry, name)
                if declared > min(LARGEST, (16 << 20) + EXPANSION * size):
                    raise RefusedError(f"{name}: its arrays claim {declared:,} bytes, the file has {size:,}")
                if wanted:
                    made.create_dataset(name, data=entry[()], dtype=entry.dtype)
            elif wanted and name:
                made.require_group(name)
            if wanted:
                for key, value in attributes.items():
                    if key != "training_config":
                        made[name or "/"].attrs[key] = value


def _objects(file: Any) -> Iterator[tuple[str, Any]]:
    """Yield name and object of every entry, the root with an empty name; only hard links are followed."""
    waiting = [("", file)]
    seen = set()
    while waiting:
        name, entry = waiting.pop()
        address = h5py.h5o.get_info(entry.id).addr
        if address in seen:
            raise RefusedError(f"{name}: the same object has two names")
        seen.add(address)
        if len(seen) > MOST_OBJECTS or name.count("/") > DEEPEST:
            raise RefusedError(f"more than {MOST_OBJECTS:,} objects, or nested more than {DEEPEST} deep")
        yield name, entry
        if not isinstance(entry, h5py.Group):
            continue
        for key in entry:
            link = entry.get(key, getlink=True)
            inner = f"{name}/{key}" if name else key
            if not isinstance(link, h5py.HardLink):
                raise RefusedError(f"{_shown(inner)}: a link to another place or file ({type(link).__name__})")
            if not key.isprintable():
                raise RefusedError(f"{_shown(inner)}: a name that cannot be printed")
            if entry.get(key, getclass=True) not in (h5py.Group, h5py.Dataset):
                raise RefusedError(f"{_shown(inner)}: neither a group nor an array")
            waiting.append((inner, entry[key]))


def _checked_size(dataset: Any, name: str) -> int:
    """Return the declared size of an array in bytes; it must be in this file, as numbers or as one text."""
    if dataset.is_virtual or dataset.external:
        raise RefusedError(f"{_shown(name)}: an array whose values are in another file")
    kind = dataset.id.get_type().get_class()
    if kind not in (*_NUMBERS, h5py.h5t.STRING) or (kind == h5py.h5t.STRING and dataset.shape != ()):
        raise RefusedError(f"{_shown(name)}: an array of neither numbers nor text")
    return int(np.prod(dataset.shape, dtype=object)) * int(dataset.dtype.itemsize)


def _attributes(entry: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Yield the attributes of an object, numbers or text; references and other types are refused."""
    for number in range(h5py.h5a.get_num_attrs(entry.id)):
        attribute = h5py.h5a.open(entry.id, index=number)
        key = attribute.name.decode("utf-8", "surrogateescape")
        kind, space = attribute.get_type(), attribute.get_space()
        where = f"the attribute {_shown(key)} of {_shown(name) or 'the file'}"
        if kind.get_class() not in (*_NUMBERS, h5py.h5t.STRING) or not key.isprintable():
            raise RefusedError(f"{where} is neither numbers nor text")
        if space.get_simple_extent_type() == h5py.h5s.NULL:
            continue
        if space.get_simple_extent_npoints() * kind.get_size() > LARGEST_ATTRIBUTE:
            raise RefusedError(f"{where} claims more than {LARGEST_ATTRIBUTE >> 20} MB")
        yield key, _text(entry.attrs[key])


def _text(value: Any) -> Any:
    """Return bytes as text, since HDF5 limits fixed-length attributes to 64 KB."""
    with contextlib.suppress(UnicodeDecodeError):
        return value.decode() if isinstance(value, bytes) else value
    raise RefusedError("an attribute is not UTF-8 text")


def _shown(name: str) -> str:
    return ascii(name)[1:-1][:80]


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
