"""The notebook runs from top to bottom, on data it draws itself."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient


def test_notebook_runs_and_reads_a_picture(
    repository: Path, tmp_path: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"EPOCHS": "6", "TRIALS": "1"}.items():
        monkeypatch.setenv(f"PLATE_EDGE_{name}", value)
    monkeypatch.setenv("PYTHONPATH", environment["PYTHONPATH"])
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    notebook = nbformat.read(repository / "docs/train/characters.ipynb", as_version=4)
    nbformat.validate(notebook)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    printed = [
        "".join(output.get("text", "") for output in cell["outputs"])
        for cell in notebook.cells
        if cell["cell_type"] == "code"
    ]
    said = "\n".join(printed)
    assert "360 pictures to train, 72 to validate" in said
    assert "validation pictures are exact copies" in said
    assert "without copies of train/:" in said
    assert printed[-1].startswith("read [(")


def test_notebook_is_stored_without_outputs(repository: Path) -> None:
    notebook = nbformat.read(repository / "docs/train/characters.ipynb", as_version=4)
    assert all(not cell["outputs"] for cell in notebook.cells if cell["cell_type"] == "code")
