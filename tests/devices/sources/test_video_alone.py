"""A video opens no other file and no connection, whatever is in it and whatever it is called."""

from __future__ import annotations

import errno
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import av
import pytest
from device_helpers import open_paths
from films import refer, write_film

from plate_devices.cli.infer import command
from plate_devices.sources.open_camera import open_camera
from plate_runtime.errors import PlateEdgeError


class Trap:
    """A named pipe and a server on loopback that notice when they are opened."""

    def __init__(self, folder: Path) -> None:
        self.pipe = folder / "secret.mp4"
        os.mkfifo(self.pipe)
        self.touched: list[str] = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self._done = threading.Event()
        self._threads = [threading.Thread(target=work) for work in (self._watch_pipe, self._watch_port)]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        self._done.set()
        with socket.create_connection(("127.0.0.1", self.port)):
            pass
        for thread in self._threads:
            thread.join()
        self._server.close()

    def _watch_pipe(self) -> None:
        while not self._done.wait(0.001):
            try:  # succeeds once the other end is open
                opened = os.open(self.pipe, os.O_WRONLY | os.O_NONBLOCK)
            except OSError as error:
                if error.errno == errno.ENXIO:
                    continue
                raise
            self.touched.append("pipe")  # before the other end goes on
            os.close(opened)

    def _watch_port(self) -> None:
        while True:
            client, _ = self._server.accept()
            if self._done.is_set():
                client.close()
                return
            self.touched.append("port")
            client.close()


@pytest.fixture
def trap(tmp_path: Path) -> Iterator[Trap]:
    found = Trap(tmp_path)
    yield found
    found.close()


def hostile(folder: Path, trap: Trap) -> list[Path]:
    """Files that name the pipe or the server in each way that FFmpeg knows."""
    pipe, url = str(trap.pipe), f"http://127.0.0.1:{trap.port}/film.mp4"
    texts = {
        "concat-pipe.mp4": f"ffconcat version 1.0\nfile '{pipe}'\n",
        "concat-url.mkv": f"ffconcat version 1.0\nfile '{url}'\nduration 1\n",
        "concat.avi": f"# a list\nfile {pipe}\nfile '{url}'\n",
        "hls.mp4": f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{url}\n#EXTINF:2,\n{pipe}\n#EXT-X-ENDLIST\n",
        "hls.ts": f'#EXTM3U\n#EXT-X-MAP:URI="{pipe}"\n#EXTINF:2,\nfile://{pipe}\n',
        "hls.m3u8": f'#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-KEY:METHOD=AES-128,URI="{url}"\n#EXTINF:2,\n{pipe}\n',
        "dash.mp4": "<?xml version='1.0'?><MPD xmlns='urn:mpeg:dash:schema:mpd:2011' type='static'><Period>"
        "<AdaptationSet mimeType='video/mp4'><Representation id='0' bandwidth='1'>"
        f"<BaseURL>{url}</BaseURL></Representation></AdaptationSet></Period></MPD>",
        "sdp.mp4": f"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nm=video {trap.port} TCP 96\n",
        "rtsp.mov": f"rtsptext\nrtsp://127.0.0.1:{trap.port}/film\n",
        "subfile.mp4": f"subfile,,start,0,end,0,,:{pipe}",
        "crypto.mp4": f"crypto+{url}",
        "playlist.wmv": f"[Reference]\nRef1={url}\n",
        "asx.wmv": f"<asx version='3.0'><entry><ref href='{url}'/></entry></asx>",
    }
    found = []
    for name, text in texts.items():
        found.append(folder / name)
        found[-1].write_text(text)
    for number, (kind, elsewhere) in enumerate([(b"url ", pipe), (b"url ", url), (b"alis", pipe), (b"alis", url)]):
        found.append(write_film(folder / f"refers{number}.mov", 3))
        refer(found[-1], kind, elsewhere)
    found.append(write_film(folder / "names.mkv", 3, metadata={"title": url, "segment_filename": pipe}))
    return found


def names(folder: Path, trap: Trap) -> list[str]:
    """Names that FFmpeg takes for addresses or patterns, of files that are there."""
    clip = write_film(folder / "film.mp4", 3).read_bytes()
    found = []
    for name in (f"concat:{trap.pipe.name}|x.mp4", "data:video.mp4", f"tcp:127.0.0.1:{trap.port}.mp4", "secret%03d.mp4",
                 "-.mp4", "cache:pipe:0.mp4"):  # fmt: skip
        (folder / name).write_bytes(clip)
        found.append(name)
    return found


@pytest.mark.parametrize("through", ["path", "camera"])
def test_no_other_file_or_host_is_touched(tmp_path: Path, trap: Trap, through: str) -> None:
    for path in hostile(tmp_path, trap):
        sources = open_paths([str(path)]) if through == "path" else [open_camera(str(path))]
        for source in sources:
            try:
                frames = list(source.frames())
            except PlateEdgeError as error:
                assert "\n" not in str(error)
            else:
                assert path.suffix in (".mov", ".mkv")
                assert len(frames) in (0, 3)
            source.close()
    assert trap.touched == []


def test_files_with_names_like_addresses_are_files(tmp_path: Path, trap: Trap, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in names(tmp_path, trap):
        (source,) = open_paths([name])
        assert len(list(source.frames())) == 3
        source.close()
    assert trap.touched == []


def test_addresses_are_no_paths(trap: Trap, options: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    for name in (f"concat:{trap.pipe}", f"file:{trap.pipe}", f"tcp:127.0.0.1:{trap.port}", f"async:{trap.pipe}"):
        assert command([*options, name]) == 1
    assert trap.touched == []
    assert "No such file" in capfd.readouterr().err


def test_the_trap_would_notice(tmp_path: Path, trap: Trap) -> None:
    """What these files do to a program that lets FFmpeg choose."""
    found = {path.name: path for path in hostile(tmp_path, trap)}
    for name, wanted in (("concat-pipe.mp4", "pipe"), ("concat-url.mkv", "port"), ("refers2.mov", "pipe")):
        trap.touched.clear()
        options = {"safe": "0", "protocol_whitelist": "file,http,tcp", "allowed_extensions": "ALL"}
        options |= {"enable_drefs": "1", "use_absolute_path": "1", "extension_picky": "0"}
        try:
            with av.open(str(found[name]), options=options, timeout=30) as clip:
                list(clip.decode(video=0))
        except (av.error.FFmpegError, IndexError, OSError):
            pass
        assert wanted in trap.touched, name
