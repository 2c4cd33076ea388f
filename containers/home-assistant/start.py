"""Start Plate Edge as an add-on of Home Assistant: write its settings file from the add-on's options."""

from __future__ import annotations

import json
import os
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import quote

SUPERVISOR = "http://supervisor/services/mqtt"
PORT = 8099
"""`ingress_port` of config.yaml."""

_LEAST_TOKEN = 16
_MOST_BYTES = 1_000_000


class OptionError(Exception):
    """An option is not valid; its text is one sentence."""


def settings(options: dict[str, Any], broker: str | None, data: Path, config: Path) -> str:
    """Return the settings file.

    Args:
        options: of the add-on, as config.yaml describes them.
        broker: address of the broker, None for none.
        data: folder that only the add-on uses.
        config: folder with files of the user, such as watch lists.

    Raises:
        OptionError: an option cannot be used.
    """
    cameras, lists = options.get("cameras") or [], options.get("lists") or []
    if not cameras:
        raise OptionError("no camera is set; add one to the option cameras")
    picture, mode = options.get("picture", "none"), options.get("privacy", "clear")
    saves = bool(options.get("save_pictures"))
    if picture != "none" and not saves:
        raise OptionError(f"the option picture is {picture}, and save_pictures is off; switch it on, or choose none")
    if picture != "none" and broker is None:
        raise OptionError(f"the option picture is {picture}, and there is no broker; install one, or set mqtt_url")
    parts = [_table("[service]", clock="trusted")]
    for camera in cameras:
        roi = [int(one) for one in camera["roi"].split(",")] if camera.get("roi") else None
        parts.append(_table("[[source]]", name=camera["name"], address=camera["address"], roi=roi))
    parts.append(_table("[read]", region=options.get("region") or None))
    page = {"token_file": data / "page-token", "roi_file": data / "roi.json"}
    parts.append(_table("[serve]", address=f"0.0.0.0:{PORT}", **page))
    parts.append(_table("[queue]", folder=data / "queue"))
    key = data / "hash.key" if mode == "hash" else None
    parts.append(_table("[privacy]", mode=mode, key_file=key, keep_days=float(options.get("keep_days") or 0)))
    parts.append(_table("[pictures]", events=data / "pictures" if saves else None))
    parts += [_table("[[watchlist]]", name=one["name"], file=config / one["file"]) for one in lists]
    parts.append(_table("[[output]]", type="sqlite", path=data / "vehicles.sqlite"))
    if broker is not None:
        parts.append(_table("[[output]]", type="mqtt", url=broker, picture=picture))
    return "\n".join(parts)


def find_broker(options: dict[str, Any], supervisor: str, token: str) -> str | None:
    """Return the address of the broker: of the option, else of Home Assistant's own; None if there is none.

    Raises:
        OptionError: the Supervisor does not answer.
    """
    if options.get("mqtt_url"):
        return str(options["mqtt_url"])
    request = urllib.request.Request(supervisor, headers={"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            found = json.loads(answer.read(_MOST_BYTES))["data"]
    except urllib.error.HTTPError as error:
        if error.code in (400, 404):  # no add-on offers a broker
            return None
        raise OptionError(f"the Supervisor does not name a broker (status {error.code}); set mqtt_url") from error
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise OptionError(f"the Supervisor does not name a broker ({error}); set mqtt_url") from error
    scheme = "mqtts" if found.get("ssl") else "mqtt"
    user, password = (quote(found.get(key) or "", safe="") for key in ("username", "password"))
    login = f"{user}:{password}@" if user else ""
    return f"{scheme}://{login}{found['host']}:{found['port']}"


def prepare(data: Path, config: Path, supervisor: str = SUPERVISOR) -> Path:
    """Write token and settings, which only their owner may read; return the path of the settings.

    Raises:
        OptionError: an option cannot be used.
        OSError: the folder is not writable.
    """
    options = json.loads((data / "options.json").read_text(encoding="utf-8"))
    token = (options.get("page_token") or "").strip()
    if len(token) < _LEAST_TOKEN:
        raise OptionError(f"the option page_token has {len(token)} characters; use at least {_LEAST_TOKEN}")
    broker = find_broker(options, supervisor, os.environ.get("SUPERVISOR_TOKEN", ""))
    path = data / "plate-infer.toml"
    _write(path, settings(options, broker, data, config))
    _write(data / "page-token", f"{token}\n")
    return path


def _write(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
        stream.write(text)


def _table(header: str, **values: Any) -> str:
    """Return a table of TOML; None is left out."""
    lines = [f"{key} = {_value(value)}" for key, value in values.items() if value is not None]
    return "\n".join([header, *lines, ""])


def _value(value: Any) -> str:
    # The strings of JSON are strings of TOML, except for one control character.
    value = str(value) if isinstance(value, Path) else value
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def main(data: Path = Path("/data"), config: Path = Path("/config")) -> NoReturn:
    """Write the settings, and become plate-infer."""
    try:
        path = prepare(data, config)
    except (OptionError, OSError, ValueError, LookupError) as error:
        sys.exit(f"plate-edge: {error}")
    os.execvp("plate-infer", ["plate-infer", "--config", str(path)])


if __name__ == "__main__":
    main()
