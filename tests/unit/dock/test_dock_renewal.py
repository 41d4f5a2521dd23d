"""Certificates are renewed in the dock, by the destination's time; a virtual clock runs on."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st

from bwv_device.dock.enrolment import obtain
from bwv_device.dock.errors import (
    CertificateRefusedError,
    DockError,
    EnrolmentError,
    NetworkError,
    UndockedError,
)
from bwv_device.dock.est_client import Authorities, EstClient
from bwv_device.dock.renewal import RENEW_LEFT, left, renew
from bwv_device.evidence.identity import Enrolment, Identity, load_or_create
from bwv_device.evidence.identity.errors import IdentityError
from bwv_device.evidence.identity.files import IdentityFiles
from bwv_device.evidence.identity.profile import Purpose
from bwv_device.evidence.identity.requests import parse_request
from bwv_device.protocol.est import Label
from dock_server.authority.authority import Authority
from dock_server.authority.codes import new_code
from dock_server.authority.enrolment import enrol
from dock_server.authority.enrolment import renew as issue_again
from dock_server.clock import ServerClock

SERIAL, MODEL = "BWV-0001", "Open BWV"
DAY_NS = 86_400 * 10**9
PURPOSES = {Label.TRANSPORT: Purpose.TRANSPORT, Label.SIGNING: Purpose.SIGNING}


class World(EstClient):
    """A camera and an authority that talk without a network, and their time."""

    def __init__(self, folder: Path) -> None:
        self.utc_ns = 1_800_000_000 * 10**9
        self.authority = Authority.create(
            folder / "dock", "Force", ServerClock(lambda: self.utc_ns, lambda: 0.0)
        )
        self.store = folder / "store"
        self.files = IdentityFiles(self.store, SERIAL)
        self.error: DockError | None = None
        self.asked = 0
        self.renewals = 0
        self.has_time = True

    def authorities(self) -> Authorities:
        if isinstance(self.error, NetworkError | UndockedError):
            raise self.error
        return Authorities((self.authority.certificate,), self.utc_ns if self.has_time else None)

    def further(self, request: bytes, label: Label, *, renewal: bool) -> list[x509.Certificate]:
        self.asked += 1
        self.renewals += renewal
        if self.error is not None:
            raise self.error
        shown = self.identity.transport
        assert shown is not None
        asked, leaf = parse_request(request), shown.credential.leaf
        try:
            return [issue_again(self.authority, asked, leaf, PURPOSES[label])]
        except IdentityError as error:
            raise EnrolmentError(str(error)) from error

    @property
    def identity(self) -> Identity:
        return load_or_create(self.store, SERIAL, MODEL)

    def enrol(self, *_: object) -> list[x509.Certificate]:  # type: ignore[override]
        code = new_code(self.authority, SERIAL)
        anchors = [self.authority.certificate]

        def first(request: bytes) -> list[x509.Certificate]:
            return [enrol(self.authority, parse_request(request), SERIAL, code)]

        made = obtain(self.files, Purpose.TRANSPORT, MODEL, anchors, first)
        return list(made.certificates)

    def dock(self, device_utc_ns: int | None = None) -> Sequence[str]:
        """What a docking renews, and tells."""
        found = self.identity
        assert found.transport is not None
        utc_ns = self.utc_ns if device_utc_ns is None else device_utc_ns
        return renew(self.files, found, found.transport, self, utc_ns)

    def later(self, days: float) -> None:
        self.utc_ns += round(days * DAY_NS)

    def leaf(self) -> x509.Certificate:
        transport = self.identity.transport
        assert transport is not None
        return transport.credential.leaf


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path)
    made.enrol()
    return made


def test_the_first_docking_brings_the_signing_certificate_that_was_missing(world: World) -> None:
    assert world.identity.enrolment is Enrolment.NOT_ENROLLED
    assert world.dock() == []
    assert world.identity.enrolment is Enrolment.ENROLLED
    assert (world.asked, world.renewals) == (1, 0)


def test_a_young_certificate_is_left_as_it_is(world: World) -> None:
    world.dock()
    before, asked = world.leaf(), world.asked
    world.later(19)
    assert world.dock() == []
    assert (world.leaf(), world.asked) == (before, asked)


def test_with_less_than_two_thirds_left_it_is_renewed_with_a_new_key(world: World) -> None:
    world.dock()
    before = world.leaf()
    world.later(21)
    assert world.dock() == []
    after = world.leaf()
    assert after.public_key() != before.public_key()
    assert left(after, world.utc_ns) > RENEW_LEFT


@settings(max_examples=10, deadline=None)
@given(st.lists(st.floats(0.1, 38), min_size=40, max_size=60))
def test_a_camera_that_docks_every_five_weeks_never_needs_a_code(
    tmp_path_factory: pytest.TempPathFactory, gaps_days: list[float]
) -> None:
    world = World(tmp_path_factory.mktemp("world"))
    world.enrol()
    for days in gaps_days:
        world.later(days)
        assert left(world.leaf(), world.utc_ns) > 0
        assert world.dock() == []
        world.authority.check(world.leaf())
        assert left(world.identity.signing.leaf, world.utc_ns) > 1 / 2


def test_signing_is_renewed_over_the_years(world: World) -> None:
    world.dock()
    before = world.identity.signing.leaf
    for _ in range(14):
        world.later(30)
        assert world.dock() == []
    assert world.identity.signing.leaf != before


def test_the_servers_time_counts_and_not_the_cameras(world: World) -> None:
    world.dock()
    before = world.leaf()
    assert world.dock(device_utc_ns=world.utc_ns + 50 * DAY_NS) == []
    assert world.leaf() == before
    world.later(50)
    assert world.dock(device_utc_ns=0) == []
    assert world.leaf() != before


def test_where_the_server_does_not_say_its_time_the_cameras_counts(world: World) -> None:
    world.dock()
    before = world.leaf()
    world.has_time = False
    world.later(21)
    world.dock()
    assert world.leaf() != before


@pytest.mark.parametrize(
    "error", [NetworkError("no network"), EnrolmentError("no"), EnrolmentError("busy")]
)
def test_a_failed_renewal_leaves_the_old_one_and_is_told_when_time_is_short(
    world: World, error: DockError
) -> None:
    world.dock()
    before = world.leaf()
    world.error = error
    world.later(30)
    assert world.dock() == []
    world.later(15)
    (told,) = world.dock()
    assert "could not be renewed" in told and str(error) in told and "ends on" in told
    assert world.leaf() == before
    world.error = None
    assert world.dock() == []
    assert world.leaf() != before


def test_one_that_has_run_out_is_told_and_brings_nothing_new(world: World) -> None:
    world.dock()
    before = world.leaf()
    world.later(61)
    (told,) = world.dock()
    assert "ran out" in told
    assert world.leaf() == before


def test_one_that_has_run_out_and_can_not_be_shown_is_refused_with_the_cure(
    world: World,
) -> None:
    world.dock()
    world.error = NetworkError("it hung up")
    world.later(59)
    assert len(world.dock()) == 1
    world.later(2)
    with pytest.raises(CertificateRefusedError, match=r"bwv dock enrol.*it hung up"):
        world.dock()


def test_taken_off_the_dock_it_breaks_off(world: World) -> None:
    world.later(30)
    world.error = UndockedError("off")
    with pytest.raises(UndockedError):
        world.dock()
