"""Damaged pictures are a picture or one clear error: nothing else escapes, whatever bytes were changed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import picture_writers as writers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from picture_seeds import SEEDS

from plate_runtime.errors import InputError
from plate_runtime.pictures.cost import MAX_SIDE
from plate_runtime.pictures.open_picture import CAMERA, open_picture

changes = st.lists(
    st.tuples(st.sampled_from(["set", "cut", "double", "insert"]), st.integers(0, 1 << 16), st.binary(max_size=8)),
    min_size=1, max_size=6,
)  # fmt: skip


def changed(content: bytes, changes: list[tuple[str, int, bytes]]) -> bytes:
    for what, place, new in changes:
        at = place % (len(content) + 1)
        # Most formats decide in their first bytes.
        at = at % 64 if place % 3 == 0 else at
        if what == "set":
            content = content[:at] + new + content[at + len(new) :]
        elif what == "cut":
            content = content[:at] + content[at + 1 + len(new) :]
        elif what == "double":
            content = content[:at] + content[max(0, at - 20) :]
        else:
            content = content[:at] + new + content[at:]
    return content


@pytest.mark.parametrize("seed", SEEDS)
@given(changes=changes)
@settings(deadline=None, max_examples=40)
def test_any_change_is_a_picture_or_an_input_error(seed: str, changes: list[tuple[str, int, bytes]]) -> None:
    content = changed(SEEDS[seed], changes)
    try:
        rgb = open_picture(content, name="gate").rgb
    except InputError as error:
        assert str(error).startswith("gate ")
        assert "\n" not in str(error)
        assert "not defined" not in str(error)  # a fault of ours
        assert "has no attribute" not in str(error)
    else:
        assert rgb.dtype == np.uint8
        assert rgb.ndim == 3
        assert max(rgb.shape) <= MAX_SIDE


@pytest.mark.parametrize("seed", SEEDS)
def test_every_seed_is_a_picture(seed: str) -> None:
    assert open_picture(SEEDS[seed]).rgb.size
    if seed not in ("jpeg", "progressive", "cmyk"):
        with pytest.raises(InputError, match="only JPEG"):
            open_picture(SEEDS[seed], limits=CAMERA)


@pytest.mark.parametrize("kind", ["samples", "deflate", "fax", "lzw", "jpeg"])
def test_damage_is_said_in_our_error_alone(kind: str, tmp_path: Path) -> None:
    """Neither Pillow's log nor libtiff writes lines of its own."""
    content = {
        "samples": writers.gray_tiff(np.zeros((8, 8), np.uint8), t277=70_000),
        "deflate": SEEDS["deflate"].replace(b"\x78\x9c", b"\x78\x9d", 1),
        "fax": SEEDS["fax"][:8] + bytes(range(40)) + SEEDS["fax"][48:],
        "lzw": SEEDS["lzw"][:9] + b"\xff" * 30 + SEEDS["lzw"][39:],
        "jpeg": SEEDS["tiff jpeg"].replace(b"\xff\xda", b"\xff\xdd"),
    }[kind]
    path = tmp_path / "damaged.tif"
    path.write_bytes(content)
    code = "import sys; from plate_runtime.pictures.open_picture import open_picture\ntry: open_picture(sys.argv[1])\n"
    code += "except Exception as error: print(error)"
    command = [sys.executable, "-c", code, str(path)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert ended.stderr == ""
    assert ended.stdout == "" or ended.stdout.startswith(f"{path} is damaged")
