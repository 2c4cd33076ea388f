"""Read an archive with several processes of this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plate_devices.archive.archive_rows import Address, Reading, Row, row_of
from plate_devices.archive.job_messages import Done, Event
from plate_devices.archive.job_pool import JobPool
from plate_devices.sources.picture_files import FileInput

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from plate_devices.run_options import InferOptions


def read_locally(options: InferOptions, addresses: Iterable[Address], jobs: int) -> Iterator[Row]:
    """Yield the row of each address, in any order. Raises as `JobPool`."""
    with JobPool(options, jobs, keeps_going=True) as pool:
        yield from rows_of(pool, addresses)


def rows_of(pool: JobPool, addresses: Iterable[Address]) -> Iterator[Row]:
    """Yield the row of each address, read by the processes of a pool that keeps going. Each has another name."""
    handed: dict[str, Address] = {}

    def hand_out() -> Iterator[FileInput]:
        for address in addresses:
            handed[address.name] = address
            yield FileInput(address.name, listed=True)

    reading = Reading(pool.ready.engine.models, pool.ready.digests, pool.ready.engine.backend)
    events: list[Event] = []
    for event in pool.read(hand_out()):
        if isinstance(event, Done):
            yield row_of(handed.pop(event.path), events, event.tally, reading)
            events = []
        else:
            events.append(event)
