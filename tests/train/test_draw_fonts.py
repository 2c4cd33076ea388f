"""The list of fonts, fetching them, and what is said when that fails."""

from __future__ import annotations

import os
import stat
import tomllib
from pathlib import Path

import pytest

from plate_runtime.alphabet import ALPHABET
from plate_runtime.errors import DataError, DeviceError, MissingPartError
from plate_train.draw import fonts
from plate_train.draw.fonts import FontPackage, fetch, fonts_page, installed_fonts, listed_packages
from plate_train.draw.glyphs import FontAlphabet


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that fonts are kept in."""
    folder = tmp_path / "fonts"
    monkeypatch.setenv("PLATE_EDGE_FONTS", str(folder))
    return folder


@pytest.fixture
def two_packages(monkeypatch: pytest.MonkeyPatch) -> list[FontPackage]:
    """A list of two small packages in place of the real one."""
    listed = [
        FontPackage("@fontsource/one", "1.0.0", "One", "sans", "OFL-1.1", (400, 700)),
        FontPackage("@fontsource/two", "2.0.0", "Two", "mono", "MIT", (400,)),
    ]
    monkeypatch.setattr(fonts, "listed_packages", lambda: listed)
    return listed


def fake_npm(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Put a shell script named npm in front of everything else."""
    folder.mkdir(exist_ok=True)
    program = folder / "npm"
    program.write_text("#!/bin/sh\n" + script, encoding="utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


INSTALLS = """
for name in one two; do
    mkdir -p "node_modules/@fontsource/$name/files"
    folder="node_modules/@fontsource/$name"
    for weight in 400 700; do echo "$name" > "$folder/files/$name-latin-$weight-normal.woff2"; done
    echo licence > "$folder/LICENSE"
done
echo "$@" > arguments; cp arguments "$PLATE_EDGE_FONTS/arguments"
"""


def test_list_is_pinned_and_rich() -> None:
    packages = listed_packages()
    assert len({package.name for package in packages}) == len(packages) >= 100
    assert {package.kind for package in packages} == set(fonts.KINDS)
    for package in packages:
        assert package.name.startswith("@fontsource/")
        assert all(part.isdigit() for part in package.version.split(".")), f"{package.name} is not pinned"
        assert package.licence in {"OFL-1.1", "Apache-2.0", "MIT", "UFL-1.0", "Unlicense"}
        assert package.weights and all(300 <= weight <= 900 for weight in package.weights)


def test_list_names_what_is_wrong(tmp_path: Path) -> None:
    broken = tmp_path / "fonts.toml"
    broken.write_text('[[font]]\npackage = "@fontsource/one"\n', encoding="utf-8")
    with pytest.raises(DataError, match=r"fonts\.toml"):
        listed_packages(broken)


def test_page_is_in_step_with_the_list(repository: Path) -> None:
    page = (repository / "docs" / "fonts.md").read_text(encoding="utf-8")
    assert page == fonts_page(listed_packages()), "run: python -m plate_train.draw.fonts > docs/fonts.md"


def test_list_is_valid_toml_without_repeated_weights() -> None:
    text = Path(fonts.__file__).with_name("fonts.toml").read_text(encoding="utf-8")
    for entry in tomllib.loads(text)["font"]:
        assert sorted(set(entry["weights"])) == entry["weights"], entry["package"]


def test_missing_fonts_name_the_command(cache: Path) -> None:
    with pytest.raises(DataError, match="plate-train fonts"):
        installed_fonts()


def test_no_npm(cache: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingPartError, match="npm") as caught:
        fetch()
    assert caught.value.exit_code == 2
    assert not cache.exists()


def test_fetch_keeps_latin_files_and_licences(
    cache: Path, two_packages: list[FontPackage], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_npm(tmp_path / "bin", monkeypatch, INSTALLS)
    folder = fetch()
    kept = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    assert kept == [
        "@fontsource/one/LICENSE",
        "@fontsource/one/one-latin-400-normal.woff2",
        "@fontsource/one/one-latin-700-normal.woff2",
        "@fontsource/two/LICENSE",
        "@fontsource/two/two-latin-400-normal.woff2",
    ]
    said = (cache / "arguments").read_text(encoding="utf-8").split()
    assert said[0] == "install" and {"@fontsource/one@1.0.0", "@fontsource/two@2.0.0"} <= set(said)
    assert "--ignore-scripts" in said, "packages must not run code of their own"
    assert [font.family for font in installed_fonts()] == ["One", "One", "Two"]
    assert installed_fonts()[0].package == "@fontsource/one@1.0.0"
    assert [path.name for path in cache.iterdir()].count(folder.name) == 1
    assert not list(cache.glob(".fetching-*"))


def test_fetched_fonts_are_not_fetched_again_unless_forced(
    cache: Path, two_packages: list[FontPackage], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_npm(tmp_path / "bin", monkeypatch, INSTALLS)
    fetch()
    (cache / "arguments").unlink()
    fetch()
    assert not (cache / "arguments").exists()
    fetch(force=True)
    assert (cache / "arguments").exists()


def test_another_list_has_another_folder(
    cache: Path, two_packages: list[FontPackage], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_npm(tmp_path / "bin", monkeypatch, INSTALLS)
    before = fetch()
    two_packages.pop()
    assert fetch() != before
    assert len(installed_fonts()) == 2


def test_network_failure_is_one_line_and_leaves_nothing(
    cache: Path, two_packages: list[FontPackage], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_npm(tmp_path / "bin", monkeypatch, "echo 'npm error code ENOTFOUND' >&2\necho 'npm error more' >&2\nexit 1\n")
    with pytest.raises(DeviceError, match="npm error code ENOTFOUND") as caught:
        fetch()
    assert caught.value.exit_code == 4
    assert "\n" not in str(caught.value)
    assert list(cache.iterdir()) == []


def test_package_without_a_listed_file(
    cache: Path, two_packages: list[FontPackage], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_npm(tmp_path / "bin", monkeypatch, "mkdir -p node_modules/@fontsource/one/files\n")
    with pytest.raises(DataError, match="one-latin-400-normal"):
        fetch()
    assert list(cache.iterdir()) == []


def test_unwritable_cache(two_packages: list[FontPackage], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_npm(tmp_path / "bin", monkeypatch, INSTALLS)
    (tmp_path / "file").touch()
    monkeypatch.setenv("PLATE_EDGE_FONTS", str(tmp_path / "file" / "fonts"))
    with pytest.raises(DeviceError, match="PLATE_EDGE_FONTS"):
        fetch()


@pytest.mark.system
def test_every_fetched_font_draws_every_class() -> None:
    for font in installed_fonts():
        alphabet = FontAlphabet(font)
        shapes = {alphabet.glyph(sign).picture.tobytes() for sign in ALPHABET}
        assert len(shapes) >= 34, f"{font.path.name} lacks signs: it draws several alike"
