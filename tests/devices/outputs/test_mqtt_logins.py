"""Brokers that ask for a password or a certificate, and TLS."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest
from receivers.broker import Broker

from plate_devices.outputs.mqtt import MqttOutput, MqttSettings
from plate_devices.outputs.output import Event, OutputError
from plate_devices.setting_errors import SettingError

system = pytest.mark.system

EVENT: Event = {"schema": 1, "type": "vehicle", "id": "id-1", "last_time": "2026-05-01T12:00:00.000Z", "plates": []}


@system
def test_a_broker_with_a_login(tmp_path: Path) -> None:
    users = tmp_path / "users"
    subprocess.run(["mosquitto_passwd", "-b", "-c", str(users), "joe", "p@ss:word"], check=True)
    users.chmod(0o644)
    broker = Broker(tmp_path / "broker", f"password_file {users}", anonymous=False)
    secret = tmp_path / "password"
    secret.write_text("p@ss:word\n")
    try:
        for url, more in (("joe:p%40ss%3Aword@", {}), ("joe@", {"password_file": secret})):
            output = MqttOutput(MqttSettings(url=f"mqtt://{url}127.0.0.1:{broker.port}/yard", **more))  # type: ignore[arg-type]
            output.open()
            assert output.topic == "yard"
            assert output.send([EVENT]) == 1
            output.close()
        with pytest.raises(OutputError, match="refuses the connection: Not authorized") as refused:
            MqttOutput(MqttSettings(url=f"mqtt://joe:wrong@127.0.0.1:{broker.port}")).open()
        assert "wrong" not in str(refused.value)
        assert refused.value.wait == 60.0
    finally:
        broker.send(signal.SIGKILL)


@system
def test_tls(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    name = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *name]
    subprocess.run([*made, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    key.chmod(0o644)
    broker = Broker(tmp_path / "broker", f"certfile {certificate}\nkeyfile {key}")
    url = f"mqtts://localhost:{broker.port}"
    try:
        output = MqttOutput(MqttSettings(url=url, ca_file=certificate))
        output.open()
        assert output.send([EVENT]) == 1
        output.close()
        with pytest.raises(OutputError, match="its certificate is not trusted"):
            MqttOutput(MqttSettings(url=url)).open()
    finally:
        broker.send(signal.SIGKILL)


def made_certificate(folder: Path, name: str, *more: str) -> tuple[Path, Path]:
    """Return the files of a self-signed certificate and of its key."""
    key, certificate = folder / f"{name}-key.pem", folder / f"{name}.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-days", "2", "-subj", f"/CN={name}", *more]
    subprocess.run([*command, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    key.chmod(0o644)
    return certificate, key


@system
def test_a_broker_that_asks_for_a_certificate(tmp_path: Path) -> None:
    own, own_key = made_certificate(tmp_path, "localhost", "-nodes", "-addext", "subjectAltName=DNS:localhost")
    certificate, key = made_certificate(tmp_path, "gate", "-nodes")
    more = f"certfile {own}\nkeyfile {own_key}\ncafile {certificate}\nrequire_certificate true"
    broker = Broker(tmp_path / "broker", more)
    url = f"mqtts://localhost:{broker.port}"
    files = f"ca_file={own}&certificate_file={certificate}&key_file={key}"
    try:
        for settings in (
            MqttSettings(url=url, ca_file=own, certificate_file=certificate, key_file=key),
            MqttSettings(url=f"{url}/yard?{files}"),
        ):
            output = MqttOutput(settings)
            output.open()
            assert output.send([EVENT]) == 1
            output.close()
        with pytest.raises(OutputError):
            MqttOutput(MqttSettings(url=url, ca_file=own)).open()
    finally:
        broker.send(signal.SIGKILL)


@system
def test_certificates_are_looked_at_when_settings_are_read(tmp_path: Path) -> None:
    certificate, key = made_certificate(tmp_path, "gate", "-nodes")
    _, other = made_certificate(tmp_path, "other", "-nodes")
    encrypted, encrypted_key = made_certificate(tmp_path, "encrypted", "-passout", "pass:secret")
    for files, reason in (
        ({"certificate_file": certificate}, "cannot be used"),
        ({"certificate_file": certificate, "key_file": other}, "cannot be used"),
        ({"certificate_file": encrypted, "key_file": encrypted_key}, "its key is encrypted"),
        ({"certificate_file": certificate, "key_file": tmp_path / "none"}, "cannot be read"),
    ):
        with pytest.raises(SettingError, match=reason):
            MqttSettings(url="mqtts://host", **files)  # type: ignore[arg-type]
    MqttSettings(url="mqtts://host", certificate_file=certificate, key_file=key)
