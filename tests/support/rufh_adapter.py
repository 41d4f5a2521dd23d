"""Lets the public conformity suite for resumable uploads speak to our server: a pytest plugin.

Used by `tests/soak/dock_conformity.py` as `-p tests.support.rufh_adapter` beside the suite's own
`scripts/rufh_conformity_test.py` (repository tomdesair/tus-java-server). The suite creates with
POST and sends no token; the API creates with PUT of an object that is not there yet. So each
creation becomes a PUT of a new object, every request gets the token, and the suite's address of an
upload that does not exist becomes one below our uploads. Nothing else is changed.
"""

import itertools
import json
import os
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest

from bwv_device.protocol.resumable import INTEROP_VERSION, UPLOAD_INTEROP_VERSION

Ask = Callable[..., tuple[int, Any, bytes, list[Any]]]

TOKEN_VARIABLE, SEEN_VARIABLE, INTERIM_VARIABLE = "RUFH_TOKEN", "RUFH_SEEN", "RUFH_INTERIM"
NONEXISTENT = "/definitely-nonexistent-id"

_numbers = itertools.count(1)


@pytest.fixture(autouse=True)
def _adapted(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the adapter around the suite's one function that sends."""
    monkeypatch.setattr(request.module, "http_request", _adapter(request.module.http_request))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Leave behind in which tests an interim answer was seen; the suite itself only prints it."""
    seen: set[str] = set()
    for item in session.items:
        seen |= getattr(item.getparent(pytest.Module).obj, "INTERIM_RESPONSES_DETECTED", set())
    with open(os.environ[SEEN_VARIABLE], "w", encoding="utf-8") as file:
        json.dump(sorted(seen), file)


def _adapter(ask: Ask) -> Ask:
    def adapted(
        method: str, url: str, headers: dict[str, str] | None = None, *rest: Any, **named: Any
    ) -> tuple[int, Any, bytes, list[Any]]:
        target = urlsplit(url)
        extra = {"X-Auth-Token": os.environ[TOKEN_VARIABLE]}
        if os.environ.get(INTERIM_VARIABLE):
            extra[UPLOAD_INTEROP_VERSION] = str(INTEROP_VERSION)
        if method == "POST":
            method, url = "PUT", f"{url}-{next(_numbers)}"
        elif target.path.endswith(NONEXISTENT):
            account = "/".join(target.path.split("/")[:3])
            url = f"{target.scheme}://{target.netloc}{account}/.uploads{NONEXISTENT}"
        return ask(method, url, {**(headers or {}), **extra}, *rest, **named)

    return adapted
