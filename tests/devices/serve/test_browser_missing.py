"""Where there is no browser, the tests in one say so, in a sentence, and are not skipped."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).with_name("test_browser.py")


@pytest.mark.parametrize("ci", ["", "true"], ids=["at a desk", "in CI"])
def test_a_missing_browser_is_a_failure_of_one_sentence(repository: Path, tmp_path: Path, ci: str) -> None:
    command = [sys.executable, "-m", "pytest", "-m", "system", "-k", "trouble and desk", "-p", "no:cacheprovider"]
    environment = {**os.environ, "PATH": str(tmp_path), "CI": ci}
    ended = subprocess.run(
        [*command, str(TESTS)], cwd=repository, env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert "no Chromium on PATH; apt-get install chromium-headless-shell" in ended.stdout
    assert "1 error" in ended.stdout and "skipped" not in ended.stdout
    for trace in ("Traceback", "def find_browser"):
        assert trace not in ended.stdout
