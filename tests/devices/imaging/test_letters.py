"""Letters drawn with our own strokes."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from plate_devices.imaging.letters import LetterStyle, caption_size, draw_text, strokes, text_width, write_caption
from plate_runtime.alphabet import ALPHABET

LETTERS = LetterStyle(height=40, stroke=5, gap=6)


def draw(text: str) -> np.ndarray:
    canvas = Image.new("RGB", (max(1, round(text_width(text, LETTERS))) + 20, 60))
    draw_text(canvas, text, (10, 10), LETTERS, (255, 255, 255))
    return np.asarray(canvas.convert("L"))


CYRILLIC = "АБВГҐДЕЄЖЗИІЈКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ"
GREEK = "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩ"


@pytest.mark.parametrize("character", [*ALPHABET, *CYRILLIC, *GREEK, *"-.%"])
def test_every_character_fills_the_place_it_asks_for(character: str) -> None:
    rows, columns = np.nonzero(draw(character))
    assert columns.min() >= 8
    assert abs(columns.max() - (10 + text_width(character, LETTERS))) <= 3
    if character.isalnum():
        assert abs(int(rows.min()) - 10) <= 2
        assert abs(int(rows.max()) - 50) <= 4


def test_all_signs_look_different() -> None:
    pictures = {np.asarray(Image.fromarray(draw(character)).resize((28, 28))).tobytes() for character in ALPHABET}
    assert len(pictures) == len(ALPHABET)


def test_a_text_is_as_wide_as_its_signs_and_gaps() -> None:
    alone = text_width("A", LETTERS) + text_width("7", LETTERS)
    assert text_width("A7", LETTERS) == pytest.approx(alone + LETTERS.gap)
    assert text_width("", LETTERS) == 0


def test_a_space_draws_nothing_and_an_unknown_sign_is_refused() -> None:
    assert not draw(" ").any()
    with pytest.raises(KeyError):
        strokes("ß")


@pytest.mark.parametrize(("text", "most"), [("AB12 98%", 400), ("AB12 98%", 60), ("äß", 90), ("", 50), ("W" * 60, 40)])
def test_a_caption_keeps_to_its_room(text: str, most: int) -> None:
    canvas = Image.new("RGB", (500, 60))
    write_caption(canvas, text, (20, 10), (most, 20), (255, 255, 255))
    written = np.asarray(canvas).any(axis=2)
    assert written.any() == bool(text)
    assert not written[:, :20].any()
    assert not written[:, 20 + most :].any()
    assert not written[:10].any()
    assert not written[31:].any()
    assert caption_size(text, (most, 20))[0] <= most


def test_letters_that_look_alike_are_drawn_alike_and_others_apart() -> None:
    assert np.array_equal(draw("АВСМО"), draw("ABCMO"))
    assert len({draw(character).tobytes() for character in "БГДЖЗИЛПФЦЧШЩЪЫЬЭЮЯЄҐ"}) == 21


def test_a_caption_shows_every_script_that_has_strokes() -> None:
    def written(text: str) -> np.ndarray:
        canvas = Image.new("RGB", (200, 40))
        write_caption(canvas, text, (0, 0), (200, 30), (255, 255, 255))
        return np.asarray(canvas)

    assert not np.array_equal(written("ЖЩ"), written("--"))
    assert np.array_equal(written("ё"), written("Е")) and np.array_equal(written("京"), written("-"))
