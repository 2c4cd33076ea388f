"""Addresses of brokers and servers: parsed, identified, and shown without secrets."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path

import pytest

from plate_devices.outputs.output import OutputError
from plate_devices.outputs.urls import Target, check_secret, destination, parse_url, read_secret, reason, tls
from plate_devices.setting_errors import SettingError

PORTS = {"http": 80, "https": 443}


def test_an_address_is_parsed_into_its_parts() -> None:
    target = parse_url("url", "https://me:p%40ss@Gate.Example/yard/in?x=1", PORTS)
    assert target == Target("https", "gate.example", 443, "/yard/in?x=1", "me", "p@ss")
    assert target.shown == "https://gate.example:443"
    assert parse_url("url", "http://[::1]:8080/x", PORTS).shown == "http://[::1]:8080"


@pytest.mark.parametrize("url", ["ftp://host/secret", "http://", "http://host/a#secret", "http://host/a/#"])
def test_an_invalid_address_is_refused_without_its_secrets(url: str) -> None:
    with pytest.raises(SettingError) as refused:
        parse_url("key", url, PORTS)
    assert refused.value.key == "key" and "secret" not in str(refused.value)


def test_host_port_and_path_identify_a_destination_and_nothing_else_does() -> None:
    def digest(url: str, path: str = "") -> str:
        return destination(parse_url("url", url, PORTS), path).digest

    same = digest("http://gate/yard", "/yard")
    # The queue's file keeps it: it must not change with a version. It is of "gate 80 /yard", and of "gate 80 ".
    assert (same, digest("http://gate/yard")) == ("48c8490c8b4010fd", "d8e7ae0e7538b099")
    assert digest("http://me:pass@GATE:80/yard?token=1", "/yard?token=1") == same
    others = [
        digest("http://gate2/yard", "/yard"),
        digest("http://gate:81/yard", "/yard"),
        digest("http://gate/x", "/x"),
    ]
    assert len({same, *others}) == 4
    whole = destination(parse_url("url", "http://me:pass@gate/yard", PORTS))
    assert whole == (digest("http://gate/yard"), "http://gate:80")


class TestSecrets:
    def test_it_is_the_first_line_without_spaces(self, tmp_path: Path) -> None:
        (tmp_path / "s").write_text("  pass word \nsecond\n")
        assert read_secret(tmp_path / "s") == "pass word"
        assert read_secret(None) == ""

    @pytest.mark.parametrize("content", [b"", b"\nsecond", b"x" * 4097, b"\xff"])
    def test_an_empty_or_long_or_invalid_one_is_refused(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "s").write_bytes(content)
        with pytest.raises(OutputError, match=str(tmp_path / "s")):
            read_secret(tmp_path / "s")
        (tmp_path / "s").write_bytes(b"x" * 4096)
        assert len(read_secret(tmp_path / "s")) == 4096

    def test_its_characters_are_checked_if_it_can_be_read(self, tmp_path: Path) -> None:
        check_secret("secret_file", tmp_path / "s", str.isdigit, "digits")
        (tmp_path / "s").write_text("12")
        check_secret("secret_file", tmp_path / "s", str.isdigit, "digits")
        (tmp_path / "s").write_text("ab")
        with pytest.raises(SettingError, match=f"{tmp_path / 's'} holds other characters than digits") as refused:
            check_secret("secret_file", tmp_path / "s", str.isdigit, "digits")
        assert refused.value.key == "secret_file"


def test_a_context_verifies_the_server_and_names_the_file_that_cannot_be_used(tmp_path: Path) -> None:
    context = tls(None)
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    missing, empty = tmp_path / "missing.pem", tmp_path / "empty.pem"
    empty.write_text("")
    for files in ((missing,), (None, missing), (None, missing, empty)):
        with pytest.raises(OutputError, match=f"{missing} cannot be used: No such file"):
            tls(*files)
    with pytest.raises(OutputError, match=f"{empty} cannot be used"):
        tls(empty)


def test_a_reason_holds_no_address() -> None:
    assert reason(TimeoutError("10.0.0.1")) == "no answer in time"
    assert reason(socket.gaierror(-2, "secret-host")) == "the host name is unknown"
    assert reason(ConnectionRefusedError(111, "Connection refused")) == "Connection refused"
    assert reason(ValueError("secret")) == "ValueError"
    untrusted = ssl.SSLCertVerificationError(1, "secret")
    untrusted.verify_message = "self-signed certificate"
    assert reason(untrusted) == "its certificate is not trusted: self-signed certificate"
