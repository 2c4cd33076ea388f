"""The table of routes: method, path, the access that is needed, and the view that answers.

A view is a function of a `PageRequest`. Each topic has its views in a file of its own, with a function that returns its
routes. `LivePage` takes the routes of other packages.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from plate_devices.serve.access import Access
from plate_devices.serve.page_request import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from plate_devices.serve.page_request import PageRequest

    View = Callable[[PageRequest], Answer]

LOGIN_PATH = "/login"
_PAGE = Path(__file__).parent / "page"
_KINDS = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


@dataclass(frozen=True)
class Route:
    """One kind of request.

    Attributes:
        method: GET or POST. A POST changes something and needs the full token; only the login does not.
        path: such as "/state"; one that ends with "/" stands for all paths below it, which the view gets as `rest`.
        needs: the access that is needed.
        is_page: whether a client without access sees the login instead of a refusal.
    """

    method: str
    path: str
    needs: Access
    view: View
    is_page: bool = False

    def __post_init__(self) -> None:
        """Raise ValueError for a change without the full token."""
        if self.method not in ("GET", "POST"):
            raise ValueError(f"{self.method} {self.path}: the method has to be GET or POST")
        if self.method == "POST" and self.needs is not Access.FULL and self.path != LOGIN_PATH:
            raise ValueError(f"POST {self.path}: a change needs the full token")


class RouteTable:
    """Finds the route of a request."""

    def __init__(self, routes: Iterable[Route]) -> None:
        """Take routes. Raises ValueError if two have the same method and path."""
        self.routes: dict[tuple[str, str], Route] = {}
        for route in routes:
            if (route.method, route.path) in self.routes:
                raise ValueError(f"there are two routes {route.method} {route.path}")
            self.routes[route.method, route.path] = route

    def find(self, method: str, path: str) -> tuple[Route, str] | None:
        """Return the route and the rest of the path; None if there is no such page."""
        below = path[: path.find("/", 1) + 1]
        route = self.routes.get((method, path)) or self.routes.get((method, below))
        return (route, path[len(route.path) :]) if route else None


def page_files(*names: str) -> list[Route]:
    """Return routes for files of the folder `page`; "NAME.html" is at "/NAME", and "index.html" at "/"."""
    return [_file_route(name) for name in names]


def _file_route(name: str) -> Route:
    path, is_page = "/" + name, name.endswith(".html")
    if is_page:
        path = "/" if name == "index.html" else path.removesuffix(".html")
    # The login needs its style.
    needs = Access.NONE if path in (LOGIN_PATH, "/page.css") else Access.READ
    return Route("GET", path, needs, lambda _: page_file(name), is_page)


def page_file(name: str, status: int = 200) -> Answer:
    """Return a file of the folder `page`."""
    path = _PAGE / name
    return Answer(status, path.read_bytes(), f"{_KINDS[path.suffix]}; charset=utf-8")
