"""Signals are noted, and their handlers restored."""

from __future__ import annotations

import os
import signal

from plate_devices.service.signals import Signals


def test_stop_and_reload_are_noted() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)]
    with Signals() as signals:
        assert not signals.stop
        assert not signals.take_reload()
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGHUP)
        assert signals.take_reload()
        assert not signals.take_reload()
        assert not signals.stop
        os.kill(os.getpid(), signal.SIGTERM)
        assert signals.stop
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)] == before
