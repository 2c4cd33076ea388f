"""Calls a web server once, with a body from the settings, such as a message for Discord, ntfy or Telegram."""

from __future__ import annotations

import http.client
import socket
from base64 import b64encode
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from plate_devices.actions.action import Action, ActionError
from plate_devices.actions.action_settings import ActionSettings
from plate_devices.actions.templates import check_template, fill
from plate_devices.addresses import is_header_text
from plate_devices.events.records import to_line
from plate_devices.outputs.call_limit import call_limit
from plate_devices.outputs.output import OutputError
from plate_devices.outputs.urls import Target, check_secret, parse_url, read_secret, reason, tls
from plate_devices.setting_errors import SettingError
from plate_runtime.errors import DAMAGE

if TYPE_CHECKING:
    from plate_devices.actions.action import Occasion
    from plate_devices.actions.templates import Escape

_PORTS = {"http": 80, "https": 443}
_MOST_ANSWER = 64 * 1024
_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, kw_only=True)
class WebhookActionSettings(ActionSettings):
    """type = "webhook": calls a web server once.

    Attributes:
        url: http:// or https://, with user:password@ for Basic authentication.
        url_file: a file with the address as its first line, in place of `url`: some addresses are secret.
        method: of the request.
        body: of the request, with `$names`; see `templates.py`. By default the record as JSON.
        content_type: of the body. Values are escaped for JSON and forms, else they are one line of text.
        token_file: its first line goes into `Authorization: Bearer`.
        ca_file: certificates to trust for the server, by default those of the system.
        timeout: seconds to wait for an answer, 0.1 to 30.
    """

    type: Literal["webhook"] = "webhook"
    url: str = field(default="", repr=False)
    url_file: Path | None = None
    method: Literal["POST", "PUT", "GET"] = "POST"
    body: str = ""
    content_type: str = "application/json"
    token_file: Path | None = None
    ca_file: Path | None = None
    timeout: float = 10.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if bool(self.url) == (self.url_file is not None):
            raise SettingError("url", "either url or url_file is needed")
        if self.url:
            parse_url("url", self.url, _PORTS)
        if not 0.1 <= self.timeout <= 30:
            raise SettingError("timeout", f"{self.timeout:g} is not from 0.1 to 30 seconds")
        if not is_header_text(self.content_type) or "/" not in self.content_type:
            raise SettingError("content_type", 'it has to be a type such as "application/json"')
        if self.body:
            check_template("body", self.body, self.escape)
        check_secret("token_file", self.token_file, is_header_text, "Latin-1, which is all that HTTP sends")

    @property
    def escape(self) -> Escape:
        """How the body's values are escaped."""
        kind = self.content_type.partition(";")[0].strip().lower()
        if kind == _FORM:
            return "form"
        return "json" if kind == "application/json" or kind.endswith("+json") else "text"


class WebhookAction(Action):
    """Sends one request for each vehicle, and never a second one."""

    Settings: ClassVar[type[ActionSettings]] = WebhookActionSettings
    LATEST: ClassVar[float] = 60.0

    def __init__(self, settings: WebhookActionSettings) -> None:
        """Use an address; each call opens a connection."""
        self._settings = settings

    def open(self) -> None:
        """Read the secrets. Raises ActionError."""
        self._prepare()

    def fire(self, occasion: Occasion) -> str:
        """Send the request; an answer of 2xx means that it worked."""
        settings = self._settings
        target, headers, connection = self._prepare()
        body = fill(settings.body, settings.escape, occasion, settings.name) if settings.body else ""
        sent = (body or to_line(occasion.record)).encode() if settings.method != "GET" else None
        path = target.path if target.path.startswith("/") else f"/{target.path}"
        try:
            with call_limit(settings.timeout, lambda: connection.sock.shutdown(socket.SHUT_RDWR)):
                connection.request(settings.method, path, sent, headers)
                answer = connection.getresponse()
                answer.read(_MOST_ANSWER)
        except (OSError, http.client.HTTPException, *DAMAGE) as error:
            why = "no valid answer" if isinstance(error, http.client.HTTPException) else reason(error)
            raise ActionError(f"{target.shown}: {why}") from error
        finally:
            connection.close()
        if not 200 <= answer.status < 300:
            raise ActionError(f"{target.shown} answers {answer.status}")
        return f"{target.shown} answers {answer.status}"

    def check(self) -> None:
        """See `Action`. It connects and sends nothing."""
        target, _, connection = self._prepare()
        try:
            connection.connect()
        except (OSError, ValueError) as error:
            raise ActionError(f"{target.shown} cannot be reached: {reason(error)}") from error
        finally:
            connection.close()

    def close(self) -> None:
        """See `Action`: no connection stays open."""

    def _prepare(self) -> tuple[Target, dict[str, str], http.client.HTTPConnection]:
        settings = self._settings
        try:
            target = parse_url("url", settings.url or read_secret(settings.url_file), _PORTS)
            headers = {"Content-Type": settings.content_type, "User-Agent": "plate-edge"}
            if target.user or target.password:
                login = b64encode(f"{target.user}:{target.password}".encode()).decode("ascii")
                headers["Authorization"] = f"Basic {login}"
            if token := read_secret(settings.token_file):
                if not is_header_text(token):
                    raise ActionError(f"{settings.token_file} holds characters that HTTP cannot send")
                headers["Authorization"] = f"Bearer {token}"
            if target.scheme == "http":
                return target, headers, http.client.HTTPConnection(target.host, target.port, timeout=settings.timeout)
            trust = tls(settings.ca_file)
        except OutputError as error:
            raise ActionError(str(error)) from error
        except SettingError as error:
            raise ActionError(f"{settings.url_file}: {error.reason}") from error
        secure = http.client.HTTPSConnection(target.host, target.port, timeout=settings.timeout, context=trust)
        return target, headers, secure
