"""How readings are aligned and combined, and how likely a reading is of the same plate."""

from __future__ import annotations

import math

import numpy as np
import pytest

from plate_devices.follow.consensus import INDEPENDENCE, MOST_COLUMNS, Consensus, is_near, is_part, same_text
from plate_runtime.results import Character
from plate_runtime.script import Script


def reading(text: str, confidence: float = 0.95) -> list[Character]:
    return [Character(one, confidence) for one in text]


def combined(*texts: str, confidence: float = 0.95) -> Consensus:
    consensus = Consensus()
    for text in texts:
        consensus.add(reading(text, confidence))
    return consensus


def readings_until(consensus: Consensus, text: str, added: str) -> int:
    """How many readings of one text change the consensus to another one."""
    for count in range(100):
        if consensus.text == text:
            return count
        consensus.add(reading(added))
    return 100


class TestConfidence:
    def test_four_equal_readings_count_as_two_independent_ones(self) -> None:
        alone = Consensus()
        alone.add(reading("A", 0.6))
        (once,) = alone._columns()
        for _ in range(3):
            alone.add(reading("A", 0.6))
        (four_times,) = alone._columns()
        assert four_times == pytest.approx(once**2 / (once**2).sum())

    def test_a_reading_is_believed_less_than_it_says(self) -> None:
        for confidence, believed in ((0.95, 0.887), (0.6, 0.560)):
            assert combined("A", confidence=confidence).read()[1] == pytest.approx(believed, abs=0.002)
        assert combined(*["A"] * 4, confidence=0.6).read()[1] == pytest.approx(0.979, abs=0.002)

    @pytest.mark.parametrize("widths", [(50.0, 100.0), (100.0, 50.0)])
    def test_a_plate_of_half_the_width_counts_a_quarter(self, widths: tuple[float, float]) -> None:
        texts = {50.0: "G", 100.0: "6"}
        consensus, logs = Consensus(), {}
        for width in widths:
            characters = reading(texts[width], 0.9)
            consensus.add(characters, width=width)
            logs[width] = np.log(consensus._probabilities.of(characters))
        expected = np.exp((0.25 * logs[50.0] + logs[100.0]) * 1.25 ** (INDEPENDENCE - 1))
        assert consensus._columns() == pytest.approx(expected / expected.sum())
        assert consensus.text == "6"

    def test_a_text_misread_from_afar_is_put_right_by_fewer_readings_at_close_range(self) -> None:
        consensus = Consensus()
        for _ in range(10):
            consensus.add(reading("Y2U870"), width=60)
        for _ in range(4):
            consensus.add(reading("Y2U87G"), width=120)
        assert consensus.text == "Y2U87G"
        assert consensus._uncut == consensus._counts[0] == pytest.approx(10 / 4 + 4)

    def test_it_is_that_of_all_characters_together(self) -> None:
        both, one, other = combined("A1"), combined("A"), combined("1")
        assert both.read()[1] == pytest.approx(one.read()[1] * other.read()[1])

    def test_a_character_that_two_of_four_readings_have_is_more_likely_there(self) -> None:
        consensus = combined("AB12C", "AB12C", "AB12CD", "AB12CD")
        assert consensus.text == "AB12CD"
        assert consensus.read()[1] == pytest.approx(0.565, abs=0.005)

    def test_confusables_add_up_and_the_other_characters_follow_by_probability(self) -> None:
        consensus = Consensus(Script("0OBQ8"))
        consensus.add([Character("0", 0.8, (("O", 0.3), ("Q", 0.1), ("B", 0.06)))])
        (character,), confidence = consensus.read()
        assert character.text == "0"
        assert character.confidence == confidence > 0.75
        assert [text for text, _ in character.alternatives] == ["O", "Q", "B"]
        assert all(0 < value < 1 and round(value, 4) == value for _, value in character.alternatives)
        assert consensus.text == "0"

    def test_the_most_confident_alternatives_are_named_if_they_are_at_least_a_two_hundredth(self) -> None:
        consensus = Consensus()
        consensus.add([Character("A", 0.9, (("B", 0.006), ("C", 0.004), ("D", 0.02)))])
        (character,), _ = consensus.read()
        assert [text for text, _ in character.alternatives] == ["D", "B"]

    def test_nothing_read_is_no_text(self) -> None:
        consensus = Consensus()
        assert (consensus.text, consensus.read()) == ("", ([], 1.0))
        consensus.add([])
        assert (consensus.text, consensus.read()) == ("", ([], 1.0))


class TestColumns:
    def test_a_misread_character_stays_in_its_column(self) -> None:
        consensus = combined("AB12CD", "AB12CD", "AB13CD")
        assert len(consensus._columns()) == 6
        assert consensus.text == "AB12CD"

    def test_a_character_read_once_too_often_gets_a_column_and_loses_it(self) -> None:
        consensus = combined(*["AB12CD"] * 12, "AB1Z2CD")
        assert len(consensus._columns()) == 7
        assert consensus.text == "AB12CD"
        for _ in range(10):
            consensus.add(reading("AB12CD"))
        assert len(consensus._columns()) == 7
        consensus.add(reading("AB12CD"))
        assert len(consensus._columns()) == 6

    def test_a_text_has_at_most_sixteen_characters_the_most_frequent_ones(self) -> None:
        assert MOST_COLUMNS == 16
        assert len(combined("ABCDEFGHIJKLMNOPQRSTUV")._columns()) == 16
        assert combined(*["ABCDEFGHIJKLMNOP"] * 3, "ABCDEFGH7IJKLMNOP").text == "ABCDEFGHIJKLMNOP"

    @pytest.mark.parametrize("covered", [1, 4, 8, 100])
    @pytest.mark.parametrize("part", ["AB12C", "AB2CD", "B12CD"])
    def test_a_covered_character_returns_after_at_most_seven_readings(self, covered: int, part: str) -> None:
        consensus = combined(*[part] * covered)
        assert readings_until(consensus, "AB12CD", "AB12CD") == min(covered, 7)
        assert len(consensus._columns()) == 6

    def test_a_character_missed_five_times_after_four_readings_is_gone(self) -> None:
        assert readings_until(combined(*["AB12CD"] * 4), "AB12C", "AB12C") == 5

    def test_a_character_that_an_edge_may_hide_does_not_count_as_missed(self) -> None:
        consensus = combined("AB12CD")
        for _ in range(20):
            consensus.add(reading("12CD"), cut=True)
        assert consensus.text == "AB12CD"
        assert consensus._counts == [1, 1, 21, 21, 21, 21]
        hidden = Consensus()
        for _ in range(20):
            hidden.add(reading("2CD"), cut=True)
        hidden.add(reading("B12CD"), cut=True)
        assert hidden.text == "B12CD", "no frame has shown that B and 1 are not there"


