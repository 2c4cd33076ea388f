"""Run every benchmark, one process each, so that none warms up another."""

from __future__ import annotations

import subprocess
import sys

from measuring import HERE, SHARED

SCRIPTS = ("inference.py", "finding.py", "start.py", "accuracy.py", "plates.py", "live.py", "false_plates.py")
ON_REAL_PICTURES = ("accuracy.py", "plates.py")


def main() -> int:
    """Return the number of benchmarks that failed."""
    failed = 0
    for script in SCRIPTS:
        if script in ON_REAL_PICTURES and not SHARED.is_dir():
            print(f"{script} is left out: no real pictures at {SHARED}")
            continue
        failed += subprocess.run([sys.executable, str(HERE / script)], check=False).returncode != 0
    return failed


if __name__ == "__main__":
    sys.exit(main())
