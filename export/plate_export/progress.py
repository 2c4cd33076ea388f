"""One progress bar for a whole export, on standard error, only where somebody watches."""

from __future__ import annotations

from types import TracebackType


class Progress:
    """Counts pictures scored; says what is done at the moment, also where nothing can be counted."""

    def __init__(self) -> None:
        from tqdm import tqdm

        self._bar = tqdm(total=0, unit=" pictures", leave=False, disable=None, dynamic_ncols=True)

    def say(self, what: str) -> None:
        """Name what is done now."""
        self._bar.set_description(what)

    def expect(self, pictures: int) -> None:
        """Add to what has to be scored in all."""
        self._bar.total = (self._bar.total or 0) + pictures
        self._bar.refresh()

    def advance(self, pictures: int) -> None:
        """Count pictures as scored."""
        self._bar.update(pictures)

    def close(self) -> None:
        """Take the bar away."""
        self._bar.close()

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
