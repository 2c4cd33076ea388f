"""The list of fonts, fetching them, and what is said when that fails."""

from __future__ import annotations

import base64
import hashlib
import io
import tarfile
import threading
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from plate_runtime.alphabet import ALPHABET
from plate_runtime.errors import DataError, DeviceError
from plate_train.synthetic import fonts
from plate_train.synthetic.fonts import FontPackage, fetch, fonts_page, installed_fonts, listed_packages
from plate_train.synthetic.glyphs.alphabets import FontAlphabet
from plate_train.synthetic.npm_registry import registry


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


class Registry(SimpleHTTPRequestHandler):
    """Serves archives of a folder, and counts requests."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        super().do_GET()

    def log_message(self, *_arguments: object) -> None:
        pass


def _archive(name: str) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for weight in (400, 700):
            _add(archive, f"package/files/{name}-latin-{weight}-normal.woff2", name.encode())
        _add(archive, "package/LICENSE", b"licence")
        _add(archive, "../../outside", b"no")
    return stream.getvalue()


def _add(archive: tarfile.TarFile, path: str, content: bytes) -> None:
    member = tarfile.TarInfo(path)
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))


def _integrity(content: bytes) -> str:
    return "sha512-" + base64.b64encode(hashlib.sha512(content).digest()).decode()


@pytest.fixture
def served(two_packages: list[FontPackage], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A registry with both packages; gives the paths that were asked for."""
    for place, package in enumerate(two_packages):
        short = package.name.rpartition("/")[2]
        path = tmp_path / "registry" / package.name / "-" / f"{short}-{package.version}.tgz"
        path.parent.mkdir(parents=True)
        path.write_bytes(_archive(short))
        two_packages[place] = replace(package, integrity=_integrity(path.read_bytes()))
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Registry, directory=str(tmp_path / "registry")))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setenv("npm_config_registry", f"http://127.0.0.1:{server.server_port}/")
    monkeypatch.setenv("PATH", str(tmp_path))
    Registry.asked.clear()
    yield Registry.asked
    server.shutdown()
    server.server_close()


def test_list_is_pinned_and_rich() -> None:
    packages = listed_packages()
    assert len({package.name for package in packages}) == len(packages) >= 100
    assert {package.kind for package in packages} == set(fonts.KINDS)
    for package in packages:
        assert package.name.startswith("@fontsource/")
        assert all(part.isdigit() for part in package.version.split(".")), f"{package.name} is not pinned"
        assert package.integrity.startswith("sha512-")
        assert package.licence in {"OFL-1.1", "Apache-2.0", "MIT", "UFL-1.0", "Unlicense"}
        assert package.weights and all(300 <= weight <= 900 for weight in package.weights)


def test_list_names_what_is_wrong(tmp_path: Path) -> None:
    broken = tmp_path / "fonts.toml"
    broken.write_text('[[font]]\npackage = "@fontsource/one"\n', encoding="utf-8")
    with pytest.raises(DataError, match=r"fonts\.toml"):
        listed_packages(broken)


def test_page_is_in_step_with_the_list(repository: Path) -> None:
    page = (repository / "docs" / "reference" / "fonts.md").read_text(encoding="utf-8")
    assert page == fonts_page(listed_packages()), "run: python -m plate_train.synthetic.fonts > docs/reference/fonts.md"


def test_list_is_valid_toml_without_repeated_weights() -> None:
    text = Path(fonts.__file__).with_name("fonts.toml").read_text(encoding="utf-8")
    for entry in tomllib.loads(text)["font"]:
        assert sorted(set(entry["weights"])) == entry["weights"], entry["package"]


def test_missing_fonts_name_the_command(cache: Path) -> None:
    with pytest.raises(DataError, match="plate-train fonts"):
        installed_fonts()


def test_fetch_keeps_latin_files_and_licences(cache: Path, served: list[str], tmp_path: Path) -> None:
    folder = fetch()
    kept = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    assert kept == [
        "@fontsource/one/LICENSE",
        "@fontsource/one/one-latin-400-normal.woff2",
        "@fontsource/one/one-latin-700-normal.woff2",
        "@fontsource/two/LICENSE",
        "@fontsource/two/two-latin-400-normal.woff2",
    ]
    assert served == ["/@fontsource/one/-/one-1.0.0.tgz", "/@fontsource/two/-/two-2.0.0.tgz"]
    assert [font.family for font in installed_fonts()] == ["One", "One", "Two"]
    assert not list(cache.glob(".fetching-*"))
    fetch()
    assert len(served) == 2
    fetch(force=True)
    assert len(served) == 4


def test_another_package_than_the_pinned_one_is_refused(
    cache: Path, two_packages: list[FontPackage], served: list[str]
) -> None:
    two_packages[1] = replace(two_packages[1], integrity=two_packages[0].integrity)
    with pytest.raises(DataError, match=r"two@2\.0\.0 .* is not the pinned package"):
        fetch()
    assert list(cache.iterdir()) == []


def test_network_failure_is_one_line_and_leaves_nothing(
    cache: Path, two_packages: list[FontPackage], served: list[str]
) -> None:
    two_packages[0] = replace(two_packages[0], version="9.9.9")
    with pytest.raises(DeviceError, match=r"one cannot be fetched .*404") as caught:
        fetch()
    assert caught.value.exit_code == 4
    assert "\n" not in str(caught.value)
    assert list(cache.iterdir()) == []


def test_package_without_a_listed_file(cache: Path, two_packages: list[FontPackage], served: list[str]) -> None:
    two_packages[0] = replace(two_packages[0], weights=(900,))
    with pytest.raises(DataError, match="one-latin-900-normal"):
        fetch()
    assert list(cache.iterdir()) == []


def test_unwritable_cache(served: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("PLATE_EDGE_FONTS", str(tmp_path / "file" / "fonts"))
    with pytest.raises(DeviceError, match="PLATE_EDGE_FONTS"):
        fetch()


def test_the_registry_is_the_one_npm_is_configured_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("npm_config_registry", raising=False)
    monkeypatch.delenv("NPM_CONFIG_REGISTRY", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert registry() == "https://registry.npmjs.org"
    (tmp_path / ".npmrc").write_text("; mine\nfund=false\nregistry=https://mirror.example/npm/\n", encoding="utf-8")
    assert registry() == "https://mirror.example/npm"
    monkeypatch.setenv("npm_config_registry", "file:///etc")
    with pytest.raises(DataError, match="npm_config_registry"):
        registry()


@pytest.mark.system
def test_every_fetched_font_draws_every_class() -> None:
    for font in installed_fonts():
        alphabet = FontAlphabet(font)
        shapes = {alphabet.glyph(character).picture.tobytes() for character in ALPHABET}
        assert len(shapes) >= 34, f"{font.path.name} lacks characters: it draws several alike"
