"""The pictures of results, filtered by privacy: annotated frames, crops, and the pictures of events."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from plate_devices.live.vehicle_pictures import open_vehicle_pictures
from plate_runtime.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

    from plate_devices.events.records import Origin, Record
    from plate_devices.follow import Vehicle
    from plate_devices.live.roi import Reading, View
    from plate_devices.outputs.label_draft import DraftLabel
    from plate_devices.outputs.saved_pictures import PictureFolder
    from plate_devices.privacy.privacy_filter import PrivacyFilter
    from plate_devices.run_options import InferOptions
    from plate_devices.sources.source import Frame, Roi
    from plate_runtime.results import Plate

T = TypeVar("T")


class ResultPictures:
    """Saves what the options ask for. Used by the thread of the loop.

    Files end with an error where a picture cannot be saved. A camera (`lasting`) goes on without pictures.

    Attributes:
        keeps_frames: whether a frame is saved with the event of each vehicle.
        masks_unread: whether saved pictures, or a video, mask possible plates that were not read.
    """

    def __init__(self, say: Callable[[str, str], None]) -> None:
        """Save nothing before `apply`; `say` logs an event and a message."""
        self._say = say
        self._lost: set[Path] = set()
        self.keeps_frames = self.masks_unread = False

    def apply(self, options: InferOptions, privacy: PrivacyFilter | None) -> None:
        """Use other options. Raises DeviceError if a folder cannot be made; then nothing changes."""
        config = options.config
        masked = privacy is not None and privacy.masks
        annotated, crops = _folder(options.annotate, masked), _folder(options.save_crops, masked)
        events = None if config is None else open_vehicle_pictures(config.pictures, masked)
        self._annotated, self._crops, self._events, self._privacy = annotated, crops, events, privacy
        blurs = config is not None and config.privacy is not None and config.privacy.blur_others
        self.keeps_frames = events is not None and events.keeps_frames
        self.masks_unread = blurs and (annotated is not None or options.video is not None or self.keeps_frames)

    def save_crops(self, origin: Origin, frame: Frame, plates: list[Plate], record: Record) -> None:
        """Save the crops of a frame's plates, and add their paths to its record."""
        if self._crops is None:
            return
        from PIL import Image

        from plate_devices.follow import crop_plate
        from plate_devices.outputs.saved_pictures import crop_name

        stem = crop_name(origin.source, frame.time, frame.seconds, frame.number, origin.still)
        for number, (plate, described) in enumerate(zip(plates, record["plates"], strict=True)):
            crop = plain = crop_plate(frame.rgb, plate)
            if self._privacy is not None:
                crop = self._privacy.crop(crop, {"plates": [described]})
            name = f"{stem}-{self._text_of(record, number) or 'plate'}"
            label = self._label(record, number, Path(origin.source).stem) if crop is plain else None
            described["crop"] = self._save(self._crops, Image.fromarray(crop), name, lasting=False, label=label)

    def save_vehicle(self, origin: Origin, vehicle: Vehicle, record: Record, lasting: bool) -> NDArray[np.uint8]:
        """Save a vehicle's best pictures, and add their paths to its record.

        Returns:
            Its best crop as privacy allows it, uint8 (height, width, 3).
        """
        crop = vehicle.picture if self._privacy is None else self._privacy.crop(vehicle.picture, record)
        if self._crops is not None:
            from PIL import Image

            from plate_devices.outputs.saved_pictures import crop_name

            name = crop_name(origin.source, vehicle.first_time, vehicle.first_seconds, vehicle.first_frame, False)
            name = f"{name}-{self._text_of(record, 0) or record['id']}"
            label = self._label(record, 0, record["id"]) if crop is vehicle.picture else None
            record["crop"] = self._save(self._crops, Image.fromarray(crop), name, lasting, keep=True, label=label)
        if self._events is not None and lasting:
            save = partial(self._events.save, record["id"], crop, vehicle.kept, self._privacy)
            record["pictures"] = self._while_possible(self._events.folder, save)
        return crop

    def annotate(self, origin: Origin, view: View, reading: Reading, plate_box: Roi | None, lasting: bool) -> None:
        """Save a frame with its plates drawn in.

        Args:
            origin: of the frame.
            view: of the frame.
            reading: plates that were read, and other possible plates, which privacy may mask.
            plate_box: rectangle that is one plate, read or not; None if there is none.
            lasting: whether it comes from a camera.
        """
        if self._annotated is None:
            return
        from plate_devices.outputs.saved_pictures import annotate, picture_name

        rgb, plates = view.frame.rgb, reading.plates
        if self._privacy is not None:
            rgb, plates = self._privacy.frame(rgb, plates, plate_box, reading.unread)
        name = picture_name(origin.source, view.frame.number, not origin.still)
        if origin.camera:  # addresses of several cameras may end alike
            name = f"{origin.camera}-{view.frame.number:06d}"
        self._save(self._annotated, annotate(rgb, plates), f"{name}-read", lasting)

    def _text_of(self, record: Record, number: int) -> str:
        """Return the text of a record's plate, "" if privacy hides it."""
        concealed = record if self._privacy is None else self._privacy.conceal(record)
        text: str = concealed["plates"][number]["text"]
        return text

    def _label(self, record: Record, number: int, group: str) -> DraftLabel | None:
        """Return the label of a record's plate for a draft, None if privacy hides its text."""
        from plate_devices.outputs.label_draft import DraftLabel

        text = self._text_of(record, number)
        return DraftLabel(text, record["plates"][number]["confidence"], group) if text else None

    def _save(
        self,
        folder: PictureFolder,
        picture: Image.Image,
        name: str,
        lasting: bool,
        *,
        keep: bool = False,
        label: DraftLabel | None = None,
    ) -> str | None:
        """Save a picture and return its path; None while a camera's folder takes no pictures."""
        if not lasting:
            return str(folder.save(picture, name, label=label))
        save = partial(folder.save, picture, name, unique=True, keep=keep, label=label)
        path = self._while_possible(folder.folder, save)
        return None if path is None else str(path)

    def _while_possible(self, folder: Path, save: Callable[[], T]) -> T | None:
        """Return what `save` returns; None while the folder takes no pictures."""
        try:
            saved = save()
        except DeviceError as error:
            if folder not in self._lost:
                self._lost.add(folder)
                self._say("pictures_lost", f"{error}; no pictures are saved until the folder works again")
            return None
        if folder in self._lost:
            self._lost.discard(folder)
            self._say("pictures_back", f"pictures are saved in {folder} again")
        return saved


def _folder(name: str | None, masked: bool) -> PictureFolder | None:
    if name is None:
        return None
    from plate_devices.outputs.saved_pictures import PictureFolder

    return PictureFolder(Path(name), masked)
