"""The map of the code counts files, lines, circles and repeated names."""

from __future__ import annotations

from pathlib import Path

import code_map

LATE = ["plate_runtime.one", "plate_runtime.three", "plate_runtime.two"]
"""An import in a function closes this circle."""


def test_lines_parts_circles_and_names_are_counted(tmp_path: Path) -> None:
    files = {
        "runtime/plate_runtime/one.py": "# a comment\n\nfrom .two import thing\n\nother = thing\n",
        "runtime/plate_runtime/two.py": '"""Text."""\nfrom plate_runtime.three import deep\n\nthing = deep\n',
        "runtime/plate_runtime/three/deep.py": "def late() -> None:\n    from .. import one\n",
        "train/plate_train/two.py": "import plate_runtime.one\n",
        "export/plate_export/a.py": "from . import b\n",
        "export/plate_export/b.py": "from .a import what\n",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert code_map.folders(tmp_path)["plate_runtime"] == (2, 2 + 3)
    assert code_map.repeated_names(tmp_path) == {"two.py": 2}
    assert code_map.circles(code_map.part_imports(tmp_path)) == [["plate_export.a", "plate_export.b"], LATE]
