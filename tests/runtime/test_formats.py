"""Formats of regions, and characters settled by them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plate_runtime.decode import Character
from plate_runtime.errors import DataError, UsageError
from plate_runtime.formats import Format, Region, find_region, load_formats, page, settle

REGIONS = load_formats()
FORMATS = [(name, form) for name, region in REGIONS.items() for form in region.formats]


def draw(form: Format, rng: random.Random) -> str:
    return "".join(rng.choice(token.choices) for token in form.tokens if token.read)


def read(text: str, alternatives: Sequence[tuple[str, float]] = ()) -> list[Character]:
    """Characters as a sure network returns them; the alternatives are those of the first."""
    return [Character(sign, 0.9, tuple(alternatives) if i == 0 else ()) for i, sign in enumerate(text)]


def write(folder: Path, region: str) -> Path:
    path = folder / "formats.toml"
    path.write_text(f'[[region]]\nname = "xx"\ncountry = "X"\nsource = "https://example.org"\n{region}', "utf-8")
    return path


@settings(deadline=None)
@given(st.sampled_from(FORMATS), st.randoms(use_true_random=False))
def test_texts_drawn_from_a_format_fit_it_and_settle_unchanged(named: tuple[str, Format], rng: random.Random) -> None:
    name, form = named
    text = draw(form, rng)
    assert form.matches(text) and form.fit([{sign: 1.0} for sign in text]) == (1.0, text)
    assert settle(read(text), REGIONS[name]) == text


@settings(deadline=None)
@given(st.sampled_from([form for _, form in FORMATS]), st.text("AB01OIQ", min_size=4, max_size=8))
def test_what_settles_has_the_format_and_the_length(form: Format, text: str) -> None:
    settled = settle(read(text), Region("xx", "X", "", (form,)))
    assert settled is None or (form.matches(settled) and len(settled) == len(text))


@pytest.mark.parametrize("region", REGIONS.values(), ids=lambda region: region.name)
def test_what_every_region_has(region: Region) -> None:
    assert region.country and region.source.startswith("https://")
    assert len({form.pattern for form in region.formats}) == len(region.formats), "a pattern stands there twice"
    rng = random.Random(1)
    for form in region.formats:
        assert 3 <= len(draw(form, rng)) <= 11, form.pattern


@pytest.mark.parametrize(
    ("region", "text", "settled"),
    [
        ("ro", "BI21PH0", "B121PHO"),
        ("ro", "8R07AAC", "BR07AAC"),
        ("es", "123AOBB", "1234DBB"),
        ("es", "123KOBB", None),
        ("es", "I234BCD", "1234BCD"),
        ("es", "1234BQD", "1234BDD"),
        ("gb", "AB12C0E", "AB12COE"),
        ("us-ca", "5SIR459", "5SIR459"),
        ("us-ca", "SSIR459", "5SIR459"),
        ("br", "ABC12KA", None),
        ("in", "MHO4AB1Z34", "MH04AB1234"),
        ("us-ny", "WTFDMV", None),
        ("us", "5NNY09Z", "5NNY092"),
        ("us", "DUKDAWG", None),
        ("us", "XSTASY", None),
    ],
)
def test_look_alikes_settle_by_position(region: str, text: str, settled: str | None) -> None:
    assert settle(read(text), find_region(region)) == settled


def test_an_alternative_that_the_network_names_settles() -> None:
    assert settle(read("X23ABC"), find_region("us-ky")) is None
    assert settle(read("X23ABC", [("K", 0.05), ("3", 0.04)]), find_region("us-ky")) == "323ABC"


def test_the_more_probable_of_two_fitting_texts_wins() -> None:
    assert settle(read("B23ABC", [("6", 0.2)]), find_region("us-ky")) == "623ABC"
    assert settle(read("B23ABC", [("6", 0.01)]), find_region("us-ky")) == "823ABC"


def test_how_many_texts_a_format_has() -> None:
    (form,) = (form for form in REGIONS["ro"].formats if form.pattern == "{county} 99 LLL")
    assert form.count == 41 * 10**2 * 25**3


def test_a_text_far_from_every_format_is_left_alone() -> None:
    assert settle(read("SLLBOO"), find_region("us-de")) is None
    assert settle(read(""), find_region("us-de")) is None


def test_unions_hold_the_formats_of_their_members() -> None:
    assert settle(read("B121PHO"), find_region("eu")) == "B121PHO"
    assert set(REGIONS["us-ny"].formats) <= set(find_region("USA").formats)
    assert find_region("uk") is REGIONS["gb"]
    assert find_region("eu") is find_region("eu"), "a union is made once, not for every plate"
    assert not set(REGIONS) & {"eu", "us", "ca", "au"}


@pytest.mark.parametrize(("name", "near"), [("rom", "ro"), ("romania", "ro"), ("us_ca", "us-ca"), ("€", "docs/")])
def test_an_unknown_region_is_told_what_is_near(name: str, near: str) -> None:
    with pytest.raises(UsageError, match=near):
        find_region(name)


@pytest.mark.parametrize(
    ("region", "why"),
    [
        ("format = [{ pattern = '999 X' }]", "'X' means nothing here"),
        ("format = [{ pattern = '{town} 9' }]", "no list 'town'"),
        ('lists.town = ["A-B"]\nformat = [{ pattern = "{town}" }]', "'town' has to hold"),
        ("format = [{ pattern = '[a]9' }]", "no set of the signs"),
        ('letters = "AAB"\nformat = [{ pattern = "L9" }]', "letters 'AAB'"),
        ('format = [{ pattern = "L9", letters = "AB-" }]', "letters 'AB-'"),
        ('format = [{ pattern = "L9", letters = "" }]', "letters ''"),
        ("format = [{ pattern = ' - ' }]", "nothing in it is read"),
        ("format = [{ pattern = 'LL/99' }]", "two rows with one"),
        ("format = [{ pattern = 'LL 99', rows = 2 }]", "two rows with one"),
        ("format = [{ pattern = 'LL 99', weight = 0 }]", "above 0"),
        ("format = [{ pattern = 'LL 99', wieght = 1 }]", "unknown key 'wieght'"),
        ("colour = 1\nformat = []", "unknown key 'colour'"),
        ("", "'format' is missing"),
        ("format = [{ }]", "'pattern' is missing"),
        ("format = [", "formats.toml"),
        ("format = 3", "formats.toml"),
    ],
)
def test_invalid_data_are_named(tmp_path: Path, region: str, why: str) -> None:
    with pytest.raises(DataError, match=why):
        load_formats(write(tmp_path, region))


def test_the_page_of_regions_is_current(repository: Path) -> None:
    assert (repository / "docs" / "regions.md").read_text("utf-8") == page() + "\n"
