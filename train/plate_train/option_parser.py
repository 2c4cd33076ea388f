"""The parser of options of `plate-train` and `plate-export`."""

from __future__ import annotations

import argparse
from typing import NoReturn

from plate_runtime.errors import UsageError


class OptionParser(argparse.ArgumentParser):
    """Reports wrong use as every other error of the commands: in one line, as a UsageError."""

    def error(self, message: str) -> NoReturn:
        """Raise UsageError with the message of argparse, and the command that shows the options."""
        raise UsageError(f"{message}; see {self.prog} --help")
