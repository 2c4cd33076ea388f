"""A selection of the fuzzing of clients and settings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuzz import network_inputs as inputs
from fuzz import network_targets as targets
from plate_devices.unix_socket.socket_server import SocketServer
from plate_runtime.reader import PlateReader

seeds = st.integers(0, 2**32 - 1)


@pytest.fixture(scope="module")
def socket_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SocketServer]:
    with PlateReader() as reader:
        service = targets.socket_service(tmp_path_factory.mktemp("fuzz"), reader)
        yield service
        service.close()


@settings(deadline=None, max_examples=300)
@given(seeds)
def test_requests_on_the_socket(socket_service: SocketServer, seed: int) -> None:
    random = Random(seed)
    targets.feed_socket(socket_service, inputs.socket_bytes(random), random)


@pytest.mark.parametrize("token", ["", "a-token-of-16-characters", "x"])
def test_requests_of_http(token: str) -> None:
    service = targets.page_service(token)

    @settings(deadline=None, max_examples=300)
    @given(seeds)
    def check(seed: int) -> None:
        random = Random(seed)
        targets.feed_http(service, inputs.http_bytes(random), random)

    check()


@settings(deadline=None, max_examples=500)
@given(seeds)
def test_addresses(seed: int) -> None:
    targets.take_address(inputs.address(Random(seed)))


@settings(deadline=None, max_examples=300)
@given(seeds)
def test_settings_of_a_broker(seed: int) -> None:
    targets.take_mqtt_settings(inputs.mqtt_settings(Random(seed)))


def test_inputs_are_the_same_for_the_same_seed() -> None:
    for make in (inputs.socket_bytes, inputs.http_bytes, inputs.address, inputs.mqtt_settings):
        assert repr(make(Random(7))) == repr(make(Random(7)))


def test_folder_is_left_clean(tmp_path: Path) -> None:
    with PlateReader() as reader:
        targets.socket_service(tmp_path, reader).close()
    assert not list(tmp_path.iterdir())
