"""Merges options, settings file and profile. Options have priority over the file, and the file over the profile."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from plate_devices.setting_errors import SettingError
from plate_runtime.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from plate_devices.config.load import Config
    from plate_devices.config.profiles.board_profile import Profile
    from plate_devices.config.sections import SourceSettings

T = TypeVar("T")


class Defaults(NamedTuple):
    """The settings file and the profile, which give defaults for options; None for none."""

    config: Config | None
    profile: Profile | None

    def size(self, source: SourceSettings | None) -> tuple[int, int] | None:
        """Return the width and height that a camera is asked for."""
        return (source.size if source else None) or (self.profile.size if self.profile else None)


_OF_RECORDS = ("--every", "--save-crops", "--annotate")


def read_defaults(options: Mapping[str, Any]) -> Defaults:
    """Read the settings file and the profile that the options or the file name. Raises UsageError."""
    config = None
    if options["--config"]:
        from plate_devices.config.load import load_config

        config = load_config(Path(options["--config"]))
    name = options["--profile"] or (config.read.profile if config else None)
    if name is None:
        return Defaults(config, None)
    from plate_devices.config.profiles.board_profile import load_profile

    return Defaults(config, load_profile(name))


def named_cameras(typed: Sequence[str], config: Config | None) -> list[SourceSettings]:
    """Return the cameras to read, each with the settings of its table, and a name if there are several.

    Args:
        typed: the cameras of the command line: addresses, or names of `[[source]]` tables. They have priority.
        config: the settings file.
    """
    tables = config.sources if config else ()
    if not typed:
        return list(tables) or ([config.source] if config and config.source.address else [])
    from plate_devices.config.sections import SourceSettings
    from plate_devices.sources.camera_address import printable_name

    single = config.source if config else SourceSettings()
    by_name = {one.name: one for one in tables if one.name}
    # The settings of a file's only camera hold for another one, too.
    found = [
        by_name.get(camera)
        or _typed(f"--camera {printable_name(camera)}", partial(replace, single, address=camera, name=""))
        for camera in typed
    ]
    if len(found) == 1:
        return [replace(found[0], name=single.name)] if typed[0] == single.address else found
    names: set[str] = set()
    for number, one in enumerate(found):
        found[number] = replace(one, name=_free(one.name or printable_name(one.address or ""), names))
        names.add(found[number].name)
    return found


def _free(name: str, taken: Collection[str]) -> str:
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}-{number}"
    return free


def option_defaults(options: Mapping[str, Any], behind: Defaults, source: SourceSettings | None) -> dict[str, Any]:
    """Return the values that replace the defaults of options, by the options' names; `source` is the camera's table."""
    found: dict[str, Any] = {}
    if behind.profile is not None:
        profile = behind.profile
        found = {"--threads": profile.threads, "--backend": profile.backend, "--fps": profile.fps}
        as_ = options["--as"] or (behind.config.read.as_ if behind.config else None)
        if as_ != "character":
            found["--model"] = list(profile.models)
    if behind.config is not None and source is not None:
        found |= {name: value for name, value in _of_file(behind.config, source).items() if value not in (None, [])}
    if options["--explain"]:  # it prints steps, whatever the file says about records and their pictures
        found = {name: value for name, value in found.items() if name not in _OF_RECORDS}
    return found


def with_options(config: Config | None, options: Mapping[str, Any]) -> Config | None:
    """Return the settings with the page and the broker of the options."""
    address, broker = options["--serve"], options["--mqtt"]
    if not address and not broker:
        return config
    from plate_devices.config.load import Config

    config = config or Config()
    if address:
        from plate_devices.serve.page_settings import ServeSettings

        section = config.serve or ServeSettings()
        config = replace(config, serve=_typed("--serve", lambda: replace(section, address=address)))
    if broker:
        from plate_devices.outputs.json_lines import LinesSettings
        from plate_devices.outputs.mqtt_settings import MqttSettings

        # With --mqtt alone, records are still printed.
        lines = () if config.outputs else (LinesSettings(),)
        sent = _typed("--mqtt", lambda: MqttSettings(url=broker))
        config = replace(config, outputs=(*config.outputs, *lines, sent))
    return config


def printed(config: Config | None) -> bool:
    """Return whether records are printed: there is no output, or one that prints."""
    return config is None or not config.outputs or bool(_printing(config))


def printed_as_json(config: Config | None) -> bool:
    """Return whether the file asks for JSON lines."""
    return config is not None and "output" in config.present and any(one.json for one in _printing(config))


def _printing(config: Config) -> list[Any]:
    """Return the outputs to standard output; outputs with a path are files."""
    return [one for one in config.outputs if one.type == "lines" and one.path is None]


def _typed(option: str, make: Callable[[], T]) -> T:
    try:
        return make()
    except SettingError as error:
        raise UsageError(f"{option}: {error.reason}") from None


def _of_file(config: Config, source: SourceSettings) -> dict[str, Any]:
    read, pictures = config.read, config.pictures
    least = read.min_confidence if source.min_confidence is None else source.min_confidence
    return {
        "--fps": source.fps,
        "--rotate": source.rotate // 90 % 4,
        "--deinterlace": source.deinterlace,
        "--roi": source.roi,
        "--as": read.as_,
        "--region": source.region or read.region,
        "--min-confidence": least,
        "--model": list(source.models or read.models),
        "--backend": read.backend,
        "--threads": read.threads,
        "--every": read.every,
        "--save-crops": str(pictures.crops) if pictures.crops else None,
        "--annotate": str(pictures.annotated) if pictures.annotated else None,
    }
