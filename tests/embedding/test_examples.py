"""Every example of docs/integrate/embedding.md, run as it stands there."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from device_helpers import wait_until_it_listens

from plate_devices.imaging.plate_picture import draw_plate

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "integrate" / "embedding.md").read_text("utf-8")
TEXT = "BK24PTR"


def example(language: str, first_line: str) -> str:
    """The code block of a language that begins like this."""
    (found,) = re.findall(rf"^```{language}\n({re.escape(first_line)}.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return str(found)


def run(command: list[str], folder: Path, **more: str) -> str:
    """Run a program in a folder, with nothing of the checkout on its path, and return what it prints."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | more
    ended = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@pytest.fixture
def crop(tmp_path: Path) -> Path:
    path = tmp_path / "crop.png"
    draw_plate(TEXT, 60).save(path)
    return path


def test_as_a_dependency(tmp_path: Path, crop: Path) -> None:
    program = tmp_path / "gate.py"
    program.write_text(example("python", "# gate.py"))
    told = run([sys.executable, str(program), str(crop), "none.png"], tmp_path, PYTHONPATH=str(ROOT / "runtime"))
    assert re.fullmatch(rf"{TEXT} [01]\.\d\d\n", told)


def test_as_a_copied_folder(tmp_path: Path, crop: Path) -> None:
    (tmp_path / "runtime").symlink_to(ROOT / "runtime")
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    told = run(["sh", "-ec", example("sh", "mkdir product")], tmp_path, CROP=str(crop), PATH=path)
    assert told.startswith(f"{TEXT}\t")
    product = tmp_path / "product"
    (product / "main.py").write_text(example("python", "# product/main.py"))
    where = "import numberplates; print(numberplates.__file__)"
    assert run([sys.executable, "-c", where], product).strip() == str(product / "numberplates" / "__init__.py")
    assert run([sys.executable, "main.py", str(crop)], product) == f"['{TEXT}']\n"
    assert run([sys.executable, "-m", "numberplates", "--help"], product).startswith("usage: python -m numberplates ")


class TestSocket:
    @pytest.fixture
    def address(self, tmp_path: Path) -> Iterator[str]:
        """A server, started as the page says."""
        path = tmp_path / "plates.sock"
        (shown,) = re.findall(r"^    plate-infer (--socket .*)$", PAGE, re.MULTILINE)
        words = shown.replace("/run/plate-edge/plates.sock", str(path)).split()
        code = "from plate_devices.cli.infer import main; main()"
        server = subprocess.Popen([sys.executable, "-c", code, *words])
        wait_until_it_listens(path, server)
        yield str(path)
        server.send_signal(signal.SIGTERM)
        server.wait(30)

    def test_python(self, address: str, tmp_path: Path, crop: Path) -> None:
        (tmp_path / "client.py").write_text(example("python", "# client.py"))
        told = run([sys.executable, "-I", "-S", "client.py", address, str(crop), str(crop)], tmp_path)
        assert re.fullmatch(rf"({TEXT} [01]\.\d\d\n){{2}}", told)

    @pytest.mark.system
    def test_c(self, address: str, tmp_path: Path, crop: Path) -> None:
        (tmp_path / "client.c").write_text(example("c", "/* client.c"))
        run(["cc", "-Wall", "-Wextra", "-Werror", "-o", "client", "client.c"], tmp_path)
        assert run(["./client", address, str(crop)], tmp_path) == f"{TEXT}\n"

    @pytest.mark.system
    def test_node(self, address: str, tmp_path: Path, crop: Path) -> None:
        (tmp_path / "client.mjs").write_text(example("js", "// client.mjs"))
        assert run(["node", "client.mjs", address, str(crop)], tmp_path) == f"{TEXT}\n"


def test_every_example_is_run() -> None:
    here = Path(__file__).read_text("utf-8")
    for first_line in re.findall(r"^```\w+\n(.*)$", PAGE, re.MULTILINE):
        assert f'"{first_line.partition(":")[0]}' in here, first_line
