"""Formats of video files by their content: the demuxer of FFmpeg for a file, or why it is refused."""

from __future__ import annotations

import re
from pathlib import Path

from plate_runtime.errors import InputError
from plate_runtime.pictures.kinds import PLUGINS, identify

HEAD_BYTES = 8192
"""First bytes of a file that identify its format."""

SUFFIXES = frozenset(
    {
        ".3g2", ".3gp", ".asf", ".avi", ".dav", ".dv", ".f4v", ".flv", ".h264", ".h265", ".hevc", ".ivf", ".m2t",
        ".m2ts", ".m2v", ".m4v", ".mjpeg", ".mjpg", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".mxf", ".obu",
        ".ogv", ".qt", ".rm", ".ts", ".vob", ".webm", ".wmv", ".y4m",
        ".ffconcat", ".m3u", ".m3u8", ".mpd", ".pls", ".sdp",
    }
)  # fmt: skip
"""File names of videos and playlists, for files that cannot be opened or whose content is unknown."""

# Demuxers that open the file alone. Others, such as concat, hls, dash, sdp and image2, may open more files.
# MPEG-TS has a byte 0x47 every 188 bytes, every 192 with a time stamp before it, every 204 with error correction.
_DEMUXERS = (
    (rb"\x1aE\xdf\xa3", "matroska"),
    (rb"RIFF.{4}AVI[ X\x19]|ON2 .{4}ON2f", "avi"),
    (rb"FLV\x01", "flv"),
    (rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c", "asf"),
    (rb"(?:IMKH.{36,60}?)?\0\0\x01\xba", "mpeg"),
    (rb"\0{0,4}\0\0\x01\xb3", "mpegvideo"),
    (rb"\0{0,4}\0\0\x01[\xb0\xb5\x00]|\0\0\x01\x20", "m4v"),
    (rb"\0{0,4}\0\0\x01[\x40\x42\x44\x46\x4e]\x01", "hevc"),
    (rb"\0{0,4}\0\0\x01[\x06\x09\x27\x47\x67]", "h264"),
    (rb"OggS\0", "ogg"),
    (rb"DKIF\0\0", "ivf"),
    (rb"\x12\x00\x0a", "obu"),
    (rb"DHAV", "dhav"),
    (rb"YUV4MPEG2 ", "yuv4mpegpipe"),
    (rb"\x1f\x07\0[\x3f\xbf]", "dv"),
    (rb"\s*--[^\s]{1,70}\r?\n(?:[\w-]+:[^\r\n]{0,200}\r?\n){0,8}(?i:content-type)[ \t]*:[ \t]*image/", "mpjpeg"),
    (rb".{0,203}?(?:(?:\x47.{187}){4}|(?:\x47.{191}){4}|(?:\x47.{203}){4})\x47", "mpegts"),
)  # fmt: skip
_MOVIE = re.compile(
    rb".{4}(?:ftyp(?!hei[cmsx]|hev[cmsx]|mif1|msf1|avif|avis|crx)|moov|mdat|wide|free|skip|moof|styp|sidx)", re.DOTALL
)

_CONVERT = "convert it: ffmpeg -i FILE -c:v libx264 OUT.mp4"
_LISTS_FILES = "which names other files and is not followed; give the video itself"
_REFUSED = (
    (rb"(?:\xef\xbb\xbf)?\s*#EXT(?:M3U|INF)", f"is a playlist (HLS, m3u), {_LISTS_FILES}"),
    (rb"(?:\xef\xbb\xbf)?\s*(?:ffconcat version|file\s+['\"/\w])", f"is a list of files for FFmpeg, {_LISTS_FILES}"),
    (rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml.{0,400}?)?<(?:MPD|SmoothStreamingMedia|smil|asx)\b",
     f"is a playlist, {_LISTS_FILES}"),
    (rb"(?i:\s*\[(?:playlist|reference)\])", f"is a playlist, {_LISTS_FILES}"),
    (rb"v=0\r?\n", "describes a network stream (SDP), which is not followed; give its address to --camera"),
    (rb"\s*[a-z][a-z0-9+.-]{1,20}:/{0,2}\w[^\s]*\s*$", f"holds an address, {_LISTS_FILES}"),
    (rb"\x06\x0e\x2b\x34", f"is MXF, which is not supported; {_CONVERT}"),
    (rb"\.RMF|\.ra", f"is RealMedia, which is not supported; {_CONVERT}"),
    (rb"\xb7\xd8\x00\x20\x37\x49\xda\x11", f"is a Windows recording (WTV), which is not supported; {_CONVERT}"),
    (rb"(?:ID3|\xff[\xfb\xf3\xf1\xf9]|fLaC|RIFF.{4}WAVE|#!AMR)", "is sound, not a video"),
    (rb"PK\x03\x04|\x1f\x8b|7z\xbc\xaf|Rar!|BZh|\xfd7zXZ", "is an archive, not a video; unpack it first"),
    (rb"(?i:\s*<(?:!doctype html|html))", "is a web page, not a video; is it a login page that was saved?"),
)  # fmt: skip


def video_format(head: bytes, name: str = "") -> str | None:
    """Return the demuxer for a file by its first `HEAD_BYTES`, None where it is not a supported video.

    A JPEG is a picture, or the first of many if the file's name is that of a video.
    """
    if head.startswith(b"\xff\xd8\xff"):
        return "mjpeg" if Path(name).suffix.lower() in SUFFIXES else None
    if _is_picture(head):
        return None
    if _MOVIE.match(head):
        return "mov"
    return next((demuxer for pattern, demuxer in _DEMUXERS if re.match(pattern, head, re.DOTALL)), None)


def is_video(path: str) -> bool:
    """Return whether a file is a video, by its content, or by its name where the content is unknown."""
    try:
        head = read_head(path)
    except (OSError, ValueError):
        head = b""
    if video_format(head, path):
        return True
    return Path(path).suffix.lower() in SUFFIXES and not _is_picture(head)


def refusal(path: str) -> InputError | None:
    """Return the error for a file whose content is not a supported video; None where it may be one."""
    try:
        head = read_head(path)
    except (OSError, ValueError):
        return None
    return explain(head, path) if head and video_format(head, path) is None else None


def read_head(path: str) -> bytes:
    """Return the first bytes of a regular file, b"" of anything else. Raises OSError."""
    if not Path(path).is_file():
        return b""
    with Path(path).open("rb") as stream:
        return stream.read(HEAD_BYTES)


def explain(head: bytes, name: str) -> InputError:
    """Return the error for a file without a demuxer, by its first bytes."""
    if not head:
        return InputError(f"{name} is empty")
    if _is_picture(head):
        return InputError(f"{name} is a picture, not a video; give it as a path, without --camera")
    for pattern, text in _REFUSED:
        if re.match(pattern, head, re.DOTALL):
            return InputError(f"{name} {text}")
    return InputError(
        f"{name} is not a video that can be read; it may be encrypted or damaged. If it plays, {_CONVERT}"
    )


def _is_picture(head: bytes) -> bool:
    try:
        identify(head, "", tuple(PLUGINS))
    except InputError:
        return False
    return True
