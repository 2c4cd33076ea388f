"""plate-doctor finds what is wrong, says what to do, and measures."""

from __future__ import annotations

import csv
import json
import os
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from device_helpers import process
from shipped_labels import shipped_label

from plate_devices.board import Board
from plate_devices.cli.doctor import command
from plate_devices.cli.doctor_options import parse_doctor
from plate_devices.health.findings import Finding, worst
from plate_devices.health.machine_checks import check_board, check_disk
from plate_runtime.errors import UsageError

BROKEN = "import sys; sys.modules.update(dict.fromkeys(['ai_edge_litert', 'ai_edge_litert.interpreter', "
BROKEN += "'tflite_runtime', 'tflite_runtime.interpreter', 'onnxruntime'], None)); "


def found(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    code = command([*arguments, "--json"])
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert code == (4 if result["state"] == "failed" else 0)
    return result


def of(result: dict[str, Any], check: str) -> list[dict[str, str]]:
    return [one for one in result["findings"] if one["check"] == check]


def test_a_good_installation_reads_all_samples(capsys: pytest.CaptureFixture[str]) -> None:
    result = found(capsys, "--camera", "demo")
    (read,) = of(result, "self-test")
    assert read["state"] == "ok"
    assert read["message"] == f"{shipped_label('plate')} reads 8 of 8 sample plates right"
    assert "ok" in [one["state"] for one in of(result, "interpreter")]
    assert "plate-reader@" in of(result, "models")[0]["message"]
    assert of(result, "camera")[0]["message"].startswith("demo gives 640x480 pixels")
    (aim,) = of(result, "aim")
    assert (aim["state"], aim["advice"]) == ("ok", "") and aim["message"].startswith("reads ")
    assert result["state"] != "failed"


def test_settings_and_outputs_are_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "gate.toml"
    file.write_text(
        f'[source]\naddress = "demo"\n[read]\nas = "plate"\n[queue]\nfolder = "{tmp_path}/q"\n'
        f'[[output]]\ntype = "csv"\npath = "{tmp_path}/a.csv"\n'
        '[[output]]\ntype = "webhook"\nurl = "http://u:p@127.0.0.1:1/"\n'
    )
    result = found(capsys, "--config", str(file))
    assert of(result, "settings")[0]["message"].endswith("reads as plate; outputs: csv, webhook")
    assert of(result, "settings")[1]["advice"] == f"chmod o-r {file}"
    assert [one["state"] for one in of(result, "outputs")] == ["ok", "failed"]
    assert ":p@" not in json.dumps(result)
    assert result["state"] == "failed"
    file.chmod(stat.S_IRUSR)
    file.write_text("[source]\nadress = 3\n")
    result = found(capsys, "--config", str(file))
    assert f"{file}, line 2: source.adress" in of(result, "settings")[0]["message"]


@pytest.mark.parametrize(
    ("table", "state", "message"),
    [
        ("", "", ""),
        ("[history]\n", "ok", "stored vehicles can be searched"),
        ('[history]\noutput = "postgres"\n', "failed", "may not read PostgreSQL; name a [history] reader"),
        ('[history]\noutput = "postgres"\nreader = "viewer"\n', "failed", "//127.0.0.1:1 cannot be searched"),
    ],
)
def test_the_role_that_searches_the_history_is_tried(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], table: str, state: str, message: str
) -> None:
    (tmp_path / "gate.toml").write_text(
        f'[source]\naddress = "demo"\n[queue]\nfolder = "{tmp_path}/q"\n'
        f'[[output]]\ntype = "sqlite"\npath = "{tmp_path}/a.sqlite"\n'
        f'[[output]]\ntype = "postgres"\nurl = "postgres://gate@127.0.0.1:1/plates"\n{table}'
    )
    histories = of(found(capsys, "--config", str(tmp_path / "gate.toml")), "history")
    assert [one["state"] for one in histories] == ([state] if state else [])
    assert message in "".join(one["message"] for one in histories)


def test_a_watched_folder_passes_the_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = found(capsys, "--camera", f"watch:{tmp_path}")
    assert "pictures may come at any time" in of(result, "camera")[0]["message"]


