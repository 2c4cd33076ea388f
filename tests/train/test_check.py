"""Findings about data: copies, imbalance, contradictions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from small_glyphs import glyph

from plate_train.characters.data_check import NEAR, check, copies_between, copy_groups
from plate_train.characters.datasets import CharacterSet, character_set, load_folder


def _nearby(picture: np.ndarray, by: int) -> np.ndarray:
    """Change every other pixel by `by`, towards the middle: a mean difference of half of it."""
    changed = picture.astype(int)
    changed[:, ::2] += np.where(changed[:, ::2] > 127, -by, by)
    return changed.astype(np.uint8)


def test_clean_data_has_no_findings(small_folder: Path) -> None:
    findings = check(load_folder(small_folder))
    assert (findings.train.exact_copies, findings.train.near_copies) == (0, 0)
    assert not findings.copied.any()
    assert not findings.train.imbalanced
    assert "0 of 36 validation pictures are exact copies" in findings.lines()[-1]


def test_pictures_in_both_splits_are_found_exact_and_near(own_folder: Path) -> None:
    val, train = own_folder / "val", own_folder / "train"
    (val / "class_A/20.png").write_bytes((train / "class_A/00.png").read_bytes())
    Image.fromarray(_nearby(glyph("B", 1), 4)).save(val / "class_B/20.png")
    Image.fromarray(_nearby(glyph("C", 1), 12)).save(val / "class_C/20.png")
    findings = check(load_folder(own_folder))
    assert np.flatnonzero(findings.copied).tolist() == [10]
    assert np.flatnonzero(findings.nearly_copied).tolist() == [10, 11]
    assert "1 of 36 validation pictures are exact copies of training pictures, 1 more" in findings.lines()[-1]
    told = findings.to_json()
    assert (told["val_copied_from_train"], told["val_nearly_copied_from_train"]) == (1, 2)


def test_copies_within_a_split_and_contradictory_labels(own_folder: Path) -> None:
    train = own_folder / "train"
    (train / "class_A/02.png").write_bytes((train / "class_A/00.png").read_bytes())
    (train / "class_O/02.png").write_bytes((train / "class_0/00.png").read_bytes())
    Image.fromarray(_nearby(glyph("B", 1), 4)).save(train / "class_B/02.png")
    found = check(load_folder(own_folder)).train
    assert (found.exact_copies, found.near_copies) == (2, 1)
    assert len(found.contradictions) == 1
    assert "class_0/00.png" in found.contradictions[0]
    assert "class_O/02.png" in found.contradictions[0]


def test_imbalance_and_sizes_and_broken_files_are_told(own_folder: Path) -> None:
    train = own_folder / "train"
    for number in range(10, 16):
        Image.fromarray(glyph("E", number)).resize((20, 40)).save(train / f"class_E/{number}.png")
    (train / "class_F/00.png").write_bytes(b"broken")
    findings = check(load_folder(own_folder))
    told = "\n".join(findings.lines())
    assert findings.train.imbalanced
    assert "imbalance: 8 of E, 1 of F" in told
    assert "6 pictures are not of the network's size" in told
    assert "class_F/00.png" in told


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 12))
def test_the_shortcut_finds_what_comparing_every_pair_finds(seed: int, spread: int) -> None:
    random = np.random.default_rng(seed)
    base = random.integers(0, 256, (4, 28, 28))
    pictures = base[random.integers(0, 4, 24)] + random.integers(-spread, spread + 1, (24, 28, 28))
    both = character_set(np.clip(pictures, 0, 255).astype(np.uint8), np.zeros(24, int), ["?"] * 24)
    val, train = both.take(np.arange(8)), both.take(np.arange(8, 24))
    difference = np.abs(val.pictures[:, None].astype(int) - train.pictures[None].astype(int)).mean(axis=(2, 3))
    exact, near = copies_between(val, train)
    np.testing.assert_array_equal(near, (difference < NEAR).any(axis=1))
    np.testing.assert_array_equal(exact, (difference == 0).any(axis=1))


def test_copies_of_copies_are_one_group(small_train: CharacterSet) -> None:
    chain = [small_train.pictures[0]]
    for _ in range(3):
        chain.append(_nearby(chain[-1], 6))
    chained = character_set(np.stack([*chain, small_train.pictures[50]]), np.zeros(5, int), list("abcde"))
    groups = copy_groups(chained)
    assert groups[0] == groups[1] == groups[2] == groups[3] != groups[4]


def test_thousands_of_copies_are_found_without_looking_at_every_pair(
    small_train: CharacterSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared = []
    plain = np.abs
    monkeypatch.setattr(np, "abs", lambda values: compared.append(len(values)) or plain(values))
    copies = small_train.take([0] * 1500 + [4] * 1500)
    assert np.unique(copy_groups(copies)).tolist() == [0, 1500]
    assert copies_between(copies, copies)[0].all()
    assert sum(compared) == 0


def test_characters_india_has_the_copies_that_are_known(shared_data: Path) -> None:
    findings = check(load_folder(shared_data / "characters-india"))
    assert (len(findings.copied), int(findings.copied.sum())) == (216, 44)
    assert (findings.train.count, findings.train.fewest[1], findings.train.most[1]) == (864, 24, 24)
