"""Reports are compared with passings, by frames and by the clock."""

from __future__ import annotations

import pytest
from drives.scoring import ENOUGH, Reported, describe, legible_frames, score, while_there
from drives.traffic import RATE, Drive, Passing, plan_drive


@pytest.fixture(scope="module")
def drive() -> Drive:
    return plan_drive(3, vehicles=10, seconds=60)


def passed(drive: Drive, least: int = ENOUGH) -> list[Passing]:
    """Return the passings with a legible plate."""
    legible, texts = legible_frames(drive), [one.text for one in drive.passings]
    return [one for one in drive.passings if len(legible.get(one.number, ())) >= least and texts.count(one.text) == 1]


def report(passing: Passing, text: str = "") -> Reported:
    return Reported(text or passing.text, passing.path[0][0], passing.path[-1][0], 0.9)


def test_the_clock_of_a_record_is_the_second_of_the_drive() -> None:
    record = {
        "first_time": "2026-06-01T12:00:07.500Z",
        "last_time": "2026-06-01T12:00:09.000Z",
        "plates": [{"text": "7KXW482", "confidence": 0.75}],
    }
    reported = Reported.by_clock(record, began=1780315200.0 + 2.0)
    assert reported == Reported("7KXW482", pytest.approx(5.5), pytest.approx(7.0), 0.75)


def test_who_was_told_twice_wrongly_or_never_there_is_no_match(drive: Drive) -> None:
    legible = legible_frames(drive)
    first, second, third, *rest = passed(drive)
    other = ("2" if second.text[0] != "2" else "3") + second.text[1:]
    reported = [
        report(first),
        report(first),
        report(second, other),
        Reported("ZZZZZZZZ", 0.0, 60.0, 0.9),
        *map(report, rest),
    ]
    found = score(drive, reported, legible)
    assert found.missed == [second, third]
    assert found.wrong == [(reported[2], second)]
    assert found.again == [reported[1]]
    assert found.phantoms == [reported[3]]
    assert found.right == found.expected - 2
    assert not found.flawless
    said = list(describe(drive, found, legible))
    assert [line.split()[0] for line in said] == ["missed", "missed", "wrong", "again", "never"]
    assert f"{len(legible[second.number])} legible frames" in said[0]


def test_who_passed_while_the_camera_was_away_need_not_be_told(drive: Drive) -> None:
    gone = passed(drive)[0]
    away = [(gone.path[0][0] - 1.0, gone.path[-1][0] + 1.0)]
    left = while_there(legible_frames(drive), away)
    assert left[gone.number] == []
    assert not any(away[0][0] <= number / RATE < away[0][1] for frames in left.values() for number in frames)
    assert sum(map(len, left.values())) > 0
    assert gone not in score(drive, [], left).missed
