"""The command line of plate-infer: options, defaults of the settings file, and checks."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from plate_devices.cli.option_table import Command, Option, count, number, one_of, same_named
from plate_devices.config.merging import (
    named_cameras,
    option_defaults,
    printed,
    printed_as_json,
    read_defaults,
    with_options,
)
from plate_devices.run_options import PROGRAM, InferOptions
from plate_runtime.errors import UsageError
from plate_runtime.shipped import default_as

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from plate_devices.config.load import Config
    from plate_devices.config.merging import Defaults
    from plate_devices.config.sections import SourceSettings
    from plate_devices.sources.source import Roi

MODEL_SUFFIXES = (".tflite", ".onnx")

MODEL_OPTIONS = (
    Option(
        "--model",
        "file or name of a model; repeat it for a detector and a reader",
        "FILE",
        repeats=True,
    ),
    Option("--backend", "auto, litert, tflite, onnx, openvino or fake:TEXT (default: auto)", "NAME", default="auto"),
    Option("--threads", "threads of the interpreter (default: 1)", "N", count, 1),
    Option("--check-model", "first try models that are not shipped ones in a separate process"),
)
"""Options of all commands that read."""


def _region(typed: str) -> str:
    """Return a region's code, or print all regions and exit. Raises UsageError if it is unknown."""
    from plate_runtime.formats import find_region, region_list

    if typed == "list":
        print(region_list())
        raise SystemExit(0)
    return find_region(typed).name


REGION_OPTION = Option(
    "--region",
    "country or state of the plates, for its formats: germany, us-ca, eu, ...; list prints all",
    "NAME",
    _region,
)


def parse_roi(typed: str) -> Roi:
    """Parse `X,Y,W,H` in pixels. Raises ValueError."""
    parts = typed.split(",")
    if len(parts) != 4 or not all(part.strip().isdecimal() for part in parts):
        raise ValueError(f"{typed!r} is not X,Y,W,H in whole pixels")
    x, y, width, height = map(int, parts)
    if not width or not height:
        raise ValueError(f"{typed!r} has no area")
    return x, y, width, height


def rotation(typed: str) -> int:
    if typed.removeprefix("-") not in ("0", "90", "180", "270", "360"):
        raise ValueError(f"{typed!r} is not 0, 90, 180 or 270")
    return int(typed) // 90 % 4


AS_OPTION = Option(
    "--as", "what a picture or its --roi shows (default: plates anywhere, or one plate that fills it)",
    "frame|plate|character", one_of("frame", "plate", "character"),
)  # fmt: skip
READING_OPTIONS = (
    *MODEL_OPTIONS,
    Option("--roi", "read only this part, in pixels", "X,Y,W,H", parse_roi),
    REGION_OPTION,
    Option("--min-confidence", "omit plates with a confidence below P (default: the model's threshold)", "P",
           number("a number from 0 to 1", 0.0, 1.0)),
)  # fmt: skip
"""Options of plate-infer and plate-archive."""

INFER = Command(
    PROGRAM,
    "Read number plates in pictures, folders, videos (PATH), on standard input (-), or from a camera.",
    (
        AS_OPTION,
        Option("--camera", "0, /dev/video0, csi:0, rtsp://..., http://... (MJPEG), a video, a folder, demo or demo:N; "
               "repeat it for several", "SOURCE", repeats=True),
        *READING_OPTIONS,
        Option("--jobs", "read N inputs at once (default: as cores and memory allow, from 64 files on; cameras: 1)",
               "N", count),
        Option("--skip", "leave out the first N inputs, to continue a run that was stopped", "N",
               partial(count, least=0), 0),
        Option("--every", "also print each frame of a video or camera, not only each vehicle"),
        Option("--fps", "read at most N frames a second", "N",
               number("a number of frames a second, above 0", 0.001, 1000.0)),
        Option("--rotate", "rotate frames clockwise: 90, 180 or 270", "DEG", rotation, 0),
        Option("--deinterlace", "deinterlace every frame (default: frames that look interlaced)"),
        Option("--explain", "print each step with its figures, and why a plate was not read; for pictures"),
        Option("--json", "print one JSON object a line"),
        Option("--config", "settings file; options have priority over it", "FILE"),
        Option("--profile", "defaults for a board: auto, pi-zero-2w, pi-3, pi-4, pi-5 or cpu", "NAME"),
        Option("--serve", "serve a page with the camera and its plates, for example at 127.0.0.1:8080", "ADDRESS"),
        Option("--mqtt", "send vehicles to a broker: mqtt://user:password@host/topic", "URL"),
        Option("--socket", "serve other programs on this Unix socket, with JSON lines", "PATH"),
        Option("--annotate", "save annotated pictures in a folder; or an annotated video, of a video or one camera",
               "DIR|FILE.mp4"),
        Option("--save-crops", "save a crop of each plate", "DIR"),
        Option("--debug", "show tracebacks"),
    ),
    "[PATH ...] [--camera SOURCE ...] [--as frame|plate|character]",
    "examples: plate-infer street.jpg crop.jpg pictures/\n          plate-infer drive.mp4 --annotate seen.mp4\n"
    "          plate-infer --camera demo --json\n          plate-infer --config gate.toml",
)  # fmt: skip


