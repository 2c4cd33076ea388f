"""Which plate of a frame is which of those before, and when a vehicle has left."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from plate_devices.follow.consensus import is_near, is_part, same_text
from plate_devices.follow.position import Place, is_inside, place_of
from plate_devices.follow.track import Track, Vehicle
from plate_devices.sources.video_clock import DEFAULT_RATE
from plate_runtime.script import LATIN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from plate_devices.sources.source import Frame
    from plate_runtime.reader import Plate
    from plate_runtime.script import Script

LEFT_AFTER = 4
"""Frames read without the plate, and..."""
LEFT_SECONDS = 1.5
"""...seconds without it after which a vehicle has left."""
STANDING_SECONDS = 10.0
"""The same of one that stood: something stands before it, or a light blinds the camera."""

AGAIN_AFTER = 8.0
"""Seconds until the same text is another passing. Nobody leaves and comes back sooner."""
SAME_SPOT_AFTER = 60.0
"""The same of nearly the same text that is found again on the spot where it hardly moved, or has not moved since."""

SEEN_AT_LEAST = 2
"""Frames it has to be read in: one alone is too often half a plate that is just coming into view."""
STRONG_AT_LEAST = 1.0
"""`Track.strength` below which few frames, or doubtful ones, are not enough."""
_SPELLED = 4
"""Frames after which the text counts although none of them read all of it right."""
SURE_AT_LEAST = 0.5
"""Confidence below which all readings together are no plate."""
DETECTION_AT_LEAST = 0.33
"""`Track.located` below which it is none."""
_INTERRUPTED = 4.0
"""A pause between two frames of a film that is so many times as long as the one before; a slow film has none."""
# Frames after which one more of the same picture tells nothing new.
_ENOUGH = 5

MOST_TRACKS, MOST_REMEMBERED = 64, 64
# In widths of the plate: a vehicle that stood there when it was lost stands there still.
_SAME_PLACE = 0.5
# Widths a second that one which hardly moved may have come on meanwhile.
_CREEP = 0.05


class _Passed(NamedTuple):
    """A vehicle that was reported: its text, when and where it was last, whether it stood, or hardly moved."""

    text: str
    seconds: float
    place: Place
    stood: bool
    slow: bool


class Follower:
    """Collects readings frame by frame and hands each vehicle out, once, when it has left.

    A plate goes to the track it fits best by text and by where that track was heading, each track takes one plate a
    frame, and what fits none begins a track of its own. Tracks that too few frames agree on, or that nobody is sure
    of, end unreported.
    """

    def __init__(self, placed: bool = True, script: Script = LATIN) -> None:
        """Start with an empty road.

        Args:
            placed: readings come with their place in the picture. Where a picture is a plate by definition, only texts
                tell one vehicle from another.
            script: the characters that readings are made of.
        """
        self._script = script
        self._placed = placed
        self._tracks: list[Track] = []
        self._now, self._shift = float("-inf"), 0.0
        self._gap = self._gap_before = float("inf")
        self._passed: deque[_Passed] = deque(maxlen=MOST_REMEMBERED)

    @property
    def settled(self) -> bool:
        """Whether reading the same picture once more would tell nothing new."""
        return all(track.missed > LEFT_AFTER or (track.missed == 0 and track.read >= _ENOUGH) for track in self._tracks)

    @property
    def followed(self) -> int:
        """How many plates are in view, or were a moment ago."""
        return len(self._tracks)

    def add(self, frame: Frame, plates: Sequence[Plate]) -> list[Vehicle]:
        """Take the readings of the next frame that was read; return the vehicles that have left by now."""
        now = self.seconds(frame)
        left = self._leave(list(self._tracks)) if self._interrupted and frame.seconds is not None else []
        for track in self._tracks:
            track.missed += 1
        taken: dict[int, Plate] = {}
        for track, number in self._matches(frame, plates, now):
            track.add(frame, plates[number], now)
            taken[number] = plates[number]
        for number, plate in enumerate(plates):
            if number not in taken and not _doubled(plate, taken.values()):
                self._tracks.append(Track(frame, plate, now, self._script))
                taken[number] = plate
        return left + self._leave([track for track in self._tracks if _has_left(track, now)])

    def stay(self, frame: Frame) -> list[Vehicle]:
        """Take a frame that was not read, since it shows what the one before showed."""
        now = self.seconds(frame)
        for track in self._tracks:
            if track.missed == 0:
                track.stay(frame, now)
            else:
                track.missed += 1
        return self._leave([track for track in self._tracks if _has_left(track, now)])

    def wait(self, now: float) -> list[Vehicle]:
        """No frame comes; return the vehicles that must have left by `now`, in seconds as frames tell them."""
        if not self._tracks:
            return []
        now = self._onwards(now)
        return self._leave([track for track in self._tracks if now - track.last_seconds > STANDING_SECONDS])

    def finish(self) -> list[Vehicle]:
        """Return the vehicles that are still in view; the source has ended."""
        return self._leave(list(self._tracks))

    def seconds(self, frame: Frame) -> float:
        """When a frame was taken, in seconds that never run backwards, whatever happens to the clock."""
        if frame.seconds is not None:
            return self._onwards(frame.seconds)
        return self._onwards(frame.time.timestamp() if frame.time is not None else frame.number / DEFAULT_RATE)

    def _onwards(self, seconds: float) -> float:
        if seconds + self._shift < self._now:
            self._shift = self._now - seconds
        now = seconds + self._shift
        if now > self._now:
            self._gap_before, self._gap = self._gap, now - self._now
        self._now = now
        return now

    @property
    def _interrupted(self) -> bool:
        """Whether a recorder has left out what came before the newest frame: what was in view then has left."""
        return self._gap > STANDING_SECONDS and self._gap > _INTERRUPTED * self._gap_before

    def _matches(self, frame: Frame, plates: Sequence[Plate], now: float) -> Iterator[tuple[Track, int]]:
        """Yield tracks with the number of the plate that is theirs, the best fit first."""
        scores = [
            (track.likeness(frame, plate, now, self._placed), number, index)
            for index, track in enumerate(self._tracks)
            for number, plate in enumerate(plates)
        ]
        tracks, numbers = set(), set()
        for score, number, index in sorted(scores, reverse=True):
            if score > 0 and index not in tracks and number not in numbers:
                tracks.add(index)
                numbers.add(number)
                yield self._tracks[index], number

    def _leave(self, gone: list[Track]) -> list[Vehicle]:
        if len(self._tracks) - len(gone) > MOST_TRACKS:
            weakest = sorted((t for t in self._tracks if t not in gone), key=lambda track: track.read)
            gone = gone + weakest[: len(weakest) - MOST_TRACKS]
        self._tracks = [track for track in self._tracks if track not in gone]
        found = []
        for track in gone:
            vehicle = track.vehicle()
            if is_vehicle(track, vehicle):
                if not self._is_reported(track, vehicle) and not self._is_part(track, vehicle.plate.text):
                    found.append(vehicle)
                self._passed.append(
                    _Passed(vehicle.plate.text, track.last_seconds, track.place, track.standing, track.slow)
                )
        return found

    def _is_reported(self, track: Track, vehicle: Vehicle) -> bool:
        """Whether this is what was left of a passing that was reported already."""
        return any(self._continues(track, vehicle.plate.text, passed) for passed in self._passed)

    def _continues(self, track: Track, text: str, passed: _Passed) -> bool:
        """Whether a track goes on with a passing that was reported."""
        same, away = same_text(passed.text, text), track.first_seconds - passed.seconds
        if same and away < AGAIN_AFTER:
            return True
        if not self._placed:
            return False
        off = track.began.away(passed.place)
        if same and passed.stood and off < _SAME_PLACE:
            return True
        if away >= SAME_SPOT_AFTER:
            return False
        if same and passed.slow and off < _SAME_PLACE + _CREEP * away:
            return True
        return off < _SAME_PLACE and (passed.slow or not track.moved) and is_near(passed.text, text)

    def _is_part(self, track: Track, text: str) -> bool:
        """Whether it is half of a plate that is followed as a whole, its other half covered for a while."""
        passed = [one.text for one in self._passed if track.first_seconds - one.seconds < AGAIN_AFTER]
        return any(is_part(text, whole) for whole in [*passed, *(other.text for other in self._tracks)])


def is_vehicle(track: Track, vehicle: Vehicle) -> bool:
    """Whether enough frames agree, and are sure enough."""
    return (
        track.read >= SEEN_AT_LEAST
        and (vehicle.frames > 0 or track.read >= _SPELLED)
        and vehicle.plate.text != ""
        and track.strength >= STRONG_AT_LEAST
        and vehicle.confidence >= SURE_AT_LEAST
        and track.located >= DETECTION_AT_LEAST
    )


def _has_left(track: Track, now: float) -> bool:
    patience = STANDING_SECONDS if track.standing else LEFT_SECONDS
    return track.missed > LEFT_AFTER and now - track.last_seconds > patience


def _doubled(plate: Plate, others: Iterable[Plate]) -> bool:
    """Whether the plate is a part of one that was found in the same frame."""
    place = place_of(plate)
    return any(is_inside(place, other.corners) for other in others)
