"""Events to a web server: one POST for each, in order, repeated until the server acknowledges it."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import socket
from base64 import b64encode
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple

from plate_devices.addresses import is_header_text
from plate_devices.events.records import to_line
from plate_devices.outputs.call_limit import call_limit
from plate_devices.outputs.output import Event, EventRefusedError, Output, OutputError
from plate_devices.outputs.output_settings import Destination, OutputSettings
from plate_devices.outputs.urls import check_secret, destination, parse_url, read_secret, reason, tls
from plate_devices.setting_errors import SettingError
from plate_runtime.errors import DAMAGE

if TYPE_CHECKING:
    from collections.abc import Sequence

_PORTS = {"http": 80, "https": 443}
_MOST_ANSWER = 64 * 1024
_HAS_IT = 409  # the server already has an event of this id
_LATER = (408, 425, 429)
_HINTS = {
    401: "is the login right?",
    403: "is the login right?",
    404: "is the path right?",
    405: "is the path right?",
}
_SLOW = 60.0


@dataclass(frozen=True, kw_only=True)
class WebhookSettings(OutputSettings):
    """type = "webhook".

    Attributes:
        url: http:// or https://, with user:password@ for Basic authentication.
        token_file: its first line goes into `Authorization: Bearer`.
        secret_file: with its first line, bodies are signed in `X-Plate-Edge-Signature: sha256=...` (HMAC-SHA256).
        ca_file: certificates to trust for the server, by default those of the system.
        timeout: seconds to wait for an answer.
    """

    type: Literal["webhook"] = "webhook"
    url: str = field(repr=False)
    token_file: Path | None = None
    secret_file: Path | None = None
    ca_file: Path | None = None
    timeout: float = 10.0

    def __post_init__(self) -> None:
        target = parse_url("url", self.url, _PORTS)
        if ":" in target.user:
            raise SettingError("url", "this address has a : in the user, which Basic authentication cannot send")
        check_secret("token_file", self.token_file, is_header_text, "Latin-1, which is all that HTTP sends")
        if not 0.1 <= self.timeout <= 50:
            raise SettingError("timeout", f"{self.timeout:g} is not from 0.1 to 50 seconds")

    @property
    def destination(self) -> Destination:
        """See `OutputSettings`: host, port and path."""
        target = parse_url("url", self.url, _PORTS)
        return destination(target, target.path)


class _Answer(NamedTuple):
    status: int
    retry_after: float


class WebhookOutput(Output):
    """Posts each record as JSON, with its id as `Idempotency-Key`."""

    Settings: ClassVar[type[OutputSettings]] = WebhookSettings

    def __init__(self, settings: WebhookSettings, name: str = "webhook") -> None:
        """Use an address; the first event opens the connection."""
        self.name = name
        self._settings = settings
        self._target = parse_url("url", settings.url, _PORTS)
        path = self._target.path
        self._path = path if path.startswith("/") else f"/{path}"
        self._connection: http.client.HTTPConnection | None = None
        self._headers: dict[str, str] = {}
        self._secret = ""
        self._failed: OutputError | None = None

    def open(self) -> None:
        """Read the secrets; the first event opens the connection."""
        target = self._target
        self._headers = {"Content-Type": "application/json", "User-Agent": "plate-edge"}
        if target.user or target.password:
            login = b64encode(f"{target.user}:{target.password}".encode()).decode("ascii")
            self._headers["Authorization"] = f"Basic {login}"
        if token := read_secret(self._settings.token_file):
            if not is_header_text(token):  # the file has changed
                raise OutputError(f"{self._settings.token_file} holds characters that HTTP cannot send", wait=_SLOW)
            self._headers["Authorization"] = f"Bearer {token}"
        self._secret = read_secret(self._settings.secret_file)

    def send(self, events: Sequence[Event]) -> int:
        """See `Output`. 2xx and 409 acknowledge an event; 400, 413 and similar refuse it; others are tried again."""
        failed, self._failed = self._failed, None
        if failed:
            raise failed
        for done, event in enumerate(events):
            try:
                self._deliver(event, done)
            except EventRefusedError:
                raise
            except OutputError as error:
                if not done:
                    raise
                self._failed = error  # the events before it are acknowledged
                return done
        return len(events)

    def check(self) -> None:
        """See `Output`. It connects without posting, so the server's answer to a post stays unknown."""
        self.open()
        try:
            self._connection = self._connect()
            self._connection.connect()
        except (OSError, ValueError) as error:
            raise OutputError(f"{self._target.shown} cannot be reached: {_why(error)}") from error
        finally:
            self.close()

    def close(self) -> None:
        self._failed = None
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _deliver(self, event: Event, done: int) -> None:
        status, retry_after = self._post(event)
        if 200 <= status < 300 or status == _HAS_IT:
            return
        answer = f"{self._target.shown} answers {status}"
        if status in _LATER or status >= 500:
            raise OutputError(answer, wait=retry_after)
        if status < 400:
            raise OutputError(f"{answer}; redirections are not followed; use the final address", wait=_SLOW)
        if status in _HINTS:
            raise OutputError(f"{answer}; {_HINTS[status]}", wait=_SLOW)
        raise EventRefusedError(f"{answer} to event {event['id']} and will never accept it", done)

    def _post(self, event: Event) -> _Answer:
        body = to_line(event).encode("ascii")
        headers = self._headers | {"Idempotency-Key": str(event["id"])}
        if self._secret:
            digest = hmac.new(self._secret.encode(), body, hashlib.sha256).hexdigest()
            headers["X-Plate-Edge-Signature"] = f"sha256={digest}"
        kept = self._connection is not None
        try:
            return self._exchange(body, headers)
        except OutputError:
            if not kept:
                raise
            return self._exchange(body, headers)  # the server may have closed an idle connection

    def _exchange(self, body: bytes, headers: dict[str, str]) -> _Answer:
        connection = self._connection or self._connect()
        self._connection = connection
        try:
            with call_limit(self._settings.timeout, lambda: connection.sock.shutdown(socket.SHUT_RDWR)):
                connection.request("POST", self._path, body, headers)
                answer = connection.getresponse()
                answer.read(_MOST_ANSWER)
            if not answer.isclosed():
                self.close()
            return _Answer(answer.status, _seconds(answer.headers.get("Retry-After")))
        except (
            OSError,
            http.client.HTTPException,
            *DAMAGE,
        ) as error:  # `http.client` raises any of these over an answer
            self.close()
            raise OutputError(f"{self._target.shown} does not accept events: {_why(error)}") from error

    def _connect(self) -> http.client.HTTPConnection:
        target, timeout = self._target, self._settings.timeout
        if target.scheme == "http":
            return http.client.HTTPConnection(target.host, target.port, timeout=timeout)
        trust = tls(self._settings.ca_file)
        return http.client.HTTPSConnection(target.host, target.port, timeout=timeout, context=trust)


def _why(error: Exception) -> str:
    if isinstance(error, http.client.RemoteDisconnected):
        return "it closes the connection without an answer"
    if isinstance(error, http.client.HTTPException):
        return f"it does not answer in HTTP ({type(error).__name__}); is the port right?"
    return reason(error)


def _seconds(retry_after: str | None) -> float:
    """Return the seconds of a `Retry-After` header, which holds seconds or a date."""
    if not retry_after:
        return 0.0
    if retry_after.strip().isdecimal():
        return float(retry_after)
    from datetime import UTC, datetime

    try:
        return max(0.0, (parsedate_to_datetime(retry_after) - datetime.now(UTC)).total_seconds())
    except DAMAGE:
        return 0.0
