"""Print the SQL that prepares a database for the output `postgres`.

python -m plate_devices.outputs.postgres_schema | psql DATABASE
"""

from __future__ import annotations

from pathlib import Path


def schema() -> str:
    """Return the SQL: the table of events, its indexes, views, functions and roles. It may be run again."""
    return Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")


if __name__ == "__main__":
    print(schema(), end="")
