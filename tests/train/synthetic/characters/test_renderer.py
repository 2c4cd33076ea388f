"""Drawn characters: the same by seed, every class, both domains, both polarities."""

from __future__ import annotations

from pathlib import Path

import matplotlib
import numpy as np
import pytest

from plate_runtime.alphabet import ALPHABET
from plate_runtime.errors import DataError, UsageError
from plate_runtime.manifest import InputSpec
from plate_train.characters.synthetic_set import split_fonts, synthetic_split
from plate_train.synthetic.characters.renderer import DOMAINS, CharacterRenderer
from plate_train.synthetic.fonts import FontFile
from plate_train.synthetic.glyphs.alphabets import FontAlphabet, stroke_alphabets

BUNDLED = Path(matplotlib.get_data_path()) / "fonts" / "ttf"


def bundled(name: str, family: str, kind: str = "sans") -> FontFile:
    """A font that matplotlib brings along."""
    return FontFile(BUNDLED / f"{name}.ttf", family, 400, "Bitstream-Vera", "matplotlib", kind)


FONTS = [bundled("DejaVuSans", "DejaVu Sans"), bundled("DejaVuSansMono", "DejaVu Sans Mono", "mono")]


@pytest.mark.parametrize("domain", DOMAINS)
def test_same_seed_same_pictures(domain: str) -> None:
    first, second = (CharacterRenderer(FONTS, 7, domain).render(72) for _ in range(2))
    np.testing.assert_array_equal(first[0], second[0])
    np.testing.assert_array_equal(first[1], second[1])
    other = CharacterRenderer(FONTS, 8, domain).render(72)
    assert (first[0] != other[0]).any()


def test_shapes_and_types() -> None:
    pictures, labels = CharacterRenderer(FONTS, 1).render(50)
    assert pictures.shape == (50, 28, 28) and pictures.dtype == np.uint8
    assert labels.shape == (50,) and labels.dtype == np.int64


def test_classes_are_balanced() -> None:
    _, labels = CharacterRenderer(FONTS, 1).render(36 * 4 + 5)
    counts = np.bincount(labels, minlength=36)
    assert counts.min() == 4 and counts.max() == 5


def test_whole_rounds_can_be_painted_in_parts() -> None:
    whole = CharacterRenderer(FONTS, 3).render(72)
    renderer = CharacterRenderer(FONTS, 3)
    parts = [renderer.render(36), renderer.render(36)]
    np.testing.assert_array_equal(whole[0], np.concatenate([pictures for pictures, _ in parts]))
    np.testing.assert_array_equal(whole[1], np.concatenate([labels for _, labels in parts]))


@pytest.mark.parametrize("domain", ["sheet", "cutout"])
def test_both_polarities_and_no_blank_picture(domain: str) -> None:
    pictures, labels = CharacterRenderer(FONTS, 2, domain).render(432)
    spread = pictures.reshape(len(pictures), -1).std(axis=1)
    bars = np.isin(labels, [ALPHABET.index("1"), ALPHABET.index("I")])
    assert (spread[~bars] > 4).mean() > 0.995
    rings = pictures[labels == ALPHABET.index("O")]
    middles = rings[:, 11:17, 11:17].mean(axis=(1, 2)) - rings.mean(axis=(1, 2))
    assert (middles > 20).any() and (middles < -20).any(), "O comes in one polarity only"


def test_sheet_fills_the_square_and_cutouts_vary() -> None:
    sheet, labels = CharacterRenderer(FONTS, 4, "sheet").render(432)
    zed = sheet[labels == ALPHABET.index("Z")].astype(float)
    rim = np.abs(zed - np.median(zed, axis=(1, 2))[:, None, None])[:, :, :3].max(axis=(1, 2))
    assert (rim > 60).mean() > 0.5, "glyphs of a sheet reach the edge of the picture"
    cutout, _ = CharacterRenderer(FONTS, 4, "cutout").render(144)
    extreme = ((cutout < 16) | (cutout > 239)).mean(axis=(1, 2))
    assert (extreme > 0.8).any() and (extreme < 0.2).any(), "cut-outs are both binarised and gray"


def test_no_fonts_at_all_still_draws() -> None:
    pictures, labels = CharacterRenderer([], 5).render(36)
    assert sorted(labels) == list(range(36))
    assert len({picture.tobytes() for picture in pictures}) == 36


def test_other_input_sizes() -> None:
    spec = InputSpec(shape=(20, 12, 1), polarity="any")
    assert CharacterRenderer(FONTS, 1, spec=spec).render(40)[0].shape == (40, 20, 12)


def test_unknown_world() -> None:
    with pytest.raises(UsageError, match="seaside"):
        CharacterRenderer(FONTS, 1, "seaside")


def test_font_that_is_none(tmp_path: Path) -> None:
    broken = tmp_path / "broken.woff2"
    broken.write_bytes(b"no font")
    renderer = CharacterRenderer([FontFile(broken, "Broken", 400, "MIT", "none@0", "plate")], 1)
    with pytest.raises(DataError, match=r"broken\.woff2"):
        renderer.render(360)


def test_stroke_alphabets_differ_by_seed_and_draw_every_class() -> None:
    first, second = stroke_alphabets(1, 3), stroke_alphabets(2, 3)
    assert {alphabet.family for alphabet in first}.isdisjoint(alphabet.family for alphabet in second)
    shapes = {character: first[0].glyph(character).picture.tobytes() for character in ALPHABET}
    assert len({shape for character, shape in shapes.items() if character not in "O0I1"}) == 32
    assert shapes["M"] != second[0].glyph("M").picture.tobytes()
    for alphabet in [*first, *second]:
        for character in ALPHABET:
            glyph = alphabet.glyph(character)
            ink = np.asarray(glyph.picture)
            assert ink.shape[0] == 64 and ink.max() == 255 and 0.03 < (ink > 127).mean() <= 1
            assert glyph.outline.min() >= 0 and glyph.outline.max() <= 1


def test_font_glyphs_are_tight() -> None:
    alphabet = FontAlphabet(FONTS[0])
    for character in "AQ1W":
        ink = np.asarray(alphabet.glyph(character).picture) > 100
        assert ink[0].any() and ink[-1].any() and ink[:, 0].any() and ink[:, -1].any(), character


def test_split_has_disjoint_families_and_seeds(monkeypatch: pytest.MonkeyPatch) -> None:
    fonts = [bundled("DejaVuSans", f"Family {number}") for number in range(10)]
    train_fonts, val_fonts = split_fonts(fonts, 0)
    assert val_fonts and {font.family for font in train_fonts}.isdisjoint(font.family for font in val_fonts)
    seen: list[tuple[int, tuple[str, ...]]] = []

    def spy(chosen: list[FontFile], seed: int, *rest: str) -> CharacterRenderer:
        seen.append((seed, tuple(font.family for font in chosen)))
        return CharacterRenderer(chosen, seed, *rest)

    monkeypatch.setattr("plate_train.characters.synthetic_set.CharacterRenderer", spy)
    train, val = synthetic_split(fonts, 3, 72, 36)
    assert len({seed for seed, _ in seen}) == len(seen) == 2
    assert set(seen[0][1]).isdisjoint(seen[1][1])
    assert {picture.tobytes() for picture in train.pictures}.isdisjoint(picture.tobytes() for picture in val.pictures)
