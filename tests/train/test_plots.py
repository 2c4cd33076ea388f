"""Pictures of a run show what they should."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from small_glyphs import seed_result as result

from plate_train.characters import plots
from plate_train.characters.architectures import Hyperparameters
from plate_train.characters.augment import Strength
from plate_train.characters.datasets import CharacterSet
from plate_train.characters.search import SearchResult, Trial
from plate_train.sheets import SIDE, caption_font, contact_sheets, drawable, note, store_pages


def colours(path: Path) -> int:
    with Image.open(path) as picture:
        found = picture.convert("RGB").getcolors(1_000_000)
    return len(found or ())


def test_contact_sheet_holds_every_picture_enlarged() -> None:
    pictures = np.stack([np.full((28, 28), tone, np.uint8) for tone in (10, 60, 110, 160, 210)])
    (sheet,) = contact_sheets(pictures, list("abcde"), enlarged=3, side=(2 * 28 * 3 + 20, 400))
    pixels = np.asarray(sheet)
    for tone in (10, 60, 110, 160, 210):
        assert (pixels == tone).sum() >= 84 * 84
    assert sheet.width < 2 * 28 * 3 + 30
    assert sheet.height > 3 * 28 * 3


def test_characters_of_other_scripts_are_drawn_or_named_by_their_number(tmp_path: Path) -> None:
    assert [drawable(character, caption_font()) for character in "AЖب京"] == ["A", "Ж", "ب", "U+4EAC"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plots.confusion_matrix(np.eye(3, dtype=np.float32), np.arange(3), tmp_path / "matrix.png", "AЖ京")


def test_long_captions_do_not_overlap_and_pages_have_an_end() -> None:
    pictures = np.full((400, 48, 160), 245, np.uint8)  # as the paper, so that captions alone are dark
    pages = contact_sheets(pictures, ["is ABCDEFGH12345678\nread ABCDEFGH12345679 0.99 " + "W" * 8] * 400)
    assert len(pages) > 1
    assert max(max(page.size) for page in pages) <= SIDE
    dark = (np.asarray(pages[0]) < 200).any(axis=0)
    starts = np.flatnonzero(dark & ~np.roll(dark, 1))
    gaps = np.flatnonzero(~dark)
    columns = [start for start in starts if start >= 6 and set(range(start - 4, start)) <= set(gaps.tolist())]
    assert len(columns) > 2, "a gap of a few pixels stands before every column"


def test_pages_are_numbered_where_there_are_several(tmp_path: Path) -> None:
    page = note("a page")
    assert store_pages([page], tmp_path / "errors.png") == [tmp_path / "errors.png"]
    assert [path.name for path in store_pages([page, page], tmp_path / "errors.png")] == [
        "errors-1.png",
        "errors-2.png",
    ]


def test_error_sheet_shows_the_named_pictures_alone(tmp_path: Path) -> None:
    pictures = np.stack([np.full((28, 28), 10 * tone, np.uint8) for tone in range(20)])
    errors = [{"index": place, "label": "A", "read": "B", "confidence": 0.5} for place in (3, 17)]
    plots.error_sheet(errors, pictures, tmp_path / "errors.png")
    pixels = np.asarray(Image.open(tmp_path / "errors.png"))
    assert (pixels == 30).sum() >= 84 * 84
    assert (pixels == 170).sum() >= 84 * 84
    assert (pixels == 100).sum() < 84 * 84


def test_no_errors_is_said(tmp_path: Path) -> None:
    plots.error_sheet([], np.zeros((0, 28, 28), np.uint8), tmp_path / "errors.png")
    assert colours(tmp_path / "errors.png") > 1


def test_preview_shows_every_class_as_it_is_and_changed(small_train: CharacterSet) -> None:
    changed = plots.preview(small_train, Strength(), "light-on-dark", 1)
    plain = plots.preview(small_train, None, "light-on-dark", 1)
    assert [page.size for page in changed] == [page.size for page in plain]
    assert max(max(page.size) for page in changed) <= SIDE
    assert sum(page.height for page in changed) > 18 * 28 * 2
    assert changed[0].tobytes() != plain[0].tobytes()
    assert plain[0].tobytes() == plots.preview(small_train, None, "light-on-dark", 2)[0].tobytes()


def test_preview_of_drawings_shows_different_ones(small_train: CharacterSet) -> None:
    different = plots.preview(small_train, None, "any", 1, same=False)
    assert different[0].tobytes() != plots.preview(small_train, None, "any", 1)[0].tobytes()


def test_curves_matrix_and_search_are_drawn(tmp_path: Path, small_val: CharacterSet) -> None:
    results = [result(small_val, seed, [1, 2]) for seed in (1, 2)]
    plots.learning_curves(results, tmp_path / "curves.png")
    plots.confusion_matrix(results[0].probabilities, small_val.labels, tmp_path / "matrix.png")
    trials = [Trial(str(number), Hyperparameters(16 * number + 16), 0.5 + number / 10) for number in range(3)]
    plots.search_results(SearchResult(trials, trials[2], 0), tmp_path / "search.png")
    for name in ("curves", "matrix", "search"):
        assert colours(tmp_path / f"{name}.png") > 20
    with Image.open(tmp_path / "matrix.png") as matrix:
        red = (np.asarray(matrix).astype(int) @ [1, -1, 0] > 80).sum()
    assert red > 100, "errors stand out"


def test_failed_picture_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_arguments: object, **_options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", full)
    with pytest.raises(OSError, match="No space"):
        plots.store_picture(Image.new("L", (4, 4)), tmp_path / "a.png")
    assert list(tmp_path.iterdir()) == []
