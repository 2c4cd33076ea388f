"""Merges options, settings file and profile. Options have priority over the file, and the file over the profile."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from plate_devices.config.setting_errors import SettingError
from plate_runtime.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from plate_devices.config.load import Config
    from plate_devices.profiles import Profile

T = TypeVar("T")


class Defaults(NamedTuple):
    """The settings file and the profile, which give defaults for options; None for none."""

    config: Config | None
    profile: Profile | None

    @property
    def size(self) -> tuple[int, int] | None:
        """Width and height that a camera is asked for."""
        size = self.config.source.size if self.config else None
        return size or (self.profile.size if self.profile else None)

    @property
    def redirect(self) -> str | None:
        """The one other host that the camera may redirect to."""
        return self.config.source.redirect if self.config else None


def read_defaults(options: Mapping[str, Any]) -> Defaults:
    """Read the settings file and the profile that the options or the file name. Raises UsageError."""
    config = None
    if options["--config"]:
        from plate_devices.config.load import load_config

        config = load_config(Path(options["--config"]))
    name = options["--profile"] or (config.read.profile if config else None)
    if name is None:
        return Defaults(config, None)
    from plate_devices.profiles import load_profile

    return Defaults(config, load_profile(name))


def option_defaults(options: Mapping[str, Any], behind: Defaults) -> dict[str, Any]:
    """Return the values that replace the defaults of options, by the options' names."""
    found: dict[str, Any] = {}
    if behind.profile is not None:
        profile = behind.profile
        found = {"--threads": profile.threads, "--backend": profile.backend, "--fps": profile.fps}
        as_ = options["--as"] or (behind.config.read.as_ if behind.config else None)
        if as_ != "character":
            found["--model"] = list(profile.models)
    if behind.config is not None:
        found |= {name: value for name, value in _of_file(behind.config).items() if value not in (None, [])}
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


def _of_file(config: Config) -> dict[str, Any]:
    source, read, pictures = config.source, config.read, config.pictures
    return {
        "--camera": source.address,
        "--fps": source.fps,
        "--rotate": source.rotate // 90 % 4,
        "--deinterlace": source.deinterlace,
        "--roi": source.roi,
        "--as": read.as_,
        "--region": read.region,
        "--min-confidence": read.min_confidence,
        "--model": list(read.models),
        "--backend": read.backend,
        "--threads": read.threads,
        "--every": read.every,
        "--save-crops": str(pictures.crops) if pictures.crops else None,
        "--annotate": str(pictures.annotated) if pictures.annotated else None,
    }
