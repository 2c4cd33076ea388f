"""The options of a run of plate-infer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from plate_runtime.shipped import DETECTING

if TYPE_CHECKING:
    from plate_devices.config.load import Config
    from plate_devices.sources.source import Roi

PROGRAM = "plate-infer"


class InferOptions(NamedTuple):
    """The options of plate-infer, with the values of the settings file.

    Attributes:
        rotation: clockwise, in steps of 90 degrees.
        size: width and height that a camera is asked for.
        redirect: the one other host that the camera may redirect to.
        lines: whether records are printed.
        config: the settings, with the outputs and the page of the options.
        socket: path of the Unix socket that pictures come from.
        check_model: whether models that are not shipped ones are first tried in separate processes.
        jobs: how many inputs are read at once; None for the default.
        skip: how many of the first inputs are left out.
        name: of the camera, for its records; "" for the only camera, if the settings do not name it.
        tags: of the camera, for its records.
        annotate: folder of annotated pictures.
        video: file of the annotated video, which `--annotate` names, too.
        explain: whether each picture is explained instead of recorded.
        cameras: the options of each camera, complete; empty in these themselves.
    """

    paths: list[str]
    camera: str | None
    read_as: str
    models: list[str]
    backend: str
    threads: int
    roi: Roi | None
    region: str | None
    min_confidence: float | None
    every: bool
    fps: float | None
    rotation: int
    json: bool
    annotate: str | None
    save_crops: str | None
    size: tuple[int, int] | None = None
    redirect: str | None = None
    lines: bool = True
    config: Config | None = None
    socket: str | None = None
    deinterlace: bool = False
    check_model: bool = False
    jobs: int | None = None
    skip: int = 0
    name: str = ""
    tags: tuple[str, ...] = ()
    video: str | None = None
    explain: bool = False
    cameras: tuple[InferOptions, ...] = ()

    @property
    def frames_read_as(self) -> str:
        """The mode for frames of a camera or a video, which are never crops of plates."""
        return "frame" if self.read_as == "auto" else self.read_as

    @property
    def hides_plates(self) -> bool:
        """Whether privacy hides texts or pictures of some plates."""
        return self.config is not None and self.config.privacy is not None and self.config.privacy.hides_plates

    @property
    def picture_folders(self) -> list[Path]:
        """The folders of saved pictures."""
        events = None if self.config is None else self.config.pictures.events
        return [Path(folder) for folder in (self.annotate, self.save_crops, events) if folder]

    @property
    def queue_folder(self) -> Path:
        """The folder where events wait and the audit log is."""
        from plate_devices.outputs.output_settings import QueueSettings

        queue = None if self.config is None else self.config.queue
        return (queue or QueueSettings()).place

    def roi_or(self, default: Roi | None) -> Roi | None:
        """Return the ROI; without one that of a source that knows where the plate is, for modes that detect none."""
        if self.roi is None and not self.rotation and self.read_as not in DETECTING:
            return default
        return self.roi

    @property
    def networks(self) -> tuple[object, ...]:
        """What decides which networks are opened."""
        return (self.read_as, tuple(self.models), self.backend, self.threads)

    @property
    def core(self) -> tuple[object, ...]:
        """Options of the camera and of what is looked for; if they change, it is opened again."""
        opened = (self.camera, self.fps, self.size, self.redirect, self.rotation, self.deinterlace, self.roi)
        return (*opened, self.every, self.read_as)
