"""Many frames, one vehicle: plates are followed by place and text, and their readings combined.

A place (place.py) says which plate is which (follower.py); votes, character by character (votes.py), make one text; a
track (track.py) becomes one vehicle.
"""

from plate_devices.follow.follower import Follower
from plate_devices.follow.track import Vehicle, cut_plate

__all__ = ["Follower", "Vehicle", "cut_plate"]
