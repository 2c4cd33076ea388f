"""Options win over the settings file, and that over the board's profile."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plate_devices.config.load import Config
    from plate_devices.profiles import Profile


class Given(NamedTuple):
    """What stands behind the options: a settings file, a profile, or neither."""

    config: Config | None
    profile: Profile | None

    @property
    def size(self) -> tuple[int, int] | None:
        """What a camera is asked for."""
        asked = self.config.source.size if self.config else None
        return asked or (self.profile.size if self.profile else None)


def look_behind(options: Mapping[str, Any]) -> Given:
    """Read the settings file and the profile that the options, or the file, name. Raises UsageError."""
    config = None
    if options["--config"]:
        from plate_devices.config.load import load_config

        config = load_config(Path(options["--config"]))
    name = options["--profile"] or (config.read.profile if config else None)
    if name is None:
        return Given(config, None)
    from plate_devices.profiles import load_profile

    return Given(config, load_profile(name))


def defaults(options: Mapping[str, Any], given: Given) -> dict[str, Any]:
    """Return what takes the place of options' own defaults, by their names."""
    found: dict[str, Any] = {}
    if given.profile is not None:
        profile = given.profile
        found = {"--threads": profile.threads, "--backend": profile.backend, "--fps": profile.fps}
        as_ = options["--as"] or (given.config.read.as_ if given.config else None)
        if as_ != "character":
            found["--model"] = list(profile.models)
    if given.config is not None:
        found |= {name: value for name, value in _of_file(given.config).items() if value not in (None, [])}
    return found


def with_options(config: Config | None, options: Mapping[str, Any]) -> Config | None:
    """Return the settings with the parts that options ask for: a page, a broker."""
    address, broker = options["--serve"], options["--mqtt"]
    if not address and not broker:
        return config
    from plate_devices.config.load import Config

    config = config or Config()
    if address:
        from plate_devices.serve.settings import ServeSettings

        config = replace(config, serve=replace(config.serve or ServeSettings(), address=address))
    if broker:
        from plate_devices.outputs.mqtt import settings_from_url
        from plate_devices.outputs.registry import settings_class

        lines = () if config.outputs else (settings_class("lines")(type="lines", json=options["--json"]),)
        config = replace(config, outputs=(*config.outputs, *lines, settings_from_url(broker)))
    return config


def printed(config: Config | None) -> bool:
    """Whether records are printed: nobody says where they go, or says that they are printed, too."""
    return config is None or not config.outputs or any(one.type == "lines" for one in config.outputs)


def printed_as_json(config: Config | None) -> bool:
    """Whether the file wants them as JSON."""
    return config is not None and any(one.type == "lines" and one.json for one in config.outputs)


def _of_file(config: Config) -> dict[str, Any]:
    source, read, pictures = config.source, config.read, config.pictures
    return {
        "--camera": source.address,
        "--fps": source.fps,
        "--rotate": source.rotate // 90 % 4,
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
