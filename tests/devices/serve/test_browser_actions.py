"""Actions on the live page: shown, simulated ones marked, and nothing there starts one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browser_helpers import keep, wait_for, with_token

from plate_devices.actions.action import ActionState
from plate_devices.health.state import CameraHealth, Health
from plate_devices.serve.page_server import LivePage

pytestmark = pytest.mark.system


def test_actions_are_shown(open_page: Callable[..., LivePage], token_file: Path, tab: Any, picture: np.ndarray) -> None:
    health = Health([CameraHealth(source_state="")])
    health.actions = [
        ActionState("gate", "gpio", True, False, True, 3, 0, 0, "", "pulse on pin 17 for 0.5 s"),
        ActionState("<b>bell</b>", "program", False, True, None, 0, 1, 0, "it ended with code 3", ""),
    ]
    page = open_page(token_file=token_file, health=health.as_dict)
    page.live_states[""].add_frame(picture, [], 0.0)
    tab.goto(with_token(page))
    wait_for(tab, "document.querySelector('#figures').textContent.includes('gate')")
    shown = tab.inner_text("#figures")
    assert "simulated, pin active, 3 done, 0 failed, pulse on pin 17 for 0.5 s" in shown
    assert "<b>bell</b>" in shown, "text, and no markup"
    assert "dry run, 0 done, 1 failed, it ended with code 3" in shown
    keep(tab, "actions")
    assert not tab.problems, tab.problems
