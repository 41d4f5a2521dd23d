"""Who stands behind a signature: chains against anchors and time."""

from datetime import datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from bwv_device.evidence.trust import Distrust, UntrustedError, read_anchors, require_trusted
from tests.support.signing_keys import FROM, UNTIL, Authority, make_root, the_root

S = 1_000_000_000


def utc_ns(at: datetime) -> int:
    return int(at.timestamp()) * S


THEN_NS = utc_ns(FROM + timedelta(days=30))


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def why(chain: list, anchors: list, at_utc_ns: int = THEN_NS) -> Distrust:  # type: ignore[type-arg]
    with pytest.raises(UntrustedError) as caught:
        require_trusted(chain, anchors, at_utc_ns)
    return caught.value.why


def test_a_leaf_below_an_anchor_is_trusted() -> None:
    leaf = the_root().issue(new_key(), "leaf")
    require_trusted([leaf], [make_root("other").certificate, the_root().certificate], THEN_NS)


def test_a_leaf_below_an_issuer_below_an_anchor_is_trusted() -> None:
    key = new_key()
    between = Authority(the_root().issue(key, "between", issues=True), key)
    leaf = between.issue(new_key(), "leaf")
    require_trusted([leaf, between.certificate], [the_root().certificate], THEN_NS)
    assert why([leaf], [the_root().certificate]) is Distrust.FOREIGN


def test_a_leaf_of_somebody_else_is_foreign() -> None:
    leaf = make_root("foreign").issue(new_key(), "leaf")
    assert why([leaf], [the_root().certificate]) is Distrust.FOREIGN


def test_one_that_borrows_the_name_of_the_anchor_is_foreign() -> None:
    leaf = make_root("test root").issue(new_key(), "leaf")
    assert why([leaf], [the_root().certificate]) is Distrust.FOREIGN


def test_a_leaf_can_vouch_for_nobody() -> None:
    key = new_key()
    leaf = Authority(the_root().issue(key, "leaf"), key)
    below = leaf.issue(new_key(), "below")
    assert why([below, leaf.certificate], [the_root().certificate]) is Distrust.FOREIGN


@pytest.mark.parametrize("at", [FROM - timedelta(days=1), UNTIL + timedelta(days=1)])
def test_a_leaf_counts_only_while_it_is_valid(at: datetime) -> None:
    leaf = the_root().issue(new_key(), "leaf")
    assert why([leaf], [the_root().certificate], utc_ns(at)) is Distrust.NOT_VALID_THEN


@pytest.mark.parametrize("at_utc_ns", [-(1 << 62), (1 << 62), 0])
def test_a_time_that_no_calendar_has_is_outside(at_utc_ns: int) -> None:
    leaf = the_root().issue(new_key(), "leaf")
    assert why([leaf], [the_root().certificate], at_utc_ns) is Distrust.NOT_VALID_THEN


def test_an_expired_leaf_was_trusted_when_it_signed() -> None:
    ends = FROM + timedelta(days=10)
    leaf = the_root().issue(new_key(), "leaf", until=ends)
    require_trusted([leaf], [the_root().certificate], utc_ns(ends - timedelta(days=1)))
    assert why([leaf], [the_root().certificate]) is Distrust.NOT_VALID_THEN


def test_without_an_anchor_nobody_is_trusted() -> None:
    assert why([the_root().issue(new_key(), "leaf")], []) is Distrust.NO_ANCHOR


def test_anchors_are_read_from_several_texts() -> None:
    other = make_root("other")
    found = read_anchors([the_root().pem + other.pem, other.pem])
    assert found == (the_root().certificate, other.certificate, other.certificate)
    with pytest.raises(ValueError):
        read_anchors(["nonsense"])
