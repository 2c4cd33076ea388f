"""Assign the plates of each frame to tracks, and report a vehicle once when it has left."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from plate_devices.follow.consensus import is_near, is_part, same_text
from plate_devices.follow.position import Position, is_inside, position_of
from plate_devices.follow.track import Track, Vehicle
from plate_devices.sources.video_clock import DEFAULT_RATE
from plate_devices.unique_ids import uuid7
from plate_runtime.script import LATIN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from plate_devices.sources.source import Frame
    from plate_runtime.results import Plate
    from plate_runtime.script import Script

LEFT_AFTER = 4
"""A vehicle has left after more than so many frames without its plate, and `LEFT_SECONDS`."""
LEFT_SECONDS = 1.5
"""Seconds without the plate after which a moving vehicle has left."""
STANDING_SECONDS = 10.0
"""Seconds without the plate after which a standing vehicle has left: it may be covered for a while."""

AGAIN_AFTER = 8.0
"""Seconds after which the same text is another passing: no vehicle leaves and returns sooner."""
SAME_SPOT_AFTER = 60.0
"""The same for a similar text at the position where a vehicle hardly moved, or that has not moved since."""

SEEN_AT_LEAST = 2
"""Frames in which a plate must be read: a single one is often half a plate that is coming into view."""
STRONG_AT_LEAST = 1.0
"""Least `Track.strength` of a vehicle."""
_SPELLED = 4
"""Frames after which the consensus counts even if no frame reads all of it."""
CONFIDENCE_AT_LEAST = 0.5
"""Least confidence of a vehicle's text."""
DETECTION_AT_LEAST = 0.33
"""Least `Track.detection_confidence` of a vehicle."""
_INTERRUPTED = 4.0
"""A gap between two frames of a video interrupts it if it is so many times as long as the gap before."""
# Readings of the same picture after which another one gives nothing new.
_ENOUGH = 5

MOST_TRACKS, MOST_REMEMBERED = 64, 64
MOST_KEPT = 8
"""Vehicles in view that keep something of their best frame, such as the frame itself."""
# In widths of the plate: a standing vehicle that was lost is still there.
_SAME_PLACE = 0.5
# Widths per second that a creeping vehicle may have moved in the meantime.
_CREEP = 0.05


class _Reported(NamedTuple):
    """A reported vehicle: its text, its last time and position, and whether it stood or hardly moved."""

    text: str
    seconds: float
    position: Position
    stood: bool
    slow: bool


class Seen(NamedTuple):
    """A vehicle in view that enough frames agree on.

    Attributes:
        vehicle: as it would be reported now; `id` is that of the later report.
        began: seconds from the first frame of the source to the vehicle's first one.
        continues: it belongs to a passing that is known under another id.
    """

    vehicle: Vehicle
    began: float
    continues: bool


