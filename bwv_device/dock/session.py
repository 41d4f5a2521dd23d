"""Requests in the name of the camera: signs in, keeps the token, renews it once on 401.

Who uses it: `destination`. The storage address is the one that the server gives, never built.
"""

import logging
from collections.abc import Callable, Mapping
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

from bwv_device.dock.backoff import parse_retry_after
from bwv_device.dock.errors import (
    AnswerError,
    ConnectionFileError,
    DockError,
    FailedError,
    NotAllowedError,
    SignInError,
    StatusError,
    UndockedError,
    status_error,
)
from bwv_device.dock.http import Answer, Body, Http, words_of
from bwv_device.errors import Kind
from bwv_device.protocol.connection import ConnectionFile
from bwv_device.protocol.errors import shown
from bwv_device.protocol.statuses import Action, action_for
from hal.interfaces.clock import Clock

log = logging.getLogger(__name__)

TOKEN = "X-Auth-Token"
STORAGE_URL = "X-Storage-Url"
USER, KEY = "X-Auth-User", "X-Auth-Key"


class Session:
    """One account at one destination."""

    def __init__(self, http: Http, connection: ConnectionFile, clock: Clock) -> None:
        """Raises `ConnectionFileError` when it has certificates and an address without TLS."""
        self._http = http
        self._connection = connection
        self._clock = clock
        self._token = ""
        self._storage_url = ""
        for uri in connection.authentication_token_uri:
            self._check_secure(uri)

    def request(
        self,
        method: str,
        path: tuple[str, ...],
        headers: Mapping[str, str] | None = None,
        body: bytes | Body | None = None,
    ) -> Answer:
        """Send below the storage address; `path` is container and object, unquoted.

        The answer has a status of success. Raises `StatusError` for every other one,
        `NetworkError` and the rest of what `Http.send` raises.
        """
        return self.checked(
            f"{method} {'/'.join(path)}",
            self._in_our_name(lambda: self._send(method, self._url(path), headers, body)),
        )

    def exchange(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | Body | None = None,
    ) -> Answer:
        """The same for any path on the storage address's host, quoted as it stands; the answer
        may have any status. Raises what `Http.send` and `sign_in` raise."""
        return self._in_our_name(
            lambda: self._send(method, urljoin(self._storage_url, path), headers, body)
        )

    def path_of(self, location: str) -> str:
        """The path of a `Location`, for `exchange`. Raises `AnswerError` for one elsewhere: the
        token goes to nobody but the destination."""
        here, there = urlsplit(self._storage_url), urlsplit(urljoin(self._storage_url, location))
        if (here.scheme, here.netloc) != (there.scheme, there.netloc) or not _plain(location):
            raise AnswerError(
                f"the destination names an upload elsewhere ({shown(location)}): nothing is sent "
                "there; ask its operator"
            )
        return urlunsplit(("", "", there.path, there.query, ""))

    def _in_our_name(self, send: Callable[[], Answer]) -> Answer:
        if not self._token:
            self.sign_in()
        answer = send()
        if action_for(answer.status) is Action.NEW_TOKEN:
            log.info("the token has run out")
            self.sign_in()
            answer = send()
        return answer

    def sign_in(self) -> None:
        """Get a token from the first address that gives one.

        Raises what the last one failed with; one that will not pass by itself goes first.
        """
        failures: list[DockError] = []
        for uri in self._connection.authentication_token_uri:
            self._token = ""
            try:
                self._sign_in_at(uri)
                return
            except UndockedError:
                raise
            except DockError as error:
                log.warning("no token: %s", error)
                failures.append(error)
        lasting = [error for error in failures if error.kind is not Kind.RETRY]
        raise (lasting or failures)[-1]

    def _sign_in_at(self, uri: str) -> None:
        keys = {USER: self._connection.blob_api_user_name, KEY: self._connection.blob_api_key}
        answer = self._signed_in(uri, self._http.send("GET", uri, keys))
        token, storage_url = answer.headers.get(TOKEN, ""), answer.headers.get(STORAGE_URL, "")
        parts = urlsplit(storage_url)
        if not _plain(token) or not _plain(storage_url) or parts.scheme not in ("http", "https"):
            raise AnswerError(
                f"GET {uri}: no usable {TOKEN} and {STORAGE_URL} ({shown(storage_url)}): "
                "is it the address of a content destination?"
            )
        if urlsplit(uri).scheme == "https":
            self._require_tls(storage_url)
        self._check_secure(storage_url)
        self._token, self._storage_url = token, storage_url.rstrip("/")

    def _signed_in(self, uri: str, answer: Answer) -> Answer:
        """What a status means for a container or clip, it does not mean for a token."""
        try:
            return self.checked(f"GET {uri}", answer)
        except (FailedError, SignInError, NotAllowedError):
            raise
        except StatusError as error:
            raise AnswerError(
                f"GET {uri}: status {answer.status} instead of a token: "
                "is it the address of a content destination?"
            ) from error

    def _url(self, path: tuple[str, ...]) -> str:
        return "/".join((self._storage_url, *(quote(part, safe="") for part in path)))

    def _send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        body: bytes | Body | None,
    ) -> Answer:
        return self._http.send(method, url, {**(headers or {}), TOKEN: self._token}, body)

    def checked(self, what: str, answer: Answer) -> Answer:
        """`answer`, if its status is one of success; raises `StatusError`."""
        if action_for(answer.status) is Action.DONE:
            return answer
        retry_after_s = parse_retry_after(
            answer.headers.get("Retry-After"), answer.headers.get("Date"), self._clock.utc_ns()
        )
        raise status_error(what, answer.status, words_of(answer), retry_after_s)

    def _check_secure(self, uri: str) -> None:
        if self._connection.https_certificate:
            self._require_tls(uri)

    def _require_tls(self, uri: str) -> None:
        if urlsplit(uri).scheme != "https":
            raise ConnectionFileError(
                f"{uri} is without TLS, though this destination is one with TLS: nothing is "
                "sent; ask the destination's operator for a new connection file"
            )


def _plain(value: str) -> bool:
    """Whether a header's value can be sent back: printable ASCII, no blanks."""
    return bool(value) and all("!" <= character <= "~" for character in value)
