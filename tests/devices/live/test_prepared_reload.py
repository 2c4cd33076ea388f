"""A reload is prepared beside the cameras: nothing is used before all of it is there."""

from __future__ import annotations

import threading
from typing import Any, ClassVar, cast

import pytest

from plate_devices.live import shared_readers
from plate_devices.live.prepared_reload import PreparedReload
from plate_devices.live.shared_readers import SharedReaders
from plate_devices.run_options import InferOptions
from plate_runtime.errors import ModelError


class Networks:
    """Networks that take a while to open; of the model "broken" they cannot be opened."""

    opening = threading.Event()
    going = threading.Event()
    opened: ClassVar[list[str]] = []
    closed: ClassVar[list[str]] = []

    def __init__(self, options: InferOptions, _threads: int) -> None:
        (self.model,) = options.models
        assert options.check_model is (self.model != "old")
        if self.model != "old":
            self.opening.set()
            assert self.going.wait(20)
        if self.model == "broken":
            raise ModelError("it is broken")
        self.opened.append(self.model)

    def check_region(self, _options: InferOptions) -> None:
        pass

    def close(self) -> None:
        self.closed.append(self.model)


@pytest.fixture
def networks(monkeypatch: pytest.MonkeyPatch) -> type[Networks]:
    monkeypatch.setattr(shared_readers, "SharedReader", Networks)
    for event in (Networks.opening, Networks.going):
        event.clear()
    Networks.opened, Networks.closed = [], []
    return Networks


def camera(model: str) -> InferOptions:
    place: Any = (None, None, None)  # ROI, region, confidence
    return InferOptions([], "demo", "plate", [model], "auto", 1, *place, False, None, 0, False, None, None)


def test_networks_are_opened_while_the_old_ones_are_in_use(networks: type[Networks]) -> None:
    readers = SharedReaders()
    old = readers.open(camera("old"))
    options = camera("first")._replace(cameras=(camera("old"), camera("first"), camera("second")))
    reload = PreparedReload(lambda: options, readers)
    assert networks.opening.wait(20)
    assert not reload.done
    assert readers.open(camera("old")) is old
    networks.going.set()
    reload.wait(20)
    assert reload.done
    assert networks.opened == ["old", "first", "second"]
    assert reload.take() is options
    assert cast(Networks, readers.open(camera("second"))).model == "second"
    assert networks.opened == ["old", "first", "second"], "nothing is opened twice"
    readers.close_unused(options.cameras[1:])
    assert networks.closed == ["old"]


def test_what_cannot_be_opened_changes_nothing(networks: type[Networks]) -> None:
    readers = SharedReaders()
    readers.open(camera("old"))
    networks.going.set()
    options = camera("first")._replace(cameras=(camera("first"), camera("broken")))
    reload = PreparedReload(lambda: options, readers)
    reload.wait(20)
    with pytest.raises(ModelError, match="it is broken"):
        reload.take()
    assert networks.closed == ["first"]


def test_settings_that_cannot_be_read_are_an_error(networks: type[Networks]) -> None:
    def parse() -> InferOptions:
        raise ModelError("no such file")

    reload = PreparedReload(parse, SharedReaders())
    reload.wait(20)
    with pytest.raises(ModelError, match="no such file"):
        reload.take()
