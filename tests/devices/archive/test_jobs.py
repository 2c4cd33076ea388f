"""Several processes read what one reads: the same records, pictures, messages and endings."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from crashing_models import crashing_model
from device_helpers import process
from films import write_film
from PIL import Image

from plate_devices.archive import job_pool
from plate_devices.archive.job_messages import Crashed, Done, Event, Printed
from plate_devices.archive.job_pool import JobPool
from plate_devices.cli.infer import command
from plate_devices.cli.infer_options import parse_infer
from plate_devices.outputs.saved_pictures import PictureFolder
from plate_devices.service.log import Log
from plate_devices.sources.picture_files import FileInput, list_inputs
from plate_runtime.errors import DeviceError

OPTIONS = ["--as", "plate", "--backend", "fake:AB12"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Pictures with equal names in two folders, one that is broken, and an empty file."""
    root = tmp_path / "pictures"
    for number in range(9):
        path = root / "ab"[number % 2] / f"{number // 2}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (60 + number, 20), (200, 180, 20)).save(path)
    (root / "a" / "1.png").write_bytes(b"no picture")
    (root / "b" / "9.jpg").touch()
    return root


def same(line: str) -> dict[str, Any]:
    """A record without what differs from run to run."""
    return {key: value for key, value in json.loads(line).items() if key not in ("id", "elapsed_ms")}


def run(capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[dict[str, Any]], str]:
    code = command([*OPTIONS, "--json", *arguments])
    out, err = capfd.readouterr()
    said = [line for line in err.splitlines() if not line.startswith("reading: ")]  # progress on a busy machine
    return code, [same(line) for line in out.splitlines()], "\n".join(said)


