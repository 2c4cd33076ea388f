"""What each property of a piece of a strip costs as a character, and what a path through a strip costs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from plate_runtime.segment.cells import Atoms, Cell, cut_out, find_atoms, find_cells, joins
from plate_runtime.segment.costs import cheapest_path, shape_costs, width_costs
from plate_runtime.segment.rows import Row
from plate_runtime.segment.strip import CHARACTER_HEIGHT, MARGIN, Strip

HEIGHT, WIDTH = CHARACTER_HEIGHT + 2 * MARGIN, 120
TOP, BOTTOM = MARGIN, MARGIN + CHARACTER_HEIGHT
Ink = NDArray[np.float32]


def bars(*spans: tuple[int, int], top: int = TOP, bottom: int = BOTTOM, strength: float = 1.0) -> Ink:
    """Ink as hollow boxes of these columns, open to neither side."""
    soft = np.zeros((HEIGHT, WIDTH), np.float32)
    for left, right in spans:
        soft[top:bottom, left:right] = strength
        soft[top + 4 : bottom - 4, left + 3 : right - 3] = 0
    return soft


def cost_of(soft: Ink, number: int = 0, *, colours: NDArray[np.uint8] | None = None, left: int = 5) -> float:
    """The cost of the shape of one atom as a cell."""
    if colours is None:
        colours = np.repeat((soft * 200).astype(np.uint8)[..., None], 3, axis=2)
    row = Row(slope=0.0, top=0, bottom=CHARACTER_HEIGHT, left=left, right=WIDTH - 5, count=3)
    strip = Strip(soft * 200, soft * 0, colours, row, 1.0, 0.0)
    atoms = find_atoms(soft > 0.5)
    cells = [cell for cell in find_cells(atoms) if cell.first == cell.last]
    pictures = [cut_out(soft, atoms, cell) for cell in cells]
    return float(shape_costs(strip, soft, atoms, cells, pictures)[number])


class TestShape:
    def test_a_clean_character_costs_nothing(self) -> None:
        assert cost_of(bars((10, 28), (40, 58))) == pytest.approx(0, abs=1e-6)

    @pytest.mark.parametrize("lower", [0, 3, 8])
    def test_a_height_that_differs_by_more_than_12_percent_costs_12_per_height(self, lower: int) -> None:
        relative = (CHARACTER_HEIGHT - lower) / CHARACTER_HEIGHT
        expected = 12 * max(0.0, 1 - relative - 0.12)
        assert cost_of(bars((10, 28), bottom=BOTTOM - lower)) == pytest.approx(expected, abs=1e-5)

    def test_faint_ink_costs_6_per_strength_below_8_tenths(self) -> None:
        assert cost_of(bars((10, 28), strength=0.8)) == pytest.approx(0, abs=0.03)
        assert cost_of(bars((10, 28), strength=0.6)) == pytest.approx(6 * 0.2, abs=0.03)
        # Ink at the threshold counts as half of full strength.
        assert cost_of(bars((10, 28), strength=0.505)) == pytest.approx(6 * 0.3, abs=0.03)

    def test_a_solid_piece_costs_2_unless_it_is_slim(self) -> None:
        def solid(width: int, holes: int = 0) -> Ink:
            soft = np.zeros((HEIGHT, WIDTH), np.float32)
            soft[TOP:BOTTOM, 10 : 10 + width] = 1
            soft[TOP + 4 : TOP + 4 + holes, 13 : 7 + width] = 0
            return soft

        assert cost_of(solid(12)) == pytest.approx(2)
        assert cost_of(solid(8)) == pytest.approx(0), "1 and I are solid"
        assert cost_of(solid(16, holes=9)) == pytest.approx(2)
        assert cost_of(solid(16, holes=12)) == pytest.approx(0)

    def test_a_piece_at_the_edge_of_the_strip_costs_7_tenths(self) -> None:
        assert cost_of(bars((0, 18), (40, 58)), left=0) == pytest.approx(0.7)
        assert cost_of(bars((40, 58), (WIDTH - 18, WIDTH)), 1) == pytest.approx(0.7)

    def test_a_piece_outside_the_row_costs_7_tenths(self) -> None:
        soft = bars((10, 28), (40, 58), (70, 88))
        assert cost_of(soft, left=19) == pytest.approx(0)
        assert cost_of(soft, left=20) == pytest.approx(0.7)

    def test_ink_that_runs_on_above_and_below_costs_12(self) -> None:
        def running(up: int, down: int) -> Ink:
            soft = bars((10, 28), (40, 58))
            soft[MARGIN - up : MARGIN, 10:28] = 1
            soft[BOTTOM : BOTTOM + down, 10:28] = 1
            return soft

        tall = 12 * max(0.0, (CHARACTER_HEIGHT + 6) / CHARACTER_HEIGHT - 1 - 0.12)
        assert cost_of(running(5, 5)) == pytest.approx(12 + tall, abs=0.05)
        assert cost_of(running(5, 0)) < 12 and cost_of(running(4, 4)) < 12

    def test_another_colour_than_the_row_costs_4_per_contrast_beyond_35_percent(self) -> None:
        soft = bars((10, 28), (40, 58), (70, 88))
        colours = np.repeat((soft * 200).astype(np.uint8)[..., None], 3, axis=2)
        colours[:, 40:58] = colours[:, 40:58] * 0.7
        assert cost_of(soft, 1, colours=colours) == pytest.approx(0, abs=1e-5)
        colours[:, 40:58] = 0
        assert cost_of(soft, 1, colours=colours) == pytest.approx(4 * (1 - 0.35), abs=1e-5)
        assert cost_of(soft, 0, colours=colours) == pytest.approx(0, abs=1e-5)


def cell(width: int, first: int = 0) -> Cell:
    return Cell(first, first, 10, TOP, 10 + width, BOTTOM)


class TestWidth:
    @pytest.mark.parametrize(
        ("character", "narrowest", "widest"),
        [("A", 0.3, 0.9), ("8", 0.3, 0.9), ("1", 0.08, 0.45), ("I", 0.08, 0.45), ("J", 0.08, 0.45), ("W", 0.5, 1.05),
         ("М", 0.5, 1.05), ("Ж", 0.5, 1.05)],
    )  # fmt: skip
    def test_too_slim_or_too_wide_for_the_character_costs_6_per_height(
        self, character: str, narrowest: float, widest: float
    ) -> None:
        for width in (1, 5, 12, 28, 35):
            relative = width / CHARACTER_HEIGHT
            expected = 6 * max(0.0, narrowest - relative, relative - widest)
            assert width_costs([cell(width)], [character]) == pytest.approx([expected])


class TestPath:
    """A character of a width of 6 tenths of the height gains 1.8 * 1.2."""

    FULL = 1.8 * 1.2

    @staticmethod
    def atoms(*spans: tuple[int, int], joint: float = 0.0, area: int = 100) -> Atoms:
        soft = bars(*spans)
        found = find_atoms(soft > 0.5)
        boxes = replace(found.boxes, area=np.full(len(found), area))
        return Atoms(boxes, found.numbers, np.full(len(found) - 1, joint))

    def path(self, atoms: Atoms, *costs: float) -> tuple[float, list[int]]:
        cells = [one for one in find_cells(atoms) if one.first == one.last]
        return cheapest_path(atoms, cells, np.array(costs))

    def test_nothing_costs_nothing(self) -> None:
        assert cheapest_path(self.atoms((10, 28)), [], np.zeros(0)) == (0.0, [])

    def test_a_wide_character_gains_more_than_a_slim_one(self) -> None:
        for width in (6, 9, 18, 22):
            cost, path = self.path(self.atoms((10, 10 + width)), 0.5)
            assert cost == pytest.approx(0.5 - 1.8 * min(1.2, 0.2 + width / (0.6 * CHARACTER_HEIGHT)))
            assert path == [0]

    def test_what_is_left_out_costs_by_its_ink(self) -> None:
        for area in (0, 90, 180, 1000):
            atoms = self.atoms((10, 30), (40, 60), (70, 90), area=area)
            cost, path = self.path(atoms, 0.0, 50.0, 0.0)
            skipped = 0.6 + 1.2 * min(1.0, area / (0.2 * CHARACTER_HEIGHT**2))
            # Between the two there are 40 pixels, 4 tenths of a height more than without a cost.
            gap = 0.8 * max(0.0, 40 / CHARACTER_HEIGHT - 0.9)
            assert (cost, path) == (pytest.approx(skipped + gap - 2 * self.FULL), [0, 2])
            cost, path = self.path(atoms, 50.0, 0.0, 50.0)
            assert (cost, path) == (pytest.approx(2 * skipped - self.FULL), [1])

    def test_a_cut_through_ink_costs_by_its_height(self) -> None:
        for joint in (0.0, 1.0, 15.0):
            cost, path = self.path(self.atoms((10, 30), (32, 52), joint=joint), 0.0, 0.0)
            cut = 0.9 + 3.0 * joint / CHARACTER_HEIGHT if joint else 0.0
            if cut < self.FULL - 0.6 - 1.2 * 100 / (0.2 * CHARACTER_HEIGHT**2):
                assert (cost, path) == (pytest.approx(cut - 2 * self.FULL), [0, 1])

    def test_a_gap_of_more_than_nine_tenths_of_the_height_costs(self) -> None:
        height = CHARACTER_HEIGHT
        for gap in (5, int(0.9 * height), int(1.2 * height)):
            cost, path = self.path(self.atoms((10, 30), (30 + gap, 50 + gap)), 0.0, 0.0)
            assert (cost, path) == (pytest.approx(0.8 * max(0.0, gap / height - 0.9) - 2 * self.FULL), [0, 1])


class TestAtoms:
    def test_ink_of_less_than_half_the_height_belongs_to_no_character(self) -> None:
        for lower, count in ((CHARACTER_HEIGHT // 2, 1), (CHARACTER_HEIGHT // 2 + 1, 0)):
            assert len(find_atoms(bars((10, 28), bottom=BOTTOM - lower) > 0.5)) == count

    def test_ink_within_three_pixels_of_the_row_counts(self) -> None:
        soft = np.zeros((HEIGHT, WIDTH), np.float32)
        soft[:, 10:13] = 1
        (top,), (bottom,) = (getattr(find_atoms(soft > 0.5).boxes, side) for side in ("top", "bottom"))
        assert (top, bottom) == (MARGIN - 3, BOTTOM + 3)

    @pytest.mark.parametrize(("length", "frame"), [(40, False), (41, True)])
    def test_a_line_longer_than_a_character_is_a_frame(self, length: int, frame: bool) -> None:
        soft = np.zeros((HEIGHT, WIDTH), np.float32)
        soft[TOP:BOTTOM, 10:14] = soft[TOP:BOTTOM, 6 + length : 10 + length] = 1
        soft[TOP + 10 : TOP + 12, 10 : 10 + length] = 1
        numbers = find_atoms(soft > 0.5).numbers
        assert (numbers[TOP + 10, 20] == -1) == frame

    def test_pieces_are_numbered_from_left_to_right(self) -> None:
        atoms = find_atoms(bars((70, 88), (10, 28), (40, 58)) > 0.5)
        assert atoms.boxes.left.tolist() == [10, 40, 70]
        assert atoms.boxes.top.tolist() == [TOP] * 3 and atoms.boxes.bottom.tolist() == [BOTTOM] * 3
        assert [int(atoms.numbers[TOP, column]) for column in (0, 10, 40, 70)] == [-1, 0, 1, 2]
        assert atoms.boxes.top.dtype == np.intp

    def test_touching_characters_are_split_where_they_are_thin(self) -> None:
        soft = np.zeros((HEIGHT, WIDTH), np.float32)
        soft[TOP:BOTTOM, 10:28] = soft[TOP:BOTTOM, 30:48] = soft[TOP + 14 : TOP + 16, 28:30] = 1
        atoms = find_atoms(soft > 0.5)
        assert len(atoms) == 2
        assert 28 <= int(atoms.boxes.left[1]) <= 30
        assert atoms.joints.tolist() == [2.0]

    def test_a_piece_narrower_than_seven_tenths_of_the_height_is_one_character(self) -> None:
        narrow = int(np.ceil(0.7 * CHARACTER_HEIGHT)) - 1
        for width, joined in ((narrow, False), (narrow + 1, True)):
            piece = np.zeros((CHARACTER_HEIGHT, width), np.bool_)
            piece[:, : width // 2 - 1] = piece[:, width // 2 + 1 :] = True
            piece[10:12] = True
            assert bool(joins(piece)) == joined


class TestCells:
    def test_up_to_three_neighbours_within_the_width_of_a_character(self) -> None:
        atoms = find_atoms(bars((10, 16), (18, 24), (26, 32), (34, 40), (60, 78)) > 0.5)
        spans = [(one.first, one.last) for one in find_cells(atoms)]
        widest = int(1.1 * CHARACTER_HEIGHT)
        expected = [(f, last) for f in range(4) for last in range(f, min(f + 3, 4))] + [(4, 4)]
        assert spans == [one for one in expected if (8 * (one[1] - one[0]) + 6 <= widest)]

    @pytest.mark.parametrize(("gap", "joined"), [(4, True), (5, False)])
    def test_a_gap_of_more_than_four_pixels_parts_them(self, gap: int, joined: bool) -> None:
        cells = find_cells(find_atoms(bars((10, 17), (17 + gap, 24 + gap)) > 0.5))
        assert ((0, 1) in [(one.first, one.last) for one in cells]) == joined

    def test_a_cell_is_no_wider_than_a_character(self) -> None:
        widest = int(1.1 * CHARACTER_HEIGHT)
        for width, count in ((widest, 1), (widest + 1, 0)):
            soft = np.zeros((HEIGHT, WIDTH), np.float32)
            soft[TOP:BOTTOM, 10 : 10 + width] = 1
            cells = find_cells(find_atoms(soft > 0.5))
            assert len([one for one in cells if one.width == width]) == count
