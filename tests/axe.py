"""axe-core, the checker of accessible pages: fetched from the npm registry, pinned by its digest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from plate_runtime.errors import PlateEdgeError
from plate_train.synthetic.npm_registry import fetch_package, registry

VERSION = "4.14.1"
_INTEGRITY = "sha512-FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ=="
_CACHE = Path.home() / ".cache" / "plate-edge" / f"axe-core-{VERSION}.js"


def problems(tab: Any) -> list[str]:
    """Return a line for each serious or critical violation of WCAG 2.2 AA that axe-core finds in a page."""
    tab.evaluate(_script())
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = tab.evaluate("tags => axe.run({ runOnly: tags })", tags)
    return [
        f"{one['id']}: {one['help']}: {[node['html'] for node in one['nodes']][:3]}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
    ]


def _script() -> str:
    if not _CACHE.exists():
        try:
            content = fetch_package(registry(), "axe-core", VERSION, _INTEGRITY)["axe.min.js"]
        except PlateEdgeError as error:
            pytest.fail(f"axe-core is missing: {error}", pytrace=False)
        _CACHE.parent.mkdir(parents=True, exist_ok=True)
        _CACHE.write_bytes(content)
    return _CACHE.read_text(encoding="utf-8")
