"""Kinds of vehicles and their proportions.

Lengths are in half widths of the vehicle: x from -1 to 1, y from 0 at the roof down to the ground.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ...random_source import RandomSource
from .. import raster
from ..raster import Gray, Points, Spot
from .parts import Panel

KINDS = {"saloon": 5, "hatch": 3, "offroad": 2, "van": 1.5, "truck": 1.2, "bus": 0.6, "motorcycle": 0.5}
"""Weight of each kind."""


@dataclass(frozen=True)
class VehicleShape:
    """Proportions: heights from the roof in half widths, widths of roof and belt as fractions of the half width."""

    height: float
    belt: float
    roof: float
    shoulder: float
    bumper: float
    sill: float

    @staticmethod
    def random(kind: str, rng: RandomSource) -> VehicleShape:
        """Return random proportions of a kind."""
        if kind in ("truck", "bus", "van"):
            height = {"truck": rng.uniform(2.0, 3.0), "bus": rng.uniform(2.3, 3.0), "van": rng.uniform(1.9, 2.4)}[kind]
            roof = rng.uniform(0.8, 1.0)
            return VehicleShape(
                height, height * rng.uniform(0.42, 0.55), roof, 1.0, height * rng.uniform(0.74, 0.82), 0.93
            )
        if kind == "motorcycle":
            height = rng.uniform(3.0, 4.2)
            return VehicleShape(height, height * 0.35, 0.45, 0.8, height * 0.6, 0.8)
        height = {"saloon": 1.58, "hatch": 1.66, "offroad": 1.95}[kind] * rng.uniform(0.93, 1.07)
        belt = height * rng.uniform(0.36, 0.46)
        return VehicleShape(
            height, belt, rng.uniform(0.56, 0.74), rng.uniform(0.84, 0.97), height * rng.uniform(0.66, 0.74), 0.9
        )

    def outline(self) -> Points:
        """The body's outline, without wheels."""
        h = self.height
        right = [
            (self.roof * 0.8, 0.0), (self.roof, 0.05 * h), (self.shoulder, self.belt), (1.0, self.belt + 0.12 * h),
            (1.0, 0.8 * h), (0.97, self.sill * h), (0.5, (self.sill + 0.01) * h),
        ]  # fmt: skip
        return raster.points(*right, *((-x, y) for x, y in reversed(right)))


@dataclass
class PaintedVehicle:
    """A painted vehicle.

    Attributes:
        panel: picture and scale. mask: of the vehicle. shape, kind, front: what is shown.
        plate_position: centre of the plate. lamps: position and size of each.
    """

    panel: Panel
    mask: Gray
    shape: VehicleShape
    kind: str
    front: bool
    tone: float
    plate_position: Spot
    lamps: list[tuple[Spot, float]] = field(default_factory=list)
