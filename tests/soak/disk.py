"""A small file system in memory that can be filled completely. It needs a mount namespace: see `make soak`."""

from __future__ import annotations

import errno
import subprocess
from pathlib import Path


class SmallDisk:
    """A file system in a folder."""

    def __init__(self, folder: Path, megabytes: int) -> None:
        """Mount it; it is visible in this mount namespace alone."""
        folder.mkdir()
        self.folder = folder
        self._filler = folder / "filler"
        options = f"size={megabytes}m,mode=700"
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "soak", str(folder)], check=True, timeout=60)

    def fill(self) -> None:
        """Fill it completely."""
        size = 1 << 20
        with self._filler.open("wb", buffering=0) as stream:
            while size:
                try:
                    stream.write(b"x" * size)
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise
                    size //= 2

    def free(self) -> None:
        """Free the space."""
        self._filler.unlink(missing_ok=True)

    def close(self) -> None:
        """Unmount it; its content is lost."""
        subprocess.run(["umount", "--lazy", str(self.folder)], check=False, timeout=60)