class Follower:
    """Collects readings frame by frame, and returns each vehicle once when it has left.

    A plate is added to the track that fits best by text and predicted position, at most one plate per track and frame.
    A plate without a fitting track begins a new one. Tracks with too few or too uncertain readings are not reported.
    """

    def __init__(self, has_positions: bool = True, script: Script = LATIN) -> None:
        """Begin without vehicles.

        Args:
            has_positions: readings have positions in the picture. If each picture is one plate, only the texts
                distinguish vehicles.
            script: characters of the readings.
        """
        self._script = script
        self._has_positions = has_positions
        self._tracks: list[Track] = []
        self._now, self._shift = float("-inf"), 0.0
        self._first: float | None = None
        self._gap = self._gap_before = float("inf")
        self._reported: deque[_Reported] = deque(maxlen=MOST_REMEMBERED)

    @property
    def settled(self) -> bool:
        """Whether another reading of the same picture would give nothing new."""
        return all(track.missed > LEFT_AFTER or (track.missed == 0 and track.read >= _ENOUGH) for track in self._tracks)

    @property
    def followed(self) -> int:
        """Number of plates in view, or in view a moment ago."""
        return len(self._tracks)

    def add(self, frame: Frame, plates: Sequence[Plate], kept: object = None) -> list[Vehicle]:
        """Add the readings of the next frame; return the vehicles that have left.

        Args:
            frame: the next one.
            plates: that were read in it.
            kept: anything that belongs to the frame; a vehicle has that of its best frame, if fewer than `MOST_KEPT`
                have one already.
        """
        now = self.seconds(frame)
        left = self._leave(list(self._tracks)) if self._interrupted and frame.seconds is not None else []
        for track in self._tracks:
            track.missed += 1
        taken: dict[int, Plate] = {}
        for track, number in self._matches(frame, plates, now):
            track.add(frame, plates[number], now, self._may_keep(kept, track))
            taken[number] = plates[number]
        for number, plate in enumerate(plates):
            if number not in taken and not _doubled(plate, taken.values()):
                self._tracks.append(Track(frame, plate, now, self._script, self._may_keep(kept)))
                taken[number] = plate
        return left + self._leave([track for track in self._tracks if _has_left(track, now)])

    def _may_keep(self, kept: object, track: Track | None = None) -> object:
        """Return what a track may keep; None if too many others do."""
        others = sum(one.kept is not None for one in self._tracks if one is not track)
        return kept if others < MOST_KEPT else None

    def stay(self, frame: Frame) -> list[Vehicle]:
        """Add a frame that was not read because it shows nothing new; return the vehicles that have left."""
        now = self.seconds(frame)
        for track in self._tracks:
            if track.missed == 0:
                track.stay(frame, now)
            else:
                track.missed += 1
        return self._leave([track for track in self._tracks if _has_left(track, now)])

    def seen(self) -> list[Seen]:
        """Return the vehicles of the newest frame that would be reported if they left now."""
        found = []
        for track, vehicle in self._agreed():
            continues = self._is_reported(track, vehicle) or self._is_seen(track, vehicle)
            track.id = track.id or uuid7()
            began = track.first_seconds - (track.first_seconds if self._first is None else self._first)
            found.append(Seen(replace(vehicle, id=track.id), began, continues))
        return found

    def in_view(self) -> list[Plate]:
        """Return the plates of these vehicles: the consensus so far, where the newest frame shows it."""
        shown = [(track.plate, vehicle.plate) for track, vehicle in self._agreed()]
        return [replace(agreed, box=newest.box, corners=newest.corners) for newest, agreed in shown]

    def _agreed(self) -> Iterator[tuple[Track, Vehicle]]:
        """Yield the tracks of the newest frame that would be vehicles if they left now."""
        for track in self._tracks:
            if track.missed == 0 and track.read >= SEEN_AT_LEAST:
                vehicle = track.vehicle()
                if is_vehicle(track, vehicle) and not self._is_part(track, vehicle.plate.text):
                    yield track, vehicle

    def wait(self, now: float) -> list[Vehicle]:
        """Return the vehicles that have left by `now`, in seconds as in frames; called while no frame comes."""
        if not self._tracks:
            return []
        now = self._monotonic(now)
        return self._leave([track for track in self._tracks if now - track.last_seconds > STANDING_SECONDS])

    def finish(self) -> list[Vehicle]:
        """Return the vehicles that are still in view; the source has ended."""
        return self._leave(list(self._tracks))

    def seconds(self, frame: Frame) -> float:
        """Return the time of a frame in seconds that never decrease, also if the clock is set back."""
        if frame.seconds is not None:
            return self._monotonic(frame.seconds)
        return self._monotonic(frame.time.timestamp() if frame.time is not None else frame.number / DEFAULT_RATE)

    def _monotonic(self, seconds: float) -> float:
        if seconds + self._shift < self._now:
            self._shift = self._now - seconds
        now = seconds + self._shift
        if now > self._now:
            self._gap_before, self._gap = self._gap, now - self._now
        self._now = now
        if self._first is None:
            self._first = now
        return now

    @property
    def _interrupted(self) -> bool:
        """Whether the recorder omitted frames before the newest one, so that vehicles in view have left."""
        return self._gap > STANDING_SECONDS and self._gap > _INTERRUPTED * self._gap_before

    def _matches(self, frame: Frame, plates: Sequence[Plate], now: float) -> Iterator[tuple[Track, int]]:
        """Yield tracks with the index of their plate, the best fit first."""
        scores = [
            (track.likeness(frame, plate, now, self._has_positions), number, index)
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
                self._reported.append(_reported(track, vehicle.plate.text))
        return found

    def _is_reported(self, track: Track, vehicle: Vehicle) -> bool:
        """Whether the track belongs to a passing that was reported already."""
        return any(self._continues(track, vehicle.plate.text, reported) for reported in self._reported)

    def _is_seen(self, track: Track, vehicle: Vehicle) -> bool:
        """Whether the track belongs to a passing that was returned by `seen` under another id."""
        # Ids sort by the time of their creation.
        others = (one for one in self._tracks if one.id and one is not track and (not track.id or one.id < track.id))
        return any(self._continues(track, vehicle.plate.text, _reported(one, one.text)) for one in others)

    def _continues(self, track: Track, text: str, reported: _Reported) -> bool:
        """Whether a track continues a reported passing."""
        same, away = same_text(reported.text, text), track.first_seconds - reported.seconds
        if same and away < AGAIN_AFTER:
            return True
        if not self._has_positions:
            return False
        distance = track.began.distance(reported.position)
        if same and reported.stood and distance < _SAME_PLACE:
            return True
        if away >= SAME_SPOT_AFTER:
            return False
        if same and reported.slow and distance < _SAME_PLACE + _CREEP * away:
            return True
        return distance < _SAME_PLACE and (reported.slow or not track.moved) and is_near(reported.text, text)

    def _is_part(self, track: Track, text: str) -> bool:
        """Whether it is a part of another followed plate that was partly covered for a while."""
        texts = [one.text for one in self._reported if track.first_seconds - one.seconds < AGAIN_AFTER]
        return any(is_part(text, whole) for whole in [*texts, *(other.text for other in self._tracks)])


def _reported(track: Track, text: str) -> _Reported:
    return _Reported(text, track.last_seconds, track.position, track.standing, track.slow)


def is_vehicle(track: Track, vehicle: Vehicle) -> bool:
    """Whether enough frames agree with enough confidence."""
    return (
        track.read >= SEEN_AT_LEAST
        and (vehicle.frames > 0 or track.read >= _SPELLED)
        and vehicle.plate.text != ""
        and track.strength >= STRONG_AT_LEAST
        and vehicle.confidence >= CONFIDENCE_AT_LEAST
        and track.detection_confidence >= DETECTION_AT_LEAST
    )


def _has_left(track: Track, now: float) -> bool:
    limit = STANDING_SECONDS if track.standing else LEFT_SECONDS
    return track.missed > LEFT_AFTER and now - track.last_seconds > limit


def _doubled(plate: Plate, others: Iterable[Plate]) -> bool:
    """Whether the plate is a part of another one in the same frame."""
    position = position_of(plate)
    return any(is_inside(position, other.corners) for other in others)
