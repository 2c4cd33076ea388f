"""What a run has read, as one closing line with counts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Tally:
    """Counts of one run.

    Attributes:
        pictures, videos: inputs, those that could not be read too. frames: of videos, that were looked at.
        plates: read in pictures and single frames. vehicles: read in videos.
        errors: inputs that were not read to the end.
    """

    pictures: int = 0
    videos: int = 0
    frames: int = 0
    plates: int = 0
    vehicles: int = 0
    errors: int = 0

    @property
    def one_error(self) -> bool:
        """Whether there was one input and it could not be read: the line about it says all."""
        return self.pictures + self.videos == self.errors == 1 and not self.frames

    def describe(self, read_as: str) -> str:
        """Return what was read, in a line; `read_as` is the mode, as advice if nothing was read."""
        inputs = [_counted(self.pictures, "picture")] if self.pictures or not self.videos else []
        if self.videos:
            inputs.append(f"{_counted(self.videos, 'video')} ({_counted(self.frames, 'frame')})")
        found = [_counted(self.plates, "plate" if read_as != "character" else "character")] if self.plates else []
        found += [_counted(self.vehicles, "vehicle")] if self.vehicles else []
        read = f"{' and '.join(found)} read" if found else "nothing read"
        errors = [_counted(self.errors, "error")] if self.errors else []
        line = ", ".join([" and ".join(inputs), read, *errors])
        return line if found else line + _ADVICE[read_as]


def closing_line(source: str, frames: int, vehicles: int) -> str:
    """Return what a camera gave until it ended."""
    return f"{source}: {_counted(frames, 'frame')}, {_counted(vehicles, 'vehicle')} read"


_ADVICE = {
    "auto": "; if each picture is the crop of one plate, try --as plate",
    "frame": "; if each picture is the crop of one plate, leave out --as frame",
    "plate": "; if plates are small parts of the pictures, leave out --as plate",
    "character": "; for plates, leave out --as character",
}


def _counted(number: int, name: str) -> str:
    return f"{number:,} {name}" + ("" if number == 1 else "s")
