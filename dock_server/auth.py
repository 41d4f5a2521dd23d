"""Tokens: who gets one, and which still open the door.

Who uses it: the token handler and the middleware. Tokens are random, live in memory only and
are kept as their SHA-256, so that finding one takes no time that depends on its text.
"""

import hashlib
import hmac
import secrets
from collections import OrderedDict
from dataclasses import dataclass

from dock_server.clock import ServerClock
from dock_server.errors import TokenError
from dock_server.principals import Account, Device, Principal
from dock_server.settings import Credentials, Limits

TOKEN_PREFIX = "AUTH_tk"


DEVICE_TOKENS_MAX = 8
"""Valid at once for one device: one that asks without end pushes out its own and nobody else's."""


@dataclass(frozen=True, slots=True)
class _Given:
    """A token that was given out."""

    holder: Principal
    end_s: float


class TokenBook:
    """Tokens that were given out; several are valid at once."""

    def __init__(
        self, credentials: Credentials, limits: Limits, clock: ServerClock, *, passwords: bool
    ) -> None:
        """`passwords`: whether the account's name and key let somebody in."""
        self._credentials = credentials
        self._limits = limits
        self._clock = clock
        self._passwords = passwords
        self._given: OrderedDict[bytes, _Given] = OrderedDict()

    def issue(self, user_name: str, key: str) -> str:
        """A new token; raises `TokenError` for a wrong name or key, without saying which."""
        if not self._passwords:
            raise TokenError("this destination lets cameras in by certificate: enrol this one")
        right_name = _equal(user_name, self._credentials.user_name)
        right_key = _equal(key, self._credentials.key)
        if not (right_name and right_key):
            raise TokenError("wrong user or key")
        return self.give(Account())

    def give(self, holder: Principal) -> str:
        """A new token for somebody who has proved who they are."""
        token = TOKEN_PREFIX + secrets.token_hex(24)
        if isinstance(holder, Device):
            self._make_room(holder)
        end_s = self._clock.monotonic_s() + self._limits.token_life_s
        self._given[_digest(token)] = _Given(holder, end_s)
        while len(self._given) > self._limits.tokens_max:
            self._given.popitem(last=False)
        return token

    def check(self, token: str | None, shown: Device | None) -> Principal:
        """Who holds the token. Raises `TokenError` unless it is valid now, and the device that it
        was given to is the one whose certificate was `shown`."""
        if not token:
            raise TokenError("no X-Auth-Token: get one first")
        given = self._given.get(_digest(token))
        if given is None:
            raise TokenError("the token is not known: get a new one")
        if self._clock.monotonic_s() >= given.end_s:
            del self._given[_digest(token)]
            raise TokenError("the token has run out: get a new one")
        if isinstance(given.holder, Device) and given.holder != shown:
            raise TokenError("the token was given to another certificate: get one of your own")
        return given.holder

    def _make_room(self, holder: Device) -> None:
        own = [digest for digest, given in self._given.items() if given.holder == holder]
        for digest in own[: max(0, len(own) - DEVICE_TOKENS_MAX + 1)]:
            del self._given[digest]


def _equal(given: str, right: str) -> bool:
    return hmac.compare_digest(_digest(given), _digest(right))


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()
