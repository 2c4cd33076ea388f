"""The section [serve] of the settings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from plate_devices.setting_errors import SettingError


@dataclass(frozen=True)
class ServeSettings:
    """The live page.

    Attributes:
        address: `HOST:PORT`; without it there is no page.
        token_file: holds the token for other machines; created if missing.
        roi_file: stores the ROI that was drawn on the page, for the next start.
    """

    address: str = ""
    token_file: Path | None = None
    roi_file: Path | None = None

    def __post_init__(self) -> None:
        """Raise SettingError where the address is not valid."""
        if self.address:
            from plate_devices.serve.listen_address import parse_listen

            try:
                parse_listen(self.address)
            except ValueError as error:
                raise SettingError("address", str(error)) from error