def parse_infer(arguments: Sequence[str]) -> InferOptions:
    """Parse the command line and the settings file that it names. Raises UsageError; --help prints and exits."""
    typed, others = INFER.parse(arguments)
    behind = read_defaults(typed)
    cameras = named_cameras(typed["--camera"], behind.config)
    if not typed["--camera"] and (typed["--socket"] or split_models(typed["--model"], others)[1]):
        cameras = []  # pictures on the command line have priority over the cameras of the file
    if not cameras:
        return _options(arguments, typed, behind, None)
    each = tuple(_options(arguments, typed, behind, camera) for camera in cameras)
    if each[0].video is not None and len(each) > 1:
        raise UsageError(f"--annotate {each[0].video} is one video of one camera, and {len(each)} are named")
    return each[0]._replace(cameras=each)


def _options(
    arguments: Sequence[str], typed: Mapping[str, Any], behind: Defaults, source: SourceSettings | None
) -> InferOptions:
    """Return the options of one camera, or those of files and the socket."""
    settings = source or (behind.config.source if behind.config else None)
    given, others = INFER.parse(arguments, option_defaults(typed, behind, settings))
    models, paths = split_models(given["--model"], others)
    camera, read_as = source.address if source else None, given["--as"] or default_as(given["--backend"])
    if read_as == "auto" and not paths:
        read_as = "frame"  # a plate never fills the frame of a camera
    _check(camera, paths, read_as, models, given)
    config = with_options(behind.config, given)
    video = _video(given, paths, config)
    values = same_named(InferOptions._fields, given) | {
        "paths": paths,
        "camera": camera,
        "read_as": read_as or "",
        "models": models,
        "rotation": given["--rotate"],
        "json": given["--json"] or printed_as_json(config),
        "annotate": given["--annotate"] if video is None else None,
        "video": video,
        "size": behind.size(settings),
        "redirect": settings.redirect if settings else None,
        "name": source.name if source else "",
        "tags": source.tags if source else (),
        "lines": bool(paths) or given["--json"] or printed(config),
        "config": config,
        "check_model": given["--check-model"] or (config is not None and config.read.check_model),
    }
    return InferOptions(**values)


def _video(given: Mapping[str, Any], paths: Sequence[str], config: Config | None) -> str | None:
    """Return the video that `--annotate` names; None if it names a folder or nothing. Raises UsageError."""
    if given["--annotate"] is None:
        return None
    from plate_devices.cli.annotated_video_option import check_video, names_video

    video: str = given["--annotate"]
    if not names_video(video):
        return None
    check_video(video, paths, given, config)
    return video


def _check(
    camera: str | None, paths: Sequence[str], read_as: str | None, models: Sequence[str], given: Mapping[str, Any]
) -> None:
    """Raise UsageError for options that cannot be combined."""
    socket = given["--socket"]
    if socket and (camera is not None or paths):
        raise UsageError("--socket cannot be used with --camera or paths")
    if camera is None and not paths and not socket:
        raise UsageError("nothing to read; name pictures, a folder, a video or -, or use --camera")
    if camera is not None and paths:
        both = f"--camera {_printable(camera)} and {_printable(paths[0])}"
        raise UsageError(f"{both} cannot be read at once; choose one")
    if stream := next((path for path in paths if "://" in path), None):
        raise UsageError(f"{_printable(stream)} is not a file; read it with --camera")
    if read_as is None:
        raise UsageError("--as is missing; use --as plate for a cropped plate, --as character for one character")
    if read_as == "frame" and not models and default_as(given["--backend"]) is None:
        raise UsageError("--as frame: no detector is shipped; name one with --model, or use --as plate with --roi")
    if given["--region"] is not None and read_as == "character":
        raise UsageError(f"--region cannot be used with --as {read_as}; formats are those of whole plates")
    if given["--region"] is not None:
        from plate_runtime.formats import find_region

        find_region(given["--region"])  # a region of the settings file has not been checked yet
    if given["--jobs"] and socket:
        raise UsageError("--jobs cannot be used with --socket; each client is read in turn")
    if given["--skip"] and not paths:
        raise UsageError("--skip needs paths; a camera has no first inputs to leave out")
    if given["--explain"]:
        _check_explain(camera, given)
    if camera is None and (given["--serve"] or given["--mqtt"]):
        raise UsageError("--serve and --mqtt need a camera; use --camera")


def _check_explain(camera: str | None, given: Mapping[str, Any]) -> None:
    if camera is not None:
        raise UsageError("--explain needs pictures; save a frame of the camera with --annotate, and explain that")
    for other in ("--socket", "--jobs", "--every", "--save-crops"):
        if given[other]:
            raise UsageError(f"--explain cannot be used with {other}; it prints steps in place of records")


def _printable(name: str) -> str:
    """Return a name for messages, without the secrets of an address."""
    if "://" not in name:
        return name
    from plate_devices.sources.camera_address import printable_name

    return printable_name(name)


def split_models(named: Sequence[str], others: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return model files and paths: `--model A.tflite B.tflite crop.jpg` names two models and a picture."""
    more = [name for name in others if named and name.endswith(MODEL_SUFFIXES)]
    return [*named, *more], [name for name in others if name not in more]