def test_a_missing_camera_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    result = found(capsys, "--camera", "rtsp://me:secret@127.0.0.1:1/x")
    assert "cannot be reached" in of(result, "camera")[0]["message"]
    assert "secret" not in json.dumps(result)


def test_cameras_of_the_settings_are_checked_by_name_and_each_with_its_models(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "two.toml").write_text(
        '[[source]]\nname = "gate"\naddress = "demo:1"\n'
        '[[source]]\nname = "yard"\naddress = "demo:2"\nmodels = ["gone.tflite"]\n'
    )
    result = found(capsys, "--config", str(tmp_path / "two.toml"), "--camera", "gate")
    assert [one["state"] for one in of(result, "camera")] == ["ok"]
    assert of(result, "camera")[0]["message"].startswith("gate: demo:1 gives")
    assert any("gone.tflite" in one["message"] for one in of(result, "models"))


def test_without_an_interpreter_it_says_so_and_ends_with_4() -> None:
    line = [*process()[:2], BROKEN + process("doctor")[2]]
    ended = subprocess.run(line, capture_output=True, text=True, check=False, timeout=120)
    assert ended.returncode == 4
    assert "FAILED  interpreter  no interpreter works, so no plate can be read" in ended.stdout
    assert "-> pip install ai-edge-litert" in ended.stdout
    assert ended.stderr == ""


def test_a_hot_board_with_little_memory_is_warned_of(tmp_path: Path) -> None:
    files = {
        "sys/class/thermal/thermal_zone0/temp": "82000",
        "sys/class/thermal/thermal_zone0/type": "cpu-thermal",
        "sys/devices/platform/soc/soc:firmware/get_throttled": "50005",
        "proc/meminfo": "MemTotal: 400000 kB\nMemAvailable: 50000 kB\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    findings = list(check_board(Board(tmp_path)))
    assert [one.state for one in findings] == ["warning"] * 3
    assert "power supply" in findings[1].advice
    assert worst(findings) == "warning"
    assert [one.state for one in check_disk(tmp_path / "later")] == ["ok"]
    assert worst([Finding("a", "note", ""), Finding("b", "ok", "")]) == "note"


def test_the_measure_is_a_row_of_the_table(capsys: pytest.CaptureFixture[str], repository: Path) -> None:
    result = found(capsys, "--bench", "--seconds", "0.2")["bench"]
    assert result["model"].startswith("plate-reader@")
    assert 0 < result["wall_ms_median"] <= result["wall_ms_90"]
    assert result["crops"] >= 8
    assert 1 <= result["jobs"] <= (os.cpu_count() or 1)
    assert result["jobs_gain"] >= 1.1 ** (result["jobs"] - 1) - 0.01
    with (repository / "benchmarks" / "devices.csv").open(newline="") as table:
        rows = list(csv.DictReader(table))
    assert list(rows[0]) == list(result)
    assert not any("Raspberry" in row["board"] and "qemu" in row["system"] for row in rows)


def test_the_reader_of_frames_is_tested_and_measured(
    tmp_path: Path, make_detector: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    file, detector = tmp_path / "gate.toml", make_detector()
    for models, reader in (([], "plate-reader-nano@"), (["plate-reader"], "plate-reader@")):
        file.write_text(f'[source]\naddress = "demo"\n[read]\nas = "frame"\nmodels = {[str(detector), *models]}\n')
        result = found(capsys, "--config", str(file), "--bench", "--seconds", "0.1")
        (read,) = of(result, "self-test")
        assert read["message"].startswith(reader)
        assert read["message"].endswith("reads 8 of 8 sample plates right")
        assert result["bench"]["model"].startswith(reader)


def test_invalid_options_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UsageError, match="is not an option"):
        parse_doctor(["x.png"])
    with pytest.raises(UsageError, match="--camer is not an option"):
        parse_doctor(["--camer", "0"])
    with pytest.raises(SystemExit):
        parse_doctor(["--help"])
    assert "--bench" in capsys.readouterr().out
