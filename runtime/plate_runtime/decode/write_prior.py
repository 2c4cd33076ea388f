"""Write `prior.json`, the prior of all regions; needed after each change of `formats.toml`.

python -m plate_runtime.decode.write_prior
"""

from __future__ import annotations

from ..formats import load_prior
from .prior import FILE, make_prior


def main() -> None:
    """Write the file."""
    FILE.write_text(make_prior(None, load_prior()).write() + "\n", "utf-8")


if __name__ == "__main__":
    main()
