"""The add-on of Home Assistant: its description, and the settings that its start writes."""

from __future__ import annotations

import importlib.util
import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given
from hypothesis import settings as given_settings
from hypothesis import strategies as st

from plate_devices.config.load import load_config
from plate_devices.serve.access import load_access
from plate_runtime import __version__

FOLDER = Path(__file__).parents[1] / "containers" / "home-assistant"
DESCRIPTION = yaml.safe_load((FOLDER / "config.yaml").read_text())
TOKEN = "correct-horse-battery"
OPTIONS: dict[str, Any] = {
    **DESCRIPTION["options"],
    "cameras": [
        {"name": "gate", "address": "rtsp://me:p%40ss@cam/1", "roi": "10,20,300,200"},
        {"name": "b", "address": "demo"},
    ],
    "page_token": TOKEN,
}


@pytest.fixture(scope="module")
def start() -> Any:
    """The start script as a module; in the add-on it stands alone."""
    spec = importlib.util.spec_from_file_location("addon_start", FOLDER / "start.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def supervisor() -> Iterator[Any]:
    """A Supervisor that names a broker, or answers with `status`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server: Any = self.server
            server.asked = self.headers["Authorization"]
            self.send_response(server.status)
            self.end_headers()
            self.wfile.write(json.dumps({"result": "ok", "data": server.broker}).encode())

        def log_message(self, format: str, *args: Any) -> None:
            """Log nothing."""

    server: Any = HTTPServer(("127.0.0.1", 0), Handler)
    server.status, server.url = 200, f"http://127.0.0.1:{server.server_address[1]}/services/mqtt"
    server.broker = {"host": "core-mosquitto", "port": 1883, "ssl": False, "username": "addons", "password": "a/b@c"}
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def write(folder: Path, **changes: Any) -> Path:
    (folder / "options.json").write_text(json.dumps(OPTIONS | changes))
    return folder


def test_the_description_has_what_the_supervisor_needs(start: Any) -> None:
    assert {"name", "version", "slug", "description", "arch"} <= set(DESCRIPTION)
    assert DESCRIPTION["version"] == __version__
    assert re.fullmatch(r"[a-z0-9_]+", DESCRIPTION["slug"])
    assert set(DESCRIPTION["arch"]) <= {"aarch64", "amd64", "armhf", "armv7", "i386"}
    assert DESCRIPTION["startup"] in {"initialize", "system", "services", "application", "once"}
    assert DESCRIPTION["ingress"] is True and DESCRIPTION["ingress_port"] == start.PORT
    assert DESCRIPTION["services"] == ["mqtt:want"], "it also works without a broker"
    types = re.compile(r"(str|bool|password|float\(\d+,\d+\)|list\([a-z|]+\)|match\(\^.*\$\))\??")
    schema = DESCRIPTION["schema"]
    for type_ in schema.values():
        inner = type_[0].values() if isinstance(type_, list) else [type_]
        assert all(types.fullmatch(one) for one in inner)
    needed = {name for name, type_ in schema.items() if not str(type_).endswith("?")}
    assert set(DESCRIPTION["options"]) == needed, "an option without a default cannot be left out"


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_option_is_translated(language: str) -> None:
    texts = yaml.safe_load((FOLDER / "translations" / f"{language}.yaml").read_text())["configuration"]
    assert list(texts) == list(DESCRIPTION["schema"])
    assert all(set(one) == {"name", "description"} and all(one.values()) for one in texts.values())


def test_it_is_marked_as_untested() -> None:
    assert "has not been tried in Home Assistant OS" in (FOLDER / "DOCS.md").read_text()
    assert DESCRIPTION["stage"] == "experimental"


def test_options_become_settings_that_are_valid(
    start: Any, supervisor: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUPERVISOR_TOKEN", "secret")
    (tmp_path / "family.txt").write_text("AB12CD\n")
    lists = [{"name": "family", "file": "family.txt"}]
    more = {"lists": lists, "region": "germany", "save_pictures": True, "picture": "frame", "keep_days": 14}
    path = start.prepare(write(tmp_path, **more), tmp_path, supervisor.url)
    config = load_config(path)
    assert supervisor.asked == "Bearer secret"
    assert [(one.name, one.address, one.roi) for one in config.sources] == [
        ("gate", "rtsp://me:p%40ss@cam/1", (10, 20, 300, 200)), ("b", "demo", None),
    ]  # fmt: skip
    sqlite, mqtt = config.outputs
    assert (mqtt.url, mqtt.picture) == ("mqtt://addons:a%2Fb%40c@core-mosquitto:1883", "frame")
    assert sqlite.path == tmp_path / "vehicles.sqlite"
    assert (config.read.region, config.privacy.keep_days) == ("germany", 14)
    assert config.watchlists[0].file == tmp_path / "family.txt"
    assert config.pictures.events == tmp_path / "pictures"
    assert load_access(config.serve, is_loopback=False, is_terminal=False).token == TOKEN
    assert all((tmp_path / name).stat().st_mode & 0o077 == 0 for name in ("plate-infer.toml", "page-token"))
    start.prepare(tmp_path, tmp_path, supervisor.url)


def test_without_a_broker_vehicles_are_stored(start: Any, supervisor: Any, tmp_path: Path) -> None:
    supervisor.status = 400
    config = load_config(start.prepare(write(tmp_path), tmp_path, supervisor.url))
    assert [one.type for one in config.outputs] == ["sqlite"]
    supervisor.status = 500
    with pytest.raises(start.OptionError, match=r"status 500\); set mqtt_url"):
        start.prepare(tmp_path, tmp_path, supervisor.url)
    config = load_config(start.prepare(write(tmp_path, mqtt_url="mqtts://h"), tmp_path, supervisor.url))
    assert config.outputs[1].url == "mqtts://h"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"cameras": []}, "no camera is set"),
        ({"page_token": None}, "page_token has 0 characters"),
        ({"page_token": "short"}, "page_token has 5 characters; use at least 16"),
        ({"picture": "crop"}, "save_pictures is off"),
    ],
)
def test_options_that_cannot_be_used_end_the_start_in_one_line(
    start: Any, tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    write(tmp_path, mqtt_url="mqtt://h", **changes)
    with pytest.raises(SystemExit) as ended:
        start.main(tmp_path, tmp_path)
    assert message in str(ended.value) and str(ended.value).startswith("plate-edge: ")
    assert "\n" not in str(ended.value)


@pytest.mark.parametrize("mode", ["clear", "hash", "nothing"])
def test_every_privacy_mode_is_valid(start: Any, tmp_path: Path, mode: str) -> None:
    path = start.prepare(write(tmp_path, privacy=mode, mqtt_url="mqtt://h"), tmp_path)
    assert load_config(path).privacy.mode == mode


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
@given_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_stays_itself_in_the_settings(start: Any, text: str) -> None:
    import tomllib

    assert tomllib.loads(start._table("[a]", b=text)) == {"a": {"b": text}}
