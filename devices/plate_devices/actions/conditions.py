"""The conditions of an action: why it is not done for a vehicle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plate_devices.actions.action_settings import ANY, DAYS, NONE

if TYPE_CHECKING:
    from datetime import datetime

    from plate_devices.actions.action import Occasion
    from plate_devices.actions.action_settings import ActionSettings


def why_not(settings: ActionSettings, occasion: Occasion, now: datetime | None) -> str:
    """Return why an action is not done for a vehicle now, as a sentence; "" if all conditions hold.

    Args:
        settings: of the action.
        occasion: the vehicle.
        now: local time, None while the clock is not set.
    """
    if occasion.continues:
        return "it was in view before, under another id"
    return _lists(settings, occasion) or _reading(settings, occasion) or _time(settings, now)


def _lists(settings: ActionSettings, occasion: Occasion) -> str:
    if ANY in settings.lists:
        return ""
    if not occasion.matches:
        return "" if NONE in settings.lists else "it is on no watch list"
    fitting = [match for match in occasion.matches if match.name in settings.lists]
    if any(settings.fuzzy or match.kind != "fuzzy" for match in fitting):
        return ""
    if fitting:
        return f"list {fitting[0].name} matches only fuzzily, and fuzzy is false"
    wanted = " or ".join("no list" if name == NONE else name for name in settings.lists)
    return f"it is on list {occasion.matches[0].name}; the action is for vehicles on {wanted}"


def _reading(settings: ActionSettings, occasion: Occasion) -> str:
    if occasion.frames < settings.min_frames:
        return f"{occasion.frames} frames agree, {settings.min_frames} are needed"
    if occasion.confidence < settings.min_confidence:
        return f"its confidence is {occasion.confidence:.4f}, {settings.min_confidence:g} is needed"
    if settings.direction and occasion.direction not in settings.direction:
        wanted = " or ".join(settings.direction)
        return f"its direction is {occasion.direction or 'not clear'}, {wanted} is needed"
    return ""


def _time(settings: ActionSettings, now: datetime | None) -> str:
    if not settings.hours and not settings.days:
        return ""
    if now is None:
        return "the clock is not set, so hours and days are unknown"
    return "" if _is_time(settings, now) else f"{DAYS[now.weekday()]} {now:%H:%M} is not in its hours and days"


def _is_time(settings: ActionSettings, now: datetime) -> bool:
    minute = now.hour * 60 + now.minute
    for first, last in settings.windows or ((0, 24 * 60),):
        day = now.weekday()
        if first < last:
            inside = first <= minute < last
        else:  # past midnight
            inside = minute >= first or minute < last
            day = day if minute >= first else (day - 1) % 7
        if inside and (not settings.days or DAYS[day] in settings.days):
            return True
    return False