def test_records_messages_and_pictures_are_those_of_one_job(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    found = []
    for jobs in ("1", "3"):
        place = tmp_path / jobs
        place.mkdir()
        monkeypatch.chdir(place)
        outputs = ["--annotate", "seen", "--save-crops", "crops"]
        found.append(run(capfd, str(folder), "gone.png", "--jobs", jobs, *outputs))
    assert found[0] == found[1]
    code, records, err = found[0]
    assert code == 1
    assert [record["type"] for record in records].count("error") == 3
    assert "11 pictures, 8 plates read, 3 errors" in err
    assert {record["plates"][0]["crop"] for record in records if record["type"] == "frame"} >= {"crops/0-AB12-2.jpg"}
    first, second = (
        {
            path.name: re.sub(rb"plate-edge [0-9a-f]{12}", b"", path.read_bytes())
            for path in (tmp_path / jobs).rglob("*.jpg")
        }
        for jobs in "13"
    )
    assert first == second, "all but the run that the comment names"
    assert len(first) == 16


def test_a_video_is_one_input_and_its_frames_stay_in_order(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    write_film(tmp_path / "film.mp4", 120)
    paths = [str(tmp_path / "film.mp4"), str(folder), str(tmp_path / "film.mp4")]
    one = run(capfd, *paths, "--every", "--jobs", "1")
    monkeypatch.setattr(job_pool, "MOST_WAITING", 20_000)  # the second video has to wait for the first
    assert run(capfd, *paths, "--every", "--jobs", "2") == one
    assert [record["frame"] for record in one[1][:120]] == list(range(120))


def test_many_inputs_are_read_by_several_processes_without_being_asked(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    started = []
    real = job_pool._Process
    monkeypatch.setattr(job_pool, "_Process", lambda options: started.append(1) or real(options))
    monkeypatch.setattr("plate_devices.archive.read_files.default_jobs", lambda: 2)
    run(capfd, str(folder))
    assert not started
    paths = [str(folder / "a" / "0.png")] * 64
    code, records, _ = run(capfd, *paths)
    assert (code, len(records), len(started)) == (0, 64, 2)


def test_the_first_inputs_can_be_left_out(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    _, records, _ = run(capfd, str(folder), "--jobs", "1")
    for jobs in "12":
        assert run(capfd, str(folder), "--skip", "4", "--jobs", jobs)[1] == records[4:]
    code, nothing, err = run(capfd, str(folder), "--skip", "99")
    assert (code, nothing) == (0, [])
    assert "nothing is left to read" in err


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_ctrl_c_says_how_to_continue(tmp_path: Path, jobs: str) -> None:
    picture = tmp_path / "0.png"
    Image.new("RGB", (60, 20), (200, 180, 20)).save(picture)
    for number in range(1, 4000):
        (tmp_path / f"{number}.png").symlink_to(picture)
    listen = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
    python, option, script = process()
    line = [python, option, listen + script, str(tmp_path), *OPTIONS, "--json", "--jobs", jobs]
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        lines = [running.stdout.readline() for _ in range(20)]
        running.send_signal(signal.SIGINT)
        lines += running.stdout.readlines()
        err = running.stderr.read()
        assert running.wait(30) == 130
    names = [Path(json.loads(line)["source"]).stem for line in lines]
    assert names == [str(number) for number in range(len(names))]
    said = err.splitlines()[-1]
    assert said.endswith(f"run the command again with --skip {said.split()[-1]}")
    assert len(names) - 1 <= int(said.split()[-1]) <= len(names) < 4000


def test_a_full_disk_says_how_to_continue(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved: list[str] = []

    def save(_self: PictureFolder, _content: bytes, name: str, **_: object) -> Path:
        saved.append(name)
        if len(saved) == 4:
            raise DeviceError("the disk is full")
        return tmp_path / name

    monkeypatch.setattr(PictureFolder, "save_jpeg", save)
    said: list[tuple[str, ...]] = []
    monkeypatch.setattr(Log, "say", lambda _self, *arguments, **_: said.append(arguments))
    with pytest.raises(DeviceError, match="the disk is full"):
        command([*OPTIONS, str(folder), "--jobs", "2", "--save-crops", str(tmp_path / "crops")])
    assert said[-1] == ("stopped", "stopped after 4 inputs; to continue, run the command again with --skip 4")


def test_a_closed_pipe_is_quiet(folder: Path) -> None:
    line = [*process(), *[str(folder)] * 50, *OPTIONS, "--json", "--jobs", "2"]
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.readline()
        running.stdout.close()
        err = running.stderr.read()
        assert running.wait(30) == 0
    assert all("no picture" in text or "is empty" in text or "not a picture" in text for text in err.splitlines()), err


def test_processes_end_with_the_one_that_started_them(folder: Path) -> None:
    line = [*process(), *[str(folder)] * 500, *OPTIONS, "--jobs", "2"]
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as running:
        assert running.stdout is not None
        running.stdout.readline()
        started = Path(f"/proc/{running.pid}/task/{running.pid}/children").read_text("ascii").split()
        running.kill()
    assert len(started) == 2
    until = time.monotonic() + 20
    while any(Path(f"/proc/{pid}/cmdline").exists() and Path(f"/proc/{pid}/cmdline").read_bytes() for pid in started):
        assert time.monotonic() < until
        time.sleep(0.05)


def test_a_process_ends_in_the_middle_of_an_input_with_the_one_that_started_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "endless")
    pool = JobPool(pool_options([str(tmp_path)]), 1)
    (process,) = pool._processes
    process.send(FileInput(str(tmp_path / "endless")))
    try:
        with (tmp_path / "endless").open("wb"):  # waits until the process reads it
            process.connection.close()
            assert process.process.wait(30) == 0
    finally:
        process.process.kill()
        process.process.wait()


@pytest.mark.parametrize("arguments", [["-", "--jobs", "2"], ["pipe", "--jobs", "2"]])
def test_a_stream_is_read_by_one_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_infer: Callable[..., Any], arguments: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    ended = run_infer(*OPTIONS, *arguments)
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (2, "", 1)
    assert "--jobs 2 cannot be used with" in ended.stderr


def test_a_model_that_cannot_be_opened_is_one_line(folder: Path, run_infer: Callable[..., Any]) -> None:
    ended = run_infer(str(folder), "--as", "plate", "--model", str(folder / "a" / "0.png"), "--jobs", "2")
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (2, "", 1)


def test_a_model_that_crashes_the_interpreter_ends_the_run_or_its_inputs(
    tmp_path: Path, folder: Path, run_infer: Callable[..., Any]
) -> None:
    model = str(crashing_model(tmp_path))
    ended = run_infer(str(folder), "--as", "character", "--model", model, "--jobs", "2", "--json")
    assert ended.returncode in (1, 4)
    assert "SIGSEGV" in ended.stderr
    assert "Traceback" not in ended.stderr


def pool_options(paths: list[str]) -> Any:
    return parse_infer([*OPTIONS, "--json", *paths])


def stopped(pool: JobPool) -> Any:
    """Stop the process that gets the first input."""
    while not all(one.ready for one in pool._processes):
        pool._receive()
    os.kill(pool._processes[0].process.pid, signal.SIGSTOP)
    return pool._processes[0]


def read_while_one_is_killed(paths: list[str], keeps_going: bool) -> list[Event | Done]:
    """Read with two processes, of which the first is stopped, gets the first input, and is killed."""
    with JobPool(pool_options(paths), 2, keeps_going) as pool:
        stuck = stopped(pool)

        def kill() -> None:
            until = time.monotonic() + 60
            while not stuck.inputs and time.monotonic() < until:
                time.sleep(0.01)
            time.sleep(0.5)  # the other one reads on
            stuck.process.kill()

        threading.Thread(target=kill).start()
        return list(pool.read(list_inputs(paths)))


@pytest.fixture
def paths(tmp_path: Path) -> Iterator[list[str]]:
    for number in range(30):
        Image.new("RGB", (60, 20), (200, 180, 20)).save(tmp_path / f"{number}.png")
    return [str(tmp_path / f"{number}.png") for number in range(30)]


def test_a_killed_process_costs_one_error(paths: list[str]) -> None:
    events = read_while_one_is_killed(paths, keeps_going=False)
    crashed = [event for event in events if isinstance(event, Crashed)]
    assert [event.source for event in crashed] == paths[:1]
    assert crashed[0].reason == f"{paths[0]}: the process that read it has ended (SIGKILL); did the memory run out?"
    assert [event.record["source"] for event in events if isinstance(event, Printed)] == paths[1:]
    assert [event.code for event in events if isinstance(event, Done)] == [1] + [0] * 29


@pytest.mark.parametrize("most", [job_pool.MOST_WAITING, 100])
def test_an_input_can_be_read_once_more(paths: list[str], most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_pool, "MOST_WAITING", most)
    events = read_while_one_is_killed(paths, keeps_going=True)
    assert sorted(event.record["source"] for event in events if isinstance(event, Printed)) == sorted(paths)
    assert [event.code for event in events if isinstance(event, Done)] == [0] * 30


def test_no_input_of_an_archive_waits_for_a_long_one(paths: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_pool, "MOST_AHEAD", 4)
    done: list[str] = []
    with JobPool(pool_options(paths), 2, keeps_going=True) as pool:
        long = stopped(pool)
        for event in pool.read(list_inputs(paths)):
            if isinstance(event, Done):
                done.append(event.path)
                if len(done) == 29:
                    long.process.kill()
    assert done == [*paths[1:], paths[0]]


def test_a_killed_process_is_an_error_record_and_one_message(
    paths: list[str], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    real = JobPool.read

    def read(self: JobPool, inputs: Any) -> Iterator[Event | Done]:
        yield Crashed("a.png", "a.png: the process that read it has ended (SIGSEGV)")
        yield from real(self, inputs)

    monkeypatch.setattr(JobPool, "read", read)
    code, records, err = run(capfd, *paths, "--jobs", "2")
    assert records[0]["error"] == "a.png: the process that read it has ended (SIGSEGV)"
    assert (code, len(records), err.count("SIGSEGV")) == (0, 31, 1)


def test_a_process_that_ended_while_it_waited_costs_nothing(paths: list[str]) -> None:
    with JobPool(pool_options(paths), 2) as pool:
        while not all(one.ready for one in pool._processes):
            pool._receive()
        pool._processes[0].process.kill()
        pool._processes[0].process.wait()
        events = list(pool.read(list_inputs(paths)))
    assert [event.record["source"] for event in events if isinstance(event, Printed)] == paths
