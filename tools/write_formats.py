"""Writes what is made of `formats.toml`: the prior of all regions, and docs/reference/regions.md.

python tools/write_formats.py      after each change of formats.toml
"""

from __future__ import annotations

from pathlib import Path

from plate_runtime.decode.prior import FILE, make_prior
from plate_runtime.formats import FEDERAL, UNIONS, Region, load_formats, load_prior

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "regions.md"
_HEAD = r"""# Regions

Made by `python tools/write_formats.py`; the data, with letters that are not issued, lists and weights, are in
`runtime/plate_runtime/formats.toml`.

The reader weighs each text by how probable it is on a plate ([how](../background/confidence.md#from-logits-to-text)):
by the formats of all regions below, and as a free text. `--region NAME` says where the plates come from; its formats
then get nearly all the weight. It helps most for a region with few formats: a country with one layout decides most
doubts, the union of the United States few.

In a pattern `L` is a letter, `9` a digit, `*` either, `[AB]` one of those, `{name}` one of a list such as counties,
`\B` the letter B itself, `/` the start of a second row. Space, dash and dots are on the plate, but not in its text. The
most frequent formats come first. Weights are estimates. Plates of free words are in no list. Most rare kinds, such as
diplomats, dealers and the army, are omitted, and so are characters of countries that write no Latin letters.

| union | of |
|---|---|"""
_MIDDLE = """
| one of {count} regions | where its formats are described | patterns |
|---|---|---|"""


def page() -> str:
    """Return all regions as Markdown, the text of docs/reference/regions.md."""
    regions = load_formats()
    unions = [f"| `{name}` | {', '.join(f'`{code}`' for code in codes.split())} |" for name, codes in UNIONS.items()]
    unions += [f"| `{name}` | all of `{name}-…`: {country} |" for name, country in FEDERAL.items()]
    rows = [f"| `{r.name}` | [{r.country}]({r.source}) | {_patterns(r)} |" for r in regions.values()]
    return "\n".join([_HEAD, *unions, _MIDDLE.format(count=len(regions)), *rows])


def _patterns(region: Region) -> str:
    likely = sorted(region.formats, key=lambda form: -form.weight)
    return ", ".join(f"`{form.pattern}`" for form in likely)


if __name__ == "__main__":
    FILE.write_text(make_prior(None, load_prior()).write() + "\n", "utf-8")
    PAGE.write_text(page() + "\n", "utf-8")
