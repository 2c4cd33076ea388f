"""Follow vehicles: match plates from frame to frame, and combine their readings into one text.

`position` predicts where a plate will be, `consensus` combines readings, a `track` collects one vehicle, and the
`follower` assigns plates to tracks.
"""

from plate_devices.follow.follower import Follower, Seen
from plate_devices.follow.track import Vehicle, crop_plate

__all__ = ["Follower", "Seen", "Vehicle", "crop_plate"]
