"""Tokens: who gets one, and which still open the door.

Who uses it: the token handler and the middleware. Tokens are random, live in memory only and
are kept as their SHA-256, so that finding one takes no time that depends on its text.
"""

import hashlib
import hmac
import secrets
from collections import OrderedDict

from dock_server.clock import ServerClock
from dock_server.errors import TokenError
from dock_server.settings import Credentials, Limits

TOKEN_PREFIX = "AUTH_tk"


class TokenBook:
    """Tokens that were given out; several are valid at once."""

    def __init__(self, credentials: Credentials, limits: Limits, clock: ServerClock) -> None:
        self._credentials = credentials
        self._limits = limits
        self._clock = clock
        self._ends_s: OrderedDict[bytes, float] = OrderedDict()

    def issue(self, user_name: str, key: str) -> str:
        """A new token; raises `TokenError` for a wrong name or key, without saying which."""
        right_name = _equal(user_name, self._credentials.user_name)
        right_key = _equal(key, self._credentials.key)
        if not (right_name and right_key):
            raise TokenError("wrong user or key")
        token = TOKEN_PREFIX + secrets.token_hex(24)
        self._ends_s[_digest(token)] = self._clock.monotonic_s() + self._limits.token_life_s
        while len(self._ends_s) > self._limits.tokens_max:
            self._ends_s.popitem(last=False)
        return token

    def check(self, token: str | None) -> None:
        """Raises `TokenError` unless `token` is valid now."""
        if not token:
            raise TokenError("no X-Auth-Token: get one first")
        end_s = self._ends_s.get(_digest(token))
        if end_s is None:
            raise TokenError("the token is not known: get a new one")
        if self._clock.monotonic_s() >= end_s:
            del self._ends_s[_digest(token)]
            raise TokenError("the token has run out: get a new one")


def _equal(given: str, right: str) -> bool:
    return hmac.compare_digest(_digest(given), _digest(right))


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()
