"""The checks of a soak: each finds its fault."""

from __future__ import annotations

import pytest

from soak.camera import PERIOD, passings
from soak.faults import KINDS, Fault, Happened, schedule
from soak.programs import Sample
from soak.verdict import (
    DISK_FAILS,
    DISK_IS_BACK,
    honest_clients_are_answered,
    log_is_readable,
    memory_is_flat,
    nothing_left_over,
    nothing_lost,
    reported_of_passed,
    socket_stands,
)

FULL = Happened("disk", "full", 10.0, 20.0)


def samples(*megabytes: float, files: int = 9, zombies: int = 0) -> list[tuple[float, Sample]]:
    return [(60.0 * minute, Sample(memory, 0.0, files, zombies)) for minute, memory in enumerate(megabytes)]


def test_an_event_that_a_receiver_lacks_is_found_and_one_that_came_twice_is_none() -> None:
    fine = nothing_lost(["a", "b"], {"MQTT": ["a", "b", "b", "c"]})
    assert all(check.holds for check in fine)
    assert fine[1].found == "0 lost, 1 sent again"
    assert [check.holds for check in nothing_lost(["a", "b"], {"MQTT": ["a"], "CSV": ["b", "a"]})] == [
        True,
        False,
        True,
    ]


def test_a_run_without_events_proves_nothing() -> None:
    assert not nothing_lost([], {})[0].holds


def test_memory_that_grows_is_found_and_what_it_took_to_get_warm_is_not() -> None:
    assert memory_is_flat(samples(20, 60, *[70, 72] * 10)).holds
    assert not memory_is_flat(samples(20, 60, *range(70, 90))).holds


def test_zombies_and_open_files_are_found() -> None:
    assert all(check.holds for check in nothing_left_over(samples(*[70] * 9)))
    assert not nothing_left_over(samples(*[70] * 9, zombies=1))[0].holds
    leaking = samples(*[70] * 6) + samples(*[70] * 3, files=30)
    assert not nothing_left_over(leaking)[1].holds


def test_a_log_is_short_whole_and_tells_of_a_full_disk_once() -> None:
    log = [f"plate-infer: x; {DISK_FAILS}, at most 4 MB", f"plate-infer: {DISK_IS_BACK}"]
    assert all(check.holds for check in log_is_readable(log, [FULL]))
    for worse in (
        log * 2,
        log[:1],
        [],
        [*log, "x" * 300],
        [*log, "Traceback (most recent call last):"],
        log * 11,
    ):
        assert not all(check.holds for check in log_is_readable(worse, [FULL]))


def test_each_kind_fails_once_in_every_stretch_and_in_turn() -> None:
    faults = {kind: [Fault(kind, what, print, print) for what in "ab"] for kind in KINDS}
    played = list(schedule(faults, 60.0, 130.0))
    assert [fault.kind for _, fault, _ in played] == [*KINDS, *KINDS]
    assert [fault.what for _, fault, _ in played] == ["a"] * len(KINDS) + ["b"] * len(KINDS)
    ends = [begin + lasts for begin, _, lasts in played]
    assert all(end < begin for end, (begin, _, _) in zip(ends, played[1:], strict=False))
    assert ends[-1] <= 130.0


def test_honest_clients_have_to_be_answered_in_time() -> None:
    assert honest_clients_are_answered("/health", [0.01, 0.02, 4.9]).holds
    assert not honest_clients_are_answered("/health", [0.01, 5.1]).holds
    assert not honest_clients_are_answered("/health", []).holds


def test_the_program_at_the_socket_stays_within_its_memory() -> None:
    small, large = Sample(100.0, 1.0, 5, 0), Sample(500.0, 1.0, 5, 0)
    assert socket_stands([small], 143).holds
    assert not socket_stands([small, large], 143).holds
    assert not socket_stands([small], -9).holds


def test_vehicles_count_that_passed_while_the_camera_was_there() -> None:
    first, second, third, *_ = passings(10.0)
    assert second[0] - first[0] == pytest.approx(PERIOD / 15.0)
    passed = [first, second, third]
    assert reported_of_passed([first[2], third[2]], passed, []) == (2, 3)
    assert reported_of_passed([first[2], third[2]], passed, [(second[0], second[1])]) == (2, 2)
