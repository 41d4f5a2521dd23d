"""Tokens: who gets one, and what one opens."""

import pytest

from dock_server.auth import TokenBook
from dock_server.clock import ServerClock
from dock_server.errors import TokenError
from dock_server.principals import Account, Device
from dock_server.settings import Credentials, Limits
from tests.destination.in_process import CREDENTIALS, InProcess
from tests.destination.wire import Wire


def test_the_right_key_gets_a_token_and_the_storage_url(wire: Wire) -> None:
    answer = wire.sign_in(CREDENTIALS.user_name, CREDENTIALS.key)
    assert answer.status == 200 and answer.body == b""
    assert answer.headers["x-storage-url"] == f"http://127.0.0.1:{wire.port}/v1/bwv"
    assert wire.get("System", "Capabilities.json").status == 200


def test_the_storage_url_follows_the_host_by_which_the_client_came(wire: Wire) -> None:
    headers = {"X-Auth-User": "bwv", "X-Auth-Key": CREDENTIALS.key, "Host": "dock.example:9000"}
    answer = wire.ask("GET", "/auth/v1.0", headers=headers)
    assert answer.headers["x-storage-url"] == "http://dock.example:9000/v1/bwv"
    headers["Host"] = "evil/../path"
    assert wire.ask("GET", "/auth/v1.0", headers=headers).status == 400


@pytest.mark.parametrize(
    ("user", "key"),
    [("bwv", ""), ("", CREDENTIALS.key), ("bwv", "secret-kex"), ("BWV", CREDENTIALS.key), ("", "")],
)
def test_a_wrong_user_or_key_gets_401_and_no_token(wire: Wire, user: str, key: str) -> None:
    answer = wire.sign_in(user, key)
    assert answer.status == 401
    assert "x-auth-token" not in answer.headers and CREDENTIALS.key not in answer.text


@pytest.mark.parametrize("token", ["", "AUTH_tk" + "0" * 48, "\xff\xfe", "x" * 4000])
def test_a_wrong_token_opens_nothing(wire: Wire, token: str) -> None:
    wire.token = token
    for method in ("GET", "HEAD", "PUT", "POST", "DELETE", "PATCH"):
        assert wire.ask(method, "/v1/bwv/Users/u1").status == 401


def test_several_tokens_are_valid_and_each_runs_out_after_15_minutes(dock: InProcess) -> None:
    wire = dock.wire
    first = wire.token
    dock.hands.monotonic_s = 800.0
    wire.sign_in(CREDENTIALS.user_name, CREDENTIALS.key)
    second = wire.token
    assert first != second
    for token, seconds, status in (
        (first, 899.0, 204),
        (first, 900.0, 401),
        (first, 900.0, 401),
        (second, 1699.0, 204),
        (second, 1700.0, 401),
    ):
        dock.hands.monotonic_s = seconds
        wire.token = token
        assert wire.ask("HEAD", "/v1/bwv").status == status, (seconds, status)


def test_only_so_many_tokens_are_remembered() -> None:
    clock = ServerClock(lambda: 0, lambda: 0.0)
    book = TokenBook(Credentials("u", "k"), Limits(tokens_max=2), clock, passwords=True)
    tokens = [book.issue("u", "k") for _ in range(3)]
    assert book.check(tokens[1], None) == Account()
    assert book.check(tokens[2], None) == Account()
    with pytest.raises(TokenError):
        book.check(tokens[0], None)


def test_a_devices_token_opens_for_its_own_certificate_only() -> None:
    clock = ServerClock(lambda: 0, lambda: 0.0)
    book = TokenBook(Credentials("u", "k"), Limits(), clock, passwords=False)
    token = book.give(Device("A"))
    assert book.check(token, Device("A")) == Device("A")
    for other in (None, Device("B")):
        with pytest.raises(TokenError, match="another certificate"):
            book.check(token, other)


def test_a_device_that_asks_for_tokens_without_end_pushes_out_its_own_only() -> None:
    clock = ServerClock(lambda: 0, lambda: 0.0)
    book = TokenBook(Credentials("u", "k"), Limits(tokens_max=20), clock, passwords=False)
    others = book.give(Device("B"))
    tokens = [book.give(Device("A")) for _ in range(100)]
    assert book.check(others, Device("B")) == Device("B")
    assert book.check(tokens[-1], Device("A")) == Device("A")
    with pytest.raises(TokenError):
        book.check(tokens[0], Device("A"))


def test_without_passwords_the_right_key_gets_no_token() -> None:
    clock = ServerClock(lambda: 0, lambda: 0.0)
    book = TokenBook(Credentials("u", "k"), Limits(), clock, passwords=False)
    with pytest.raises(TokenError, match="certificate"):
        book.issue("u", "k")
