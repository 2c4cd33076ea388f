"""One function takes all addresses apart: what can never work is refused, with a reason that holds no secret."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from plate_devices.addresses import AddressError, has_control, host_name, is_header_text, split_address
from plate_devices.outputs.urls import parse_url
from plate_devices.setting_errors import SettingError
from plate_devices.sources.camera_address import parse_address
from plate_runtime.errors import UsageError

PORTS = {"mqtt": 1883, "mqtts": 8883, "http": 80}


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("mqtt://joe:s3cr/et@host/topic", "an @ after a /"),
        ("mqtt://joe:s3cr#et@host", "write / as %2F, [?] as %3F, # as %23"),
        ("mqtt://joe:s3cr?et@host", "an @ after a /"),
        ("mqtt://joe:s3/cr@et@host", "an @ after a /"),
        ("mqtt://joe:12/34s3cret@host", "an @ after a /"),
        ("mqtt://joe:s3cr et@host", "write a space as %20"),
        ("mqtt://joe:s3cr\u00a0et@host", "write a space as %20"),
        ("mqtt://joe:s3cret%@host", "write (% itself|it) as %25"),
        ("mqtt://joe:%s3cret@host", "write (% itself|it) as %25"),
        ("mqtt://joe:s3cret%ff@host", "write (% itself|it) as %25"),
        ("mqtt://jo%0Ae:s3cret@host", "a control character in the user"),
        ("mqtt://joe:s3cret\udcff@host", "not UTF-8"),
        ("mqtt://joe:s3cret@host\n.example", "a control character"),
        ("mqtt://joe:s3cret@", "not an address"),
        ("mqtt://joe:s3cret@host:0", "ports are 1 to 65535"),
        ("mqtt://joe:s3cret@host:65536", "ports are 1 to 65535"),
        ("mqtt://joe:s3cret@host:١٢", "ports are 1 to 65535"),
        ("mqtt://joe:s3cret@a..b", "no valid host"),
        ("mqtt://joe:s3cret@-a", "no valid host"),
        ("mqtt://joe:s3cret@a,b", "no valid host"),
        ("mqtt://joe:s3cret@" + "a" * 64, "at most 63"),
        ("mqtt://joe:s3cret@" + "ö" * 64, "no valid host"),
        ("mqtt://joe:s3cret@" + "a." * 127 + "b", "no valid host"),
        ("mqtt://joe:s3cret@300.1.1.1", "not an IPv4"),
        ("mqtt://joe:s3cret@[::g]", "not an IPv6"),
        ("mqtt://joe:s3cret@[::1", "no valid port"),
        ("ftp://joe:s3cret@host", "use for example mqtt://host or mqtts://host"),
        ("s3cret", "not an address"),
    ],
)
def test_what_can_never_work(typed: str, reason: str) -> None:
    with pytest.raises(AddressError, match=reason) as refused:
        split_address(typed, PORTS)
    assert "s3" not in str(refused.value)


@pytest.mark.parametrize(
    ("typed", "host", "target", "login"),
    [
        ("mqtt://joe:p%40%2F%23%3F%25%20@gate.local/yard", "gate.local", "/yard", ("joe", "p@/#?% ")),
        ("mqtt://joe:a@b:c@host", "host", "", ("joe", "a@b:c")),
        ("MQTT://jörg:pässword@Bücher.example", "xn--bcher-kva.example", "", ("jörg", "pässword")),
        ("http://host/höf?größe=1&x=%41", "host", "/h%C3%B6f?gr%C3%B6%C3%9Fe=1&x=%41", ("", "")),
        ("http://host/webhook/a@b", "host", "/webhook/a@b", ("", "")),
        ("mqtt://[fe80::1%25eth0]", "fe80::1%eth0", "", ("", "")),
        ("mqtt://[fe80::1%eth0]:1", "fe80::1%eth0", "", ("", "")),
        ("mqtt://192.168.1.9:1884", "192.168.1.9", "", ("", "")),
        ("mqtt://my_broker.", "my_broker.", "", ("", "")),
    ],
)
def test_what_works(typed: str, host: str, target: str, login: tuple[str, str]) -> None:
    parts = split_address(typed, PORTS)
    assert (parts.host, parts.target, parts.user, parts.password) == (host, target, *login)


_WILD = st.text(alphabet=st.characters() | st.sampled_from("/#?@%:[]. \t\0\udc80"), max_size=30)


@given(_WILD, _WILD, _WILD, _WILD)
@example("joe", "s\udc80", "host", "")
def test_any_address_is_taken_apart_or_refused_in_one_sentence(user: str, password: str, host: str, path: str) -> None:
    typed = f"http://{user}:{password}@{host}/{path}"
    try:
        parts = split_address(typed, PORTS)
    except AddressError as error:
        assert "\n" not in str(error)
        for parse in (parse_address, lambda one: parse_url("url", one, PORTS)):
            with pytest.raises((UsageError, SettingError)):
                parse(typed)
        return
    assert parts.host.isascii() and parts.target.isascii() and 0 < parts.port < 65536
    assert not any(character <= " " for character in parts.host + parts.target)
    parts.user.encode()
    parts.password.encode()


@given(st.text())
def test_any_host_is_looked_up_as_ascii_or_refused(host: str) -> None:
    try:
        assert host_name(host).encode("idna")
    except AddressError:
        return


@given(st.text())
def test_what_a_header_takes_can_be_sent(text: str) -> None:
    if is_header_text(text):
        assert "\n" not in text and not has_control(text)
        text.encode("latin-1")
