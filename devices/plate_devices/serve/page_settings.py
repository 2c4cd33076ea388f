"""What [serve] of the configuration says."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from plate_devices.config.setting_errors import SettingError


@dataclass(frozen=True)
class ServeSettings:
    """The live page.

    Attributes:
        address: `HOST:PORT`; without one there is no page.
        token_file: where the word lies that opens the page from other machines; made where there is none.
        roi_file: where the ROI drawn on the page is kept for the next start.
    """

    address: str = ""
    token_file: Path | None = None
    roi_file: Path | None = None

    def __post_init__(self) -> None:
        """Raise SettingError where the address is none."""
        if self.address:
            from plate_devices.serve.listen_address import parse_listen

            try:
                parse_listen(self.address)
            except ValueError as error:
                raise SettingError("address", str(error)) from error
