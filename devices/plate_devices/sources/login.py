"""HTTP authentication, Basic (RFC 7617) and Digest (RFC 7616), for HTTP and RTSP."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Iterable

_FIELD = re.compile(r'(\w+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))')
# The strongest first.
_HASHES = {"sha-256": hashlib.sha256, "md5": hashlib.md5}


def authorization(challenges: Iterable[str], user: str, password: str, method: str, target: str) -> str | None:
    """Return the value of the header `Authorization`; None where no challenge is supported.

    Args:
        challenges: the values of all headers `WWW-Authenticate`.
        user, password: decoded.
        method, target: of the request that is repeated, such as "GET" and "/video?channel=1".
    """
    offers = [_fields(challenge) for challenge in challenges]
    for name in _HASHES:
        for fields in offers:
            if fields.get("") == "digest" and fields.get("algorithm", "md5").lower() == name and "nonce" in fields:
                return _digest(fields, name, (user, password), (method, target))
    if any(fields.get("") == "basic" for fields in offers):
        return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode("ascii")
    return None


def _fields(challenge: str) -> dict[str, str]:
    """Return the fields of a challenge; its scheme is under ""."""
    scheme, _, rest = challenge.strip().partition(" ")
    fields = {name.lower(): quoted or plain for name, quoted, plain in _FIELD.findall(rest)}
    return {**fields, "": scheme.lower()}


def _digest(fields: dict[str, str], name: str, login: tuple[str, str], action: tuple[str, str]) -> str:
    def digest(*parts: str) -> str:
        return _HASHES[name](":".join(parts).encode()).hexdigest()

    realm, nonce = fields.get("realm", ""), fields["nonce"]
    who, what = digest(login[0], realm, login[1]), digest(*action)
    shown = {"username": login[0], "realm": realm, "nonce": nonce, "uri": action[1]}
    if "auth" in re.split(r"[\s,]+", fields.get("qop", "")):
        count, salt = "00000001", secrets.token_hex(8)
        shown["response"] = digest(who, nonce, count, salt, "auth", what)
        extra = f', qop=auth, nc={count}, cnonce="{salt}"'
    else:
        shown["response"] = digest(who, nonce, what)
        extra = ""
    if "opaque" in fields:
        shown["opaque"] = fields["opaque"]
    if "algorithm" in fields:
        extra += f", algorithm={fields['algorithm']}"
    return "Digest " + ", ".join(f'{key}="{_quoted(value)}"' for key, value in shown.items()) + extra


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"') if '"' in value else value
