"""Paths of certificates: which are believed, and what is said of the others."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
import trustme
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from bwv_device.evidence.identity.errors import IdentityError
from bwv_device.evidence.identity.own_root import make_own
from bwv_device.evidence.identity.profile import (
    Holder,
    Issuer,
    Life,
    Purpose,
    distinguished_name,
    instant,
    issue,
    new_key,
    utc_ns,
)
from bwv_device.evidence.identity.trust import check_path, role_of
from bwv_device.protocol.errors import ProtocolError
from bwv_device.protocol.roles import (
    DestinationRole,
    DeviceRole,
    parse_role_uri,
    role_uri,
)

BEGIN, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
DURING_NS = utc_ns(datetime(2026, 6, 1, tzinfo=UTC))
OWN = make_own("BWV-0001", "Open BWV")
LEAF, ROOT = OWN.certificates


def certificate(*uris: str, purpose: Purpose = Purpose.SIGNING) -> x509.Certificate:
    """A leaf that signed itself, with any names."""
    key, name = new_key(), distinguished_name("x", "y")
    names = tuple(map(x509.UniformResourceIdentifier, uris))
    holder = Holder(name, key.public_key(), names)
    return issue(Issuer(key, name, key.public_key()), holder, purpose, Life(BEGIN, END))


def problem(
    chain: Sequence[x509.Certificate],
    anchors: Sequence[x509.Certificate],
    at_ns: int | None = DURING_NS,
) -> str:
    with pytest.raises(IdentityError) as raised:
        check_path(chain, anchors, at_ns)
    return str(raised.value)


def test_a_leaf_leads_to_its_root() -> None:
    assert check_path([LEAF], [ROOT], DURING_NS) is ROOT


def test_a_leaf_of_another_authority_is_refused() -> None:
    foreign = trustme.CA()
    anchor = x509.load_pem_x509_certificate(foreign.cert_pem.bytes())
    assert "not among the anchors" in problem([LEAF], [anchor])


def test_an_authority_of_the_same_name_with_another_key_is_not_the_anchor() -> None:
    twin = make_own("BWV-0001", "Open BWV").certificates[-1]
    assert twin.subject == ROOT.subject
    assert "not among the anchors" in problem([LEAF], [twin])
    assert check_path([LEAF], [twin, ROOT], DURING_NS) is ROOT


def test_a_leaf_that_issues_is_no_authority() -> None:
    child = issue(
        Issuer(OWN.key, LEAF.subject, OWN.key.public_key()),
        Holder(distinguished_name("child", "z"), new_key().public_key()),
        Purpose.SIGNING,
        Life(BEGIN, END),
    )
    assert "is no authority" in problem([child, LEAF], [ROOT])


def test_a_path_with_a_foreign_link_is_refused() -> None:
    other = make_own("BWV-0002", "Open BWV").certificates[0]
    assert "was not issued by" in problem([LEAF, other], [ROOT])


@pytest.mark.parametrize("length", [0, 5])
def test_a_path_of_no_or_of_many_certificates_is_refused(length: int) -> None:
    assert "1 to 4" in problem([LEAF] * length, [ROOT])


@pytest.mark.parametrize(
    ("at", "said"),
    [(datetime(2019, 1, 1, tzinfo=UTC), "counts from"), (datetime(9999, 12, 31, 23, 59, 59), "")],
)
def test_time_is_looked_at_where_one_is_given(at: datetime, said: str) -> None:
    at_ns = utc_ns(at.replace(tzinfo=UTC))
    if said:
        assert said in problem([LEAF], [ROOT], at_ns)
    else:
        assert check_path([LEAF], [ROOT], at_ns) is ROOT
    assert check_path([LEAF], [ROOT]) is ROOT


def test_a_certificate_that_has_run_out_says_when() -> None:
    key = new_key()
    issuer = Issuer(key, distinguished_name("root", "r"), key.public_key())
    root = issue(issuer, Holder(issuer.name, key.public_key()), Purpose.ISSUING, Life(BEGIN, END))
    leaf = issue(
        issuer,
        Holder(distinguished_name("l", "r"), new_key().public_key()),
        Purpose.SIGNING,
        Life(BEGIN, END),
    )
    assert "ran out at 2027-01-01" in problem([leaf], [root], utc_ns(END) + 10**9)


@given(st.from_regex(r"[A-Za-z0-9-]{1,32}", fullmatch=True))
def test_a_device_is_read_as_it_was_written(serial: str) -> None:
    assert parse_role_uri(role_uri(DeviceRole(serial))) == DeviceRole(serial)


@given(st.text(min_size=1, max_size=64).filter(lambda text: text.isprintable()))
def test_a_destination_is_read_as_it_was_written(name: str) -> None:
    uri = role_uri(DestinationRole(name))
    assert uri.isascii()
    assert parse_role_uri(uri) == DestinationRole(name)


@pytest.mark.parametrize(
    "uri", ["", "urn:bwv:", "urn:bwv:device:", "urn:bwv:device:a/b", "https://bwv", "URN:BWV:x"]
)
def test_any_other_uri_is_no_role(uri: str) -> None:
    with pytest.raises(ProtocolError):
        parse_role_uri(uri)


def test_a_certificate_with_no_or_with_two_roles_is_nobodys() -> None:
    with pytest.raises(IdentityError, match="does not say whose"):
        role_of(certificate())
    with pytest.raises(IdentityError, match="2 names"):
        role_of(certificate("urn:bwv:device:A", "urn:bwv:device:B"))
    with pytest.raises(IdentityError, match="neither"):
        role_of(certificate("https://example.org"))


def test_a_long_name_is_cut_and_an_empty_part_left_out() -> None:
    name = distinguished_name("c" * 100, "o", "")
    assert name.rfc4514_string() == f"CN={'c' * 64},O=o"


@given(st.integers(0, 4 * 10**18))
def test_times_are_whole_seconds(at_ns: int) -> None:
    assert utc_ns(instant(at_ns)) == at_ns // 10**9 * 10**9
