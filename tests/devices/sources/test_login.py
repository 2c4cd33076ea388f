"""Answers to challenges, held against the examples of the standards."""

from __future__ import annotations

import secrets

import pytest

from plate_devices.sources.login import authorization

MUFASA = {"user": "Mufasa", "password": "Circle Of Life", "method": "GET", "target": "/dir/index.html"}
OLD = (
    'Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc"'
)


def test_basic_as_in_rfc_7617() -> None:
    given = authorization(['Basic realm="WallyWorld"'], "Aladdin", "open sesame", "GET", "/")
    assert given == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="


def test_digest_with_quality_as_in_rfc_2617(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "token_hex", lambda _: "0a4f113b")
    given = authorization([OLD], **MUFASA) or ""
    assert 'response="6629fae49393a05397450978507c4ef1"' in given
    assert 'opaque="5ccc"' in given
    assert "qop=auth, nc=00000001" in given


def test_digest_of_sha_256_as_in_rfc_7616(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "token_hex", lambda _: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ")
    nonce = 'realm="http-auth@example.org", qop="auth, auth-int", nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"'
    offers = ['Basic realm="x"', f"Digest {nonce}, algorithm=MD5", f"Digest {nonce}, algorithm=SHA-256"]
    given = authorization(offers, **{**MUFASA, "password": "Circle of Life"}) or ""
    assert 'response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"' in given
    assert "algorithm=SHA-256" in given


def test_without_quality_and_with_quotes() -> None:
    given = authorization(['Digest realm="r", nonce="n"'], 'jo"e', "p", "DESCRIBE", "rtsp://h/") or ""
    assert r'username="jo\"e"' in given
    assert "qop" not in given
    assert "cnonce" not in given


@pytest.mark.parametrize("challenge", ["Negotiate", "", 'Digest realm="x"', 'Digest nonce="n", algorithm=MD5-sess'])
def test_what_nobody_knows_has_no_answer(challenge: str) -> None:
    assert authorization([challenge], "joe", "p", "GET", "/") is None
