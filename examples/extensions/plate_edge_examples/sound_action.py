"""An action that plays a sound file with ALSA's aplay: `type = "sound"`."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from plate_devices.actions.action import Action, ActionError
from plate_devices.actions.action_settings import ActionSettings
from plate_devices.setting_errors import SettingError

if TYPE_CHECKING:
    from plate_devices.actions.action import Occasion


@dataclass(frozen=True, kw_only=True)
class SoundSettings(ActionSettings):
    """type = "sound".

    Attributes:
        file: a WAV file.
        player: the program that plays it.
    """

    type: Literal["sound"] = "sound"
    file: Path
    player: str = "aplay"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.file.suffix.lower() != ".wav":
            raise SettingError("file", f"{self.file} is not a .wav file")


class SoundAction(Action):
    """Plays the file once for each vehicle."""

    Settings: ClassVar[type[ActionSettings]] = SoundSettings

    def __init__(self, settings: SoundSettings) -> None:
        self._settings = settings

    def open(self) -> None:
        """Raises ActionError if the file or the player is missing."""
        self.check()

    def fire(self, occasion: Occasion) -> str:  # noqa: ARG002
        """Play the file to its end."""
        try:
            subprocess.run(
                [self._settings.player, str(self._settings.file)], timeout=30, check=True, capture_output=True
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise ActionError(f"{self._settings.file} cannot be played: {error}") from error
        return f"played {self._settings.file.name}"

    def check(self) -> None:
        if not self._settings.file.is_file() or not shutil.which(self._settings.player):
            raise ActionError(f"{self._settings.file} or {self._settings.player} is missing")

    def close(self) -> None:
        """Nothing stays open."""
