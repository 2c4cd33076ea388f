"""The settings in docs/operate/privacy.md are valid."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

from plate_devices.config.load import load_config
from plate_devices.privacy.privacy_settings import PrivacySettings
from plate_devices.watchlists.plate_file import read_plates
from plate_devices.watchlists.watchlist_settings import WatchlistSettings

PAGE = (Path(__file__).parents[3] / "docs" / "operate" / "privacy.md").read_text("utf-8")


def test_the_settings_shown_are_taken(tmp_path: Path) -> None:
    (shown,) = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    path = tmp_path / "gate.toml"
    path.write_text(shown, encoding="utf-8")
    config = load_config(path)
    assert config.privacy == PrivacySettings("hash", Path("/var/lib/plate-edge/hash.key"), 1, 14, True)
    assert list(config.watchlists) == [WatchlistSettings("family", Path("/etc/plate-edge/family.txt"), True)]


def test_the_list_shown_is_taken(tmp_path: Path) -> None:
    (shown,) = re.findall(r"^    # family\.txt\n((?:    .*\n)+)", PAGE, re.MULTILINE)
    (tmp_path / "family.txt").write_text(shown, encoding="utf-8")
    plates = read_plates(tmp_path / "family.txt")
    assert [one.text for (one,) in plates.exact.values()] == ["BAB123", "MXY4567"]
    assert [one.text for _, one in plates.patterns] == ["H*77?"]


def test_the_list_with_dates_is_taken(tmp_path: Path) -> None:
    (shown,) = re.findall(r"^    (plate,name,note,from,to\n(?:    .*\n)+)", PAGE, re.MULTILINE)
    (tmp_path / "guests.csv").write_text(shown.replace("    ", ""), encoding="utf-8")
    (ann,), (painter,), (parcel,) = read_plates(tmp_path / "guests.csv").exact.values()
    assert (ann.note, painter.name) == ("flat 3, blue", "painter")
    last_day = datetime(2026, 11, 6, 23, 59).timestamp()
    assert painter.is_valid(last_day) and not painter.is_valid(last_day + 60)
    assert parcel.end - parcel.begin == 36000
