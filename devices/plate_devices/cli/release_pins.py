"""Set the pins of all actions inactive, such as after the service was killed during a pulse.

python -m plate_devices.cli.release_pins /etc/plate-edge/plate-infer.toml
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from plate_devices.actions.action import ActionError
from plate_devices.actions.make_actions import make_action
from plate_devices.config.load import load_config
from plate_runtime.command_line import run
from plate_runtime.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence


def command(arguments: Sequence[str]) -> int:
    """Set the pins of a settings file inactive and release them; return 0, or 4 if one cannot be set."""
    if len(arguments) != 1 or arguments[0].startswith("-"):
        raise UsageError("usage: python -m plate_devices.cli.release_pins SETTINGS.toml")
    code = 0
    for settings in load_config(Path(arguments[0])).actions:
        if settings.type == "gpio" and not settings.simulate:
            action = make_action(settings)
            try:
                action.open()
                print(f"{settings.name}: {settings.target} is inactive")
            except ActionError as error:
                print(f"{settings.name}: {error}")
                code = error.exit_code
            finally:
                action.close()
    return code


if __name__ == "__main__":
    run(command, "release_pins")
