"""Formats of regions, and characters settled by them."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from write_formats import page

from plate_runtime.errors import DataError, UsageError
from plate_runtime.formats import Format, Region, find_region, load_formats, load_prior, region_list

REGIONS = load_formats()
FORMATS = [(name, form) for name, region in REGIONS.items() for form in region.formats]


def sample(form: Format, rng: random.Random) -> str:
    return "".join(rng.choice(token.choices) for token in form.tokens if token.read)


def write(folder: Path, region: str) -> Path:
    path = folder / "formats.toml"
    path.write_text(f'[[region]]\nname = "xx"\ncountry = "X"\nsource = "https://example.org"\n{region}', "utf-8")
    return path


@settings(deadline=None)
@given(st.sampled_from(FORMATS), st.randoms(use_true_random=False))
def test_texts_of_a_format_fit_it_and_its_region(named: tuple[str, Format], rng: random.Random) -> None:
    name, form = named
    text = sample(form, rng)
    assert form.matches(text) and REGIONS[name].fits(text) and not form.matches(text + "_")


@pytest.mark.parametrize("region", REGIONS.values(), ids=lambda region: region.name)
def test_what_every_region_has(region: Region) -> None:
    assert region.country and region.source.startswith("https://")
    assert len({form.pattern for form in region.formats}) == len(region.formats), "a pattern stands there twice"
    rng = random.Random(1)
    for form in region.formats:
        assert 3 <= len(sample(form, rng)) <= 11, form.pattern


def test_how_many_texts_a_format_has() -> None:
    (form,) = (form for form in REGIONS["ro"].formats if form.pattern == "{county} 99 LLL")
    assert form.count == 41 * 10**2 * 25**3


def test_unions_hold_the_formats_of_their_members() -> None:
    assert find_region("eu").fits("CJ12ABC") and not find_region("mercosur").fits("CJ12ABC")
    assert set(REGIONS["us-ny"].formats) <= set(find_region("USA").formats)
    assert find_region("uk") is REGIONS["gb"]
    assert find_region("eu") is find_region("eu"), "a union is made once, not for every plate"
    assert not set(REGIONS) & {"eu", "us", "ca", "au"}


@pytest.mark.parametrize(
    ("name", "code"),
    [
        *(("germany", "de"), (" Germany ", "de"), ("DE", "de"), ("us-CA", "us-ca"), ("California", "us-ca")),
        *(("new-york", "us-ny"), ("United Kingdom", "gb"), ("UK", "gb"), ("Türkiye", "tr"), ("united states", "us")),
        *(("European Union", "eu"), ("Georgia", "ge"), ("China", "cn"), ("bosnia and herzegovina", "ba")),
    ],
)
def test_a_region_is_found_by_its_name(name: str, code: str) -> None:
    assert find_region(name).name == code


def test_every_region_is_listed_and_found_by_what_the_list_says() -> None:
    listed = [line.split(maxsplit=1) for line in region_list().splitlines()]
    assert {code for code, _ in listed} == {*REGIONS, "eu", "europe", "mercosur", "us", "ca", "au"}
    for code, name in listed:
        assert find_region(code).name == find_region(name).name == code


@pytest.mark.parametrize(("name", "near"), [("romnia", "ro"), ("us_ca", "us-ca"), ("€", "--region list name all")])
def test_the_error_of_an_unknown_region_names_similar_ones(name: str, near: str) -> None:
    with pytest.raises(UsageError, match=near):
        find_region(name)


@pytest.mark.parametrize(
    ("region", "why"),
    [
        ("format = [{ pattern = '999 X' }]", "'X' means nothing here"),
        ("format = [{ pattern = '{town} 9' }]", "no list 'town'"),
        ('lists.town = ["A-B"]\nformat = [{ pattern = "{town}" }]', "'town' has to hold"),
        ("format = [{ pattern = '[a]9' }]", "not a set of the characters"),
        ('letters = "AAB"\nformat = [{ pattern = "L9" }]', "letters 'AAB'"),
        ('format = [{ pattern = "L9", letters = "AB-" }]', "letters 'AB-'"),
        ('format = [{ pattern = "L9", letters = "" }]', "letters ''"),
        ("format = [{ pattern = ' - ' }]", "it has no characters"),
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


def test_numbers_of_the_prior_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="'elsewhere' is missing"):
        load_prior(
            write(
                tmp_path,
                "format = [{ pattern = 'L9' }]\n[prior]\n"
                + "\n".join(
                    f"{key} = 1"
                    for key in ("exponent", "longer", "free", "words", "lengths", "foreign", "mistakes", "mistaken")
                ),
            )
        )


def test_the_page_of_regions_is_current(repository: Path) -> None:
    assert (repository / "docs" / "reference" / "regions.md").read_text("utf-8") == page() + "\n"
