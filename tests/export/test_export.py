"""What an export writes beside its files."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

from plate_export.export import _publish
from plate_export.publish import stage


def test_names_of_pictures_that_are_not_unicode_are_reported(tmp_path: Path) -> None:
    report = SimpleNamespace(
        source=SimpleNamespace(meta=SimpleNamespace(name="mine", version="1.0.0")),
        to_dict=lambda: {"changed": [{"picture": "Ö/\udcff.png"}]},
        to_text=lambda: "Ö/\udcff.png",
        pictures=list,
    )
    with stage(tmp_path) as staging:
        _publish(report, staging, tmp_path)  # type: ignore[arg-type]
    text = (tmp_path / "mine-1.0.0-report.json").read_text(encoding="utf-8")
    assert "Ö" in text
    assert json.loads(text) == report.to_dict()
    assert (tmp_path / "mine-1.0.0-report.md").read_text(encoding="utf-8") == "Ö/\\udcff.png"