class TestLikeness:
    SEEN = combined(*["AB12CD"] * 10)

    def likeness(self, text: str, confidence: float = 0.95, cut: bool = False) -> float:
        return self.SEEN.likeness(reading(text, confidence), cut)

    def test_an_equal_text_speaks_for_a_plate_by_its_length_up_to_six_and_a_half(self) -> None:
        for text, expected in (("AB", 2.02), ("AB12", 4.1), ("AB12CDEF", 5.88)):
            assert combined(text, text, text).likeness(reading(text)) == pytest.approx(expected, abs=0.15), text
        assert combined(*["ABCDEFGH"] * 50).likeness(reading("ABCDEFGH", 1.0)) == pytest.approx(6.5, abs=0.35)

    def test_a_difference_costs_so_much_that_one_decides_nothing(self) -> None:
        assert self.likeness("AB12CD") == pytest.approx(6.07, abs=0.02)
        assert self.likeness("AB13CD") == pytest.approx(1.14, abs=0.02)
        assert self.likeness("AB12C") == pytest.approx(3.14, abs=0.02)
        assert self.likeness("AB12CDX") == pytest.approx(3.07, abs=0.02)
        assert self.likeness("12CD") == pytest.approx(0.12, abs=0.02)

    def test_characters_missing_at_an_edge_cost_little_and_within_a_text_as_ever(self) -> None:
        assert self.likeness("12CD", cut=True) == pytest.approx(3.52, abs=0.02)
        assert self.likeness("AB12", cut=True) == pytest.approx(3.52, abs=0.02)
        assert self.likeness("ABCD", cut=True) == pytest.approx(self.likeness("ABCD"))

    def test_another_text_speaks_against_a_plate_more_if_it_is_read_with_confidence(self) -> None:
        assert self.likeness("XY98ZW", 1.0) == pytest.approx(-10.0, abs=0.02)
        assert self.likeness("XY98ZW", 0.3) == pytest.approx(-4.0, abs=0.02)
        half = math.exp(math.log(0.5) / 6)
        assert self.likeness("XY98ZW", half) == pytest.approx(-7.0, abs=0.02)

    def test_a_reading_with_a_doubtful_character_counts_by_its_alternatives(self) -> None:
        doubtful = [*reading("AB1"), Character("7", 0.5, (("2", 0.45),)), *reading("CD")]
        sure = [*reading("AB1"), Character("7", 0.95), *reading("CD")]
        assert self.SEEN.likeness(doubtful) == pytest.approx(self.likeness("AB12CD") + math.log(0.45 / 0.95), abs=0.1)
        assert self.SEEN.likeness(sure) == pytest.approx(self.likeness("AB13CD"), abs=0.02)


def test_the_probabilities_of_a_reading_keep_a_doubt_for_all_characters() -> None:
    rows = Consensus()._probabilities.of([Character("A", 0.7, (("B", 0.2),)), Character("O", 0.9, (("0", 0.4),))])
    assert rows[:, :36].sum(axis=1) == pytest.approx([1.0, 1.0])
    assert rows[:, 36] == pytest.approx([0.05, 0.05])
    a, b, o, zero = 10, 11, 24, 0
    assert rows[0, [a, b]] == pytest.approx([0.98 * 0.7 + 0.02 / 36, 0.98 * 0.2 + 0.02 / 36])
    assert rows[1, [o, zero]] == pytest.approx([0.98 * 0.5 + 0.02 / 36, 0.98 * 0.4 + 0.02 / 36])
    others = np.delete(rows[0, :36], [a, b])
    assert others == pytest.approx(np.full(34, 0.98 * 0.1 / 34 + 0.02 / 36))


def test_texts_are_compared_with_confusables_as_one() -> None:
    assert same_text("ABO1", "AB0I") and not same_text("AB0", "AB8")
    assert is_near("AB12CD", "A812CD") and is_near("ABO2", "AB03")
    assert not is_near("AB12CD", "XB13CD")
    assert not is_near("AB1", "AB2")
    assert is_near("AB12", "AB1") is False, "a quarter of the shorter text is less than a character"


def test_a_part_of_a_text_may_be_misread_in_one_character_of_four() -> None:
    assert is_part("12CD", "AB12CD") and is_part("AB12", "AB12CD") and is_part("B12C", "AB12CD")
    assert is_part("1XCD", "AB12CD") and is_part("I2CD", "AB12CD")
    assert not is_part("XYCD", "AB12CD") and not is_part("1XC", "AB12CD")
    assert not is_part("AB12CD", "AB12CD") and not is_part("", "AB12CD")
