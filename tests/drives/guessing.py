"""A simulated detector and reader with the errors of networks: misses, jitter, misreadings, false positives."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from random import Random

import numpy as np

from drives.traffic import Drive, Sight
from plate_runtime.alphabet import ALPHABET
from plate_runtime.results import Character, Plate

# Confusable characters.
_ALIKE = ("8B3", "0DOQ", "5S", "2Z7", "1IT7", "6G", "4A", "MNHW", "VY", "UV", "CG", "EF", "KX", "PR", "3B", "9P")
_WORDS = ("STOP", "KIOSK24", "CAM03", "FORD", "GT500", "RENT24H", "EXIT", "P7", "BAR", "TAXI")


@dataclass(frozen=True)
class Errors:
    """Rates of errors under good conditions; bad conditions increase them."""

    missed: float = 0.05
    jitter: float = 0.015
    misread: float = 0.02
    invented: float = 0.01
    dropped: float = 0.01
    false: float = 0.02
    signs: int = 2
    badges: float = 0.15


@dataclass
class _Mind:
    """How the reader reads one vehicle: its quality, and the characters that it tends to confuse."""

    doubts: dict[int, tuple[str, float]]
    badge: bool
    quality: float = 0.0
    blind: int = 0


@dataclass
class GuessingReader:
    """Simulates a detector and a reader for the frames of a drive."""

    drive: Drive
    seed: int
    errors: Errors = Errors()
    min_confidence: float = 0.15
    _minds: dict[int, _Mind] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._chance = Random(f"guess {self.drive.seed} {self.seed}")
        width, height = self.drive.camera.size
        self._signs = [
            (self._chance.choice(_WORDS), self._chance.uniform(0, width - 100), self._chance.uniform(0, height / 2))
            for _ in range(self.errors.signs)
        ]

    def read(self, seconds: float) -> list[Plate]:
        """Return the plates of the frame at that time, the most confident first."""
        dark = self.drive.is_dark(seconds)
        found = []
        for sight in self.drive.sights(seconds):
            found += self._sight(sight, dark)
        found += self._false()
        kept = [plate for plate in found if plate.confidence * plate.detection_confidence >= self.min_confidence]
        return sorted(kept, key=lambda plate: -plate.confidence)

    def _sight(self, sight: Sight, dark: bool) -> list[Plate]:
        chance, mind = self._chance, self._mind(sight)
        mind.quality = 0.9 * mind.quality + 0.44 * chance.gauss(0, 1)
        missed = self.errors.missed + _falling(sight.width, 48, 8) + 0.9 * dark + 1.2 * max(0.0, 0.75 - sight.share)
        mind.blind = mind.blind - 1 if mind.blind > 0 else chance.randint(2, 8) if chance.random() < 0.01 else 0
        found = [self._badge(sight)] if mind.badge and chance.random() < 0.2 else []
        if mind.blind or chance.random() < missed:
            return found
        characters = self._spell(sight, mind, dark)
        if characters:
            located = 1 / (1 + math.exp(-(2.5 + 0.02 * (sight.width - 60) + chance.gauss(0, 1))))
            found.append(_plate(characters, self._shaken(sight), located))
        return found

    def _mind(self, sight: Sight) -> _Mind:
        number, text = sight.passing.number, sight.passing.text
        if number not in self._minds:
            doubts = {}
            for place, character in enumerate(text):
                others = [other for group in _ALIKE if character in group for other in group if other != character]
                if others and self._chance.random() < 0.05:
                    doubts[place] = (self._chance.choice(others), self._chance.uniform(0.5, 2.2))
            self._minds[number] = _Mind(doubts, self._chance.random() < self.errors.badges)
        return self._minds[number]

    def _spell(self, sight: Sight, mind: _Mind, dark: bool) -> list[Character]:
        chance, errors = self._chance, self.errors
        # As a logit: its confidence in one character of this plate in this frame.
        clear = math.log((1 - errors.misread) / errors.misread) - 4.5 * _falling(sight.width, 52, 10)
        clear += 1.2 * mind.quality - 3.0 * dark
        characters = []
        for place, (character, seen) in enumerate(zip(sight.passing.text, sight.seen, strict=True)):
            if not seen or chance.random() < errors.dropped:
                continue
            other, pull = mind.doubts.get(place, (chance.choice(ALPHABET.replace(character, "")), 0.0))
            characters.append(_character(character, other, clear - pull + chance.gauss(0, 0.7), chance))
        for end in (0, len(characters)):
            if characters and chance.random() < errors.invented:
                characters.insert(end, _character("1", "I", chance.uniform(-1, 2), chance))
        return characters

    def _shaken(self, sight: Sight) -> np.ndarray:
        """Return the corners of the visible part, with jitter."""
        first, last = sight.seen.index(True), len(sight.seen) - 1 - sight.seen[::-1].index(True)
        left, right = first / len(sight.seen), (last + 1) / len(sight.seen)
        top, bottom = sight.corners[1] - sight.corners[0], sight.corners[2] - sight.corners[3]
        corners = np.array(
            [sight.corners[0] + left * top, sight.corners[0] + right * top,
             sight.corners[3] + right * bottom, sight.corners[3] + left * bottom]
        )  # fmt: skip
        shake = self.errors.jitter * sight.width + 0.7
        corners += np.array([[self._chance.gauss(0, shake), self._chance.gauss(0, shake)] for _ in range(4)])
        width, height = self.drive.camera.size
        return np.clip(corners, 0, [width - 1, height - 1])

    def _badge(self, sight: Sight) -> Plate:
        """Return a false positive on the body, one plate's width away from the plate."""
        chance = self._chance
        across = sight.corners[1] - sight.corners[0]
        up = (sight.corners[0] - sight.corners[3]) * 2.5
        word = _WORDS[sight.passing.number % len(_WORDS)]
        return _plate(_blurred(word, chance), sight.corners + up + 0.1 * across, chance.uniform(0.15, 0.75))

    def _false(self) -> list[Plate]:
        chance, found = self._chance, []
        width, height = self.drive.camera.size
        for word, x, y in self._signs:
            if chance.random() < 0.12:
                found.append(_plate(_blurred(word, chance), _box(x, y, 90, 24, chance), chance.uniform(0.1, 0.6)))
        if chance.random() < self.errors.false:
            word = "".join(chance.choice(ALPHABET) for _ in range(chance.randint(2, 8)))
            corners = _box(chance.uniform(0, width - 90), chance.uniform(0, height - 30), 80, 22, chance)
            found.append(_plate(_blurred(word, chance), corners, chance.uniform(0.1, 0.8)))
        return found


