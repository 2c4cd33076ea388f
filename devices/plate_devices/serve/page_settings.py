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
        token_file: holds the full token, which changes need; created if missing. Without a token file, this machine
            reads without a token.
        viewer_token_file: holds a token for reading alone, for example for others of the household; created if missing.
        roi_file: stores the ROI that was drawn on the page, for the next start.
    """

    address: str = ""
    token_file: Path | None = None
    viewer_token_file: Path | None = None
    roi_file: Path | None = None

    def __post_init__(self) -> None:
        """Raise SettingError where the address is not valid, or both tokens share a file."""
        if self.token_file is not None and self.token_file == self.viewer_token_file:
            raise SettingError("viewer_token_file", "has to be another file than token_file")
        if self.address:
            from plate_devices.serve.listen_address import parse_listen

            try:
                parse_listen(self.address)
            except ValueError as error:
                raise SettingError("address", str(error)) from error
