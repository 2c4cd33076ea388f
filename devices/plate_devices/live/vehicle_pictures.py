"""The pictures of a vehicle's event: its best crop and its best frame, as privacy allows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plate_devices.live.roi import KeptFrame

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

    from plate_devices.config.sections import PictureSettings
    from plate_devices.privacy.privacy_filter import PrivacyFilter


class VehiclePictures:
    """Saves the pictures of vehicles. Used by the thread of the loop.

    Attributes:
        folder: of the pictures.
        keeps_frames: whether frames are saved.
    """

    def __init__(self, folder: Path, settings: PictureSettings, masked: bool) -> None:
        """Make the folder; `masked` pictures say so. Raises DeviceError if that fails."""
        from plate_devices.outputs.event_pictures import EventPictures

        self.folder, self.keeps_frames = folder, settings.frames != "none"
        self._draws = settings.frames == "annotated"
        self._pictures = EventPictures(folder, settings.share, masked)

    def save(self, name: str, crop: NDArray[np.uint8], kept: object, privacy: PrivacyFilter | None) -> dict[str, str]:
        """Save crop and frame under the id of an event; return their names by what they show.

        Args:
            name: the id.
            crop: uint8 (height, width, 3), as privacy allows it.
            kept: a `KeptFrame`, else no frame is saved.
            privacy: masks plates of the frame.

        Raises:
            DeviceError: the disk is full, or the folder is not writable.
        """
        from PIL import Image

        frame = self._frame(kept, privacy) if isinstance(kept, KeptFrame) and self.keeps_frames else None
        return self._pictures.save(name, Image.fromarray(crop), frame)

    def _frame(self, kept: KeptFrame, privacy: PrivacyFilter | None) -> Image.Image:
        from PIL import Image

        from plate_devices.outputs.saved_pictures import annotate

        rgb, plates = kept.view.frame.rgb, kept.reading.plates
        if privacy is not None:
            rgb, plates = privacy.frame(rgb, plates, kept.plate_box, kept.reading.unread)
        return annotate(rgb, plates) if self._draws else Image.fromarray(rgb)


def open_vehicle_pictures(settings: PictureSettings, masked: bool) -> VehiclePictures | None:
    """Return where the pictures of events are saved; None if they are not. Raises DeviceError."""
    return None if settings.events is None else VehiclePictures(settings.events, settings, masked)
