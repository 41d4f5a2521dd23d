"""Digests in headers, and what a status tells the client."""

import hashlib

import pytest

from bwv_device.protocol import digest
from bwv_device.protocol.errors import ProtocolError
from bwv_device.protocol.statuses import ACTIONS, Action, action_for

SHA = hashlib.sha256(b"clip").hexdigest()


def test_a_digest_reads_back_among_others() -> None:
    header = digest.repr_digest(SHA)
    assert digest.parse_repr_digest(header) == SHA
    assert digest.parse_repr_digest(f"md5=:AAAA:, {header}") == SHA
    assert digest.parse_repr_digest("sha-512=:AAAA:") is None


@pytest.mark.parametrize(
    "header", ["", "sha-256", "sha-256=AAAA", "sha-256=:AAAA:", "sha-256=:!!:", f"sha-256=:{SHA}:"]
)
def test_a_digest_that_can_not_be_read_is_refused(header: str) -> None:
    with pytest.raises(ProtocolError):
        digest.parse_repr_digest(header)


def test_an_etag_is_read_quoted_and_bare() -> None:
    md5 = digest.md5_hex(b"")
    assert md5 == "d41d8cd98f00b204e9800998ecf8427e"
    assert digest.parse_etag(f'"{md5}"') == digest.parse_etag(md5.upper()) == md5
    with pytest.raises(ProtocolError):
        digest.parse_etag('W/"abc"')


@pytest.mark.parametrize("text", ["", "0" * 63, "g" * 64, SHA + "\n"])
def test_what_is_no_sha256_is_refused(text: str) -> None:
    with pytest.raises(ProtocolError):
        digest.check_sha256_hex(text)


def test_the_statuses_that_the_api_names() -> None:
    assert ACTIONS[400] is Action.REJECT
    assert ACTIONS[503] is ACTIONS[500] is ACTIONS[422] is Action.RETRY
    assert ACTIONS[507] is Action.STOP_FULL
    assert ACTIONS[401] is Action.NEW_TOKEN
    assert ACTIONS[404] is Action.CREATE_CONTAINER


@pytest.mark.parametrize(
    ("status", "action"),
    [(599, Action.RETRY), (418, Action.OPERATOR), (301, Action.OPERATOR), (299, Action.DONE)],
)
def test_an_unknown_status_never_gives_evidence_up(status: int, action: Action) -> None:
    assert action_for(status) is action
