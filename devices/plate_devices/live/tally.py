"""Counts of a run, for its closing line."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass
class Tally:
    """Counts of one run.

    Attributes:
        pictures, videos: inputs, including those with errors.
        frames: of videos.
        plates: read in pictures and single frames.
        vehicles: read in videos.
        errors: inputs that could not be read to the end.
    """

    pictures: int = 0
    videos: int = 0
    frames: int = 0
    plates: int = 0
    vehicles: int = 0
    errors: int = 0

    def add(self, other: Tally) -> None:
        """Add the counts of other inputs."""
        for field in fields(self):
            setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))

    @property
    def one_error(self) -> bool:
        """Whether the only input could not be read, so that its error says everything."""
        return self.pictures + self.videos == self.errors == 1 and not self.frames

    def describe(self, read_as: str) -> str:
        """Return the closing line of pictures and videos; it advises about the mode `read_as` if nothing was read."""
        inputs = [counted(self.pictures, "picture")] if self.pictures or not self.videos else []
        if self.videos:
            inputs.append(f"{counted(self.videos, 'video')} ({counted(self.frames, 'frame')})")
        found = [counted(self.plates, "plate" if read_as != "character" else "character")] if self.plates else []
        found += [counted(self.vehicles, "vehicle")] if self.vehicles else []
        read = f"{' and '.join(found)} read" if found else "nothing read"
        errors = [counted(self.errors, "error")] if self.errors else []
        line = ", ".join([" and ".join(inputs), read, *errors])
        return line if found else line + _ADVICE[read_as]


def closing_line(source: str, frames: int, vehicles: int) -> str:
    """Return the closing line of a camera."""
    return f"{source}: {counted(frames, 'frame')}, {counted(vehicles, 'vehicle')} read"


_ADVICE = {
    "auto": "; if each picture is the crop of one plate, try --as plate",
    "frame": "; if each picture is the crop of one plate, leave out --as frame",
    "plate": "; if plates are small parts of the pictures, leave out --as plate",
    "character": "; for plates, leave out --as character",
}


def counted(number: int, name: str) -> str:
    """Return a number and the name of what it counts, in the plural but for 1."""
    return f"{number:,} {name}" + ("" if number == 1 else "s")
