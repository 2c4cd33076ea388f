"""Decides which camera is read next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable


class Waiting(Protocol):
    """A camera to choose from; see `Camera`."""

    served: float

    def waits(self) -> float | None:
        """Return the seconds until its frame may be taken, 0 for now; None if there is none."""
        ...


T = TypeVar("T", bound=Waiting)


def next_camera(cameras: Iterable[T]) -> tuple[T | None, float | None]:
    """Return the camera that has waited longest among those with a new frame.

    So a camera with few frames is read at once, and one with very many gets no more turns than the others.

    Returns:
        The camera, None if none has a frame that may be taken now; and the seconds until one has, None if unknown.
    """
    waits = [(camera, seconds) for camera in cameras if (seconds := camera.waits()) is not None]
    ready = [camera for camera, seconds in waits if seconds <= 0]
    if ready:
        return min(ready, key=lambda camera: camera.served), 0.0
    return None, min((seconds for _, seconds in waits), default=None)