def _falling(width: float, middle: float, slope: float) -> float:
    """Return 1 for plates much narrower than `middle` pixels, 0 for much wider ones."""
    return 1 / (1 + math.exp((width - middle) / slope))


def _character(character: str, other: str, logit: float, chance: Random) -> Character:
    """Return a character that is right as often as its confidence says."""
    right = 1 / (1 + math.exp(-logit))
    text, rival, sure = (character, other, right) if right >= 0.5 else (other, character, 1 - right)
    if right >= 0.5 and chance.random() > right:
        text, rival = other, character
    return Character(text, round(0.985 * sure, 4), ((rival, round(0.985 * (1 - sure), 4)),))


def _blurred(word: str, chance: Random) -> list[Character]:
    """Return a false positive: a word that is read differently in each frame, with little confidence."""
    return [_character(character, chance.choice(ALPHABET), chance.gauss(0.8, 1.2), chance) for character in word]


def _box(x: float, y: float, width: float, height: float, chance: Random) -> np.ndarray:
    corners = np.array([[x, y], [x + width, y], [x + width, y + height], [x, y + height]])
    return corners + np.array([[chance.gauss(0, 2), chance.gauss(0, 2)] for _ in range(4)])


def _plate(characters: list[Character], corners: np.ndarray, located: float) -> Plate:
    text = "".join(character.text for character in characters)
    confidence = math.prod(character.confidence for character in characters)
    left, top = corners.min(axis=0)
    right, bottom = corners.max(axis=0)
    box = (max(0, int(left)), max(0, int(top)), max(1, int(right - left)), max(1, int(bottom - top)))
    places = tuple((float(x), float(y)) for x, y in corners)
    return Plate(text, text, round(confidence, 4), round(located, 4), box, places, None, tuple(characters))
