"""Pulses a pin, such as for the relay of a gate; needs gpiozero, unless it is simulated.

Actions with the same pin share it. A pin is inactive at the start, after each pulse, and at the end. If the process is
killed during a pulse, the kernel releases the line; see docs/operate/actions.md.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol

from plate_devices.actions.action import Action, ActionError
from plate_devices.actions.action_settings import ActionSettings
from plate_devices.setting_errors import SettingError
from plate_runtime.errors import missing_extra

if TYPE_CHECKING:
    from plate_devices.actions.action import Occasion

_MODULES = Path("/sys/module")

LONGEST_PULSE = 10.0
"""Longest pulse in seconds: an input that opens a gate needs less than a second."""


@dataclass(frozen=True, kw_only=True)
class GpioSettings(ActionSettings):
    """type = "gpio": pulses a pin.

    Attributes:
        pin: as gpiozero names it: 17, "GPIO17" or "BOARD11".
        pulse: length in seconds, 0.05 to 10. `cool_down` has to be at least twice as long.
        active_low: the pin is active at 0 V.
        simulate: no pin is used; the live page shows what would happen.
    """

    type: Literal["gpio"] = "gpio"
    pin: int | str
    pulse: float = 0.5
    active_low: bool = False
    simulate: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0.05 <= self.pulse <= LONGEST_PULSE:
            raise SettingError("pulse", f"{self.pulse:g} is not from 0.05 to {LONGEST_PULSE:g} seconds")
        if self.cool_down < 2 * self.pulse:
            raise SettingError("cool_down", f"{self.cool_down:g} s is less than two pulses of {self.pulse:g} s")
        if not 0 <= self.pin <= 999 if isinstance(self.pin, int) else not self.pin.isalnum() or len(self.pin) > 16:
            raise SettingError("pin", 'it has to be a number such as 17, or a name such as "BOARD11"')

    @property
    def target(self) -> str:
        """See `ActionSettings`: the pin."""
        return f"pin {str(self.pin).upper().removeprefix('GPIO')}"


class _Device(Protocol):
    """An output of gpiozero."""

    value: Any

    def on(self) -> None: ...

    def off(self) -> None: ...

    def close(self) -> None: ...


class _SimulatedDevice:
    """A pin that exists in memory only."""

    value = 0

    def on(self) -> None:
        self.value = 1

    def off(self) -> None:
        self.value = 0

    def close(self) -> None:
        self.value = 0


class _Pin:
    """An open pin, and the actions that use it."""

    def __init__(self, device: _Device, active_low: bool) -> None:
        self.device, self.active_low = device, active_low
        self.lock = threading.Lock()
        self.users = 0


_PINS: dict[str, _Pin] = {}
_PINS_LOCK = threading.Lock()


class GpioAction(Action):
    """Sets a pin active for the length of a pulse."""

    Settings: ClassVar[type[ActionSettings]] = GpioSettings
    LATEST: ClassVar[float] = 5.0

    def __init__(self, settings: GpioSettings) -> None:
        """Use a pin; `open` sets it inactive. Raises MissingPartError if gpiozero is not installed."""
        if not settings.simulate:
            try:
                import gpiozero  # noqa: F401
            except ImportError:
                raise missing_extra("pins need gpiozero", "gpio") from None
        self._settings = settings
        self._key = f"simulated {settings.target}" if settings.simulate else settings.target
        self._pin: _Pin | None = None
        self._stopped = threading.Event()

    @property
    def simulated(self) -> bool:
        return self._settings.simulate

    @property
    def active(self) -> bool:
        pin = self._pin
        with suppress(Exception):  # it is being closed
            return pin is not None and bool(pin.device.value)
        return False

    def open(self) -> None:
        """Take the pin and set it inactive. Raises ActionError."""
        if self._pin is not None:
            return
        with _PINS_LOCK:
            pin = _PINS.get(self._key)
            if pin is not None and pin.active_low != self._settings.active_low:
                raise ActionError(f"{self._settings.target} is used by another action with another active_low")
            if pin is None:
                pin = _PINS[self._key] = _Pin(self._make(), self._settings.active_low)
            pin.users += 1
            self._pin = pin

    def fire(self, occasion: Occasion) -> str:  # noqa: ARG002
        """Pulse the pin."""
        pin, settings = self._pin, self._settings
        if pin is None:
            raise ActionError(f"{settings.target} is not open")
        if not pin.lock.acquire(blocking=False):  # a later pulse would serve another vehicle
            raise ActionError(f"{settings.target} is active for another action")
        try:
            pin.device.on()
            cut = self._stopped.wait(settings.pulse)
        except Exception as error:
            raise ActionError(f"{settings.target} cannot be set: {_reason(error)}") from error
        finally:
            try:
                _set_off(pin.device, settings.target)
            finally:
                pin.lock.release()
        return f"pulse on {settings.target}{', cut short by the stop' if cut else f' for {settings.pulse:g} s'}"

    def interrupt(self) -> None:
        self._stopped.set()

    def check(self) -> None:
        """See `Action`. The pin itself is not touched: it may be in use, and a gate may be connected to it."""
        if self._settings.simulate:
            return
        from gpiozero import Device

        try:
            Device.ensure_pin_factory()
            Device.pin_factory.board_info  # noqa: B018
        except Exception as error:
            raise ActionError(f"no library for pins works: {_reason(error)}") from error

    def close(self) -> None:
        """Set the pin inactive and release it, unless another action uses it."""
        with _PINS_LOCK:
            pin, self._pin = self._pin, None
            if pin is None:
                return
            pin.users -= 1
            if not pin.users:
                del _PINS[self._key]
                for end in (pin.device.off, pin.device.close):
                    with suppress(Exception):
                        end()

    def _make(self) -> _Device:
        settings = self._settings
        if settings.simulate:
            return _SimulatedDevice()
        from gpiozero import DigitalOutputDevice

        try:
            device: _Device = DigitalOutputDevice(
                settings.pin, active_high=not settings.active_low, initial_value=False
            )
        except Exception as error:  # each library for pins raises its own errors
            raise ActionError(f"{settings.target} cannot be used: {_reason(error)}") from error
        return device


def keeps_level_after_kill(modules: Path = _MODULES) -> bool:
    """Whether the kernel keeps the level of a pin whose process was killed, as kernels of Raspberry Pi OS do."""
    for driver in ("pinctrl_bcm2835", "pinctrl_rp1"):
        with suppress(OSError):
            if (modules / driver / "parameters" / "persist_gpio_outputs").read_text("ascii").strip() in ("Y", "1"):
                return True
    return False


def _set_off(device: _Device, target: str) -> None:
    try:
        device.off()
    except Exception as error:
        with suppress(Exception):
            device.close()  # releases the line, the last way to make it inactive
        raise ActionError(f"{target} could not be set inactive and was released: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    return " ".join(f"{error}".split())[:200] or type(error).__name__
