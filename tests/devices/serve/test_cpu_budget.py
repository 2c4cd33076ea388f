"""The page takes little of the processor, and less where the loop has to wait for it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest

from plate_devices.serve import cpu_budget
from plate_devices.serve.cpu_budget import FRACTION, CpuBudget, waited_for_processor
from plate_devices.serve.page_server import LivePage


def test_rest_is_in_proportion_to_what_was_used() -> None:
    budget = CpuBudget(lambda: None)
    assert budget.pause() == 0
    budget.charge(0.003)
    budget.charge(0.003)
    assert budget.pause() == pytest.approx(0.006 / FRACTION)
    assert budget.pause() == 0
    budget.charge(100)
    assert budget.pause() == 5.0


def test_a_loop_that_waits_for_a_processor_gets_more_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    waited, now = [0.0], [100.0]
    monkeypatch.setattr(cpu_budget, "waited_for_processor", lambda _: waited[0])
    monkeypatch.setattr(cpu_budget, "time", SimpleNamespace(monotonic=lambda: now[0]))
    budget = CpuBudget(lambda: 1)
    budget.pause()
    now[0], waited[0] = 100.2, 0.18  # nine tenths of the time
    budget.charge(0.0006)
    assert budget.pause() == pytest.approx(10 * 0.0006 / FRACTION)


def test_the_kernel_says_how_long_a_thread_has_waited() -> None:
    waited = waited_for_processor(threading.get_native_id())
    assert waited is not None and waited >= 0


def test_a_thread_that_is_gone_counts_as_one_that_waits_for_nothing() -> None:
    budget = CpuBudget(lambda: 2**22 + 1)
    budget.pause()
    budget.charge(0.006)
    assert budget.pause() == pytest.approx(0.006 / FRACTION)


def test_the_loop_s_thread_is_known_once_it_has_offered(open_page: Callable[..., LivePage]) -> None:
    page = open_page()
    assert page.live_states[""].loop_thread is None
    page.live_states[""].add_frame(np.zeros((48, 64, 3), np.uint8), [], 0.0)
    assert page.live_states[""].loop_thread == threading.get_native_id()
