"""One progress bar for a whole export, on standard error, only where somebody watches."""

from __future__ import annotations

from types import TracebackType

_FORMAT = "{desc} {percentage:3.0f}%|{bar}| {elapsed}"


class Progress:
    """Counts the steps of an export; says which one is done at the moment."""

    def __init__(self, steps: int) -> None:
        from tqdm import tqdm

        self._before = 0
        self._bar = tqdm(total=steps, bar_format=_FORMAT, leave=False, disable=None, dynamic_ncols=True)

    def expect(self, steps: int) -> None:
        """Set how many steps there are in all, now that it is known."""
        self._bar.total = steps

    def step(self, what: str) -> None:
        """Begin the next step; the one before is done."""
        self._bar.update(self._before - self._bar.n)
        self._before += 1
        self._bar.set_description_str(what)

    def advance(self, share: float) -> None:
        """Count a share, 0..1, of the present step as done."""
        self._bar.update(min(share, self._before - self._bar.n))

    def close(self) -> None:
        """Take the bar away."""
        self._bar.close()

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
