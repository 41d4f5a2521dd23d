"""The authority's own files, its server's certificate and the signer of receipts."""

import hashlib
import stat
from pathlib import Path

import pytest
from cryptography import x509

from bwv_device.evidence.identity.credential import parse_certificates, read_credential
from bwv_device.evidence.identity.profile import Purpose, new_key
from bwv_device.evidence.identity.requests import Request
from bwv_device.evidence.identity.trust import check_path, role_of
from bwv_device.evidence.signer import Signer
from bwv_device.protocol.roles import DestinationRole
from dock_server.authority.authority import Authority
from dock_server.authority.receipts import receipt_key_of
from dock_server.authority.revocation import issued, revoke
from dock_server.clock import ServerClock
from dock_server.errors import StartError
from dock_server.receipt_signer import own_receipt_key
from dock_server.settings import Folders
from dock_server.tls import ServerTls

DAY_NS = 86_400 * 10**9


def receipt_signer(authority: Authority, site_name: str) -> Signer:
    return receipt_key_of(authority, Folders(authority.files.directory), site_name).signer


class Hands:
    """The time, turned by hand."""

    def __init__(self) -> None:
        self.utc_ns = 1_800_000_000 * 10**9

    def clock(self) -> ServerClock:
        return ServerClock(lambda: self.utc_ns, lambda: 0.0)


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def authority(tmp_path: Path, hands: Hands) -> Authority:
    return Authority.create(tmp_path, "Test force", hands.clock())


def test_an_authority_is_made_once_and_opened_again(authority: Authority, hands: Hands) -> None:
    directory = authority.files.directory
    with pytest.raises(StartError, match="already"):
        Authority.create(directory, "Another", hands.clock())
    assert Authority.open(directory, hands.clock()).certificate == authority.certificate
    assert authority.name == "Test force"


def test_without_one_the_command_that_makes_one_is_named(tmp_path: Path, hands: Hands) -> None:
    with pytest.raises(StartError, match="bwv dock authority init"):
        Authority.open(tmp_path, hands.clock())


@pytest.mark.parametrize("name", ["", "  ", "a\nb"])
def test_a_name_that_no_certificate_can_show_is_refused(
    tmp_path: Path, hands: Hands, name: str
) -> None:
    with pytest.raises(StartError, match="printable"):
        Authority.create(tmp_path, name, hands.clock())


def test_a_damaged_authority_is_refused_and_left_alone(authority: Authority, hands: Hands) -> None:
    authority.files.authority.write_bytes(b"torn")
    with pytest.raises(StartError, match="restore it"):
        Authority.open(authority.files.directory, hands.clock())
    assert authority.files.authority.read_bytes() == b"torn"


def test_its_files_are_for_its_user_only(authority: Authority) -> None:
    ServerTls(authority, "Dock", ["dock.example"])
    receipt_signer(authority, "Dock")
    folder = authority.files.folder
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert b"PRIVATE" not in authority.files.certificate.read_bytes()


def test_its_key_is_in_no_text(authority: Authority) -> None:
    number = authority.credential.key.private_numbers().private_value
    assert str(number) not in repr(authority) and f"{number:x}" not in repr(authority)


def test_the_root_issues_leaves_only(authority: Authority) -> None:
    constraints = authority.certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (constraints.critical, constraints.value.ca, constraints.value.path_length) == (
        True,
        True,
        0,
    )


def test_the_servers_certificate_names_its_hosts_and_this_machine(authority: Authority) -> None:
    ServerTls(authority, "Dock", ["dock.example", "192.0.2.7"])
    leaf = read_credential(authority.files.server).leaf
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert set(names.get_values_for_type(x509.DNSName)) == {"dock.example", "localhost"}
    addresses = {str(one) for one in names.get_values_for_type(x509.IPAddress)}
    assert addresses == {"192.0.2.7", "127.0.0.1", "::1"}


def test_the_servers_certificate_is_kept_until_half_of_its_life_is_over(
    authority: Authority, hands: Hands
) -> None:
    tls = ServerTls(authority, "Dock", ["dock.example"])
    first = authority.files.server.read_bytes()
    hands.utc_ns += 29 * DAY_NS
    assert not tls.renew_if_old()
    ServerTls(authority, "Dock", ["dock.example"])
    assert authority.files.server.read_bytes() == first
    hands.utc_ns += 2 * DAY_NS
    assert tls.renew_if_old()
    assert authority.files.server.read_bytes() != first
    assert not tls.renew_if_old()


@pytest.mark.parametrize("damage", [b"", b"torn"])
def test_a_damaged_or_misnamed_server_certificate_is_made_anew(
    authority: Authority, damage: bytes
) -> None:
    ServerTls(authority, "Dock", ["dock.example"])
    authority.files.server.write_bytes(damage)
    ServerTls(authority, "Dock", ["dock.example"])
    first = read_credential(authority.files.server).leaf
    ServerTls(authority, "Dock", ["other.example"])
    assert read_credential(authority.files.server).leaf != first


def test_receipts_are_signed_as_a_destination_below_the_authority(
    authority: Authority, hands: Hands
) -> None:
    signer = receipt_signer(authority, "Dock of Häfen 7")
    chain = parse_certificates(signer.certificate_chain_pem)
    assert role_of(chain[0]) == DestinationRole("Dock of Häfen 7")
    check_path(chain, [authority.certificate], hands.utc_ns)
    assert len(signer.sign(hashlib.sha256(b"receipt").digest())) <= 72


@pytest.mark.parametrize("name", ["D", "Dock", "D" * 64])
def test_a_site_may_be_called_as_its_authority(tmp_path: Path, hands: Hands, name: str) -> None:
    """The issuer of a leaf is another than its holder, or verifiers take the leaf for an anchor."""
    authority = Authority.create(tmp_path, name, hands.clock())
    for key in (receipt_signer(authority, name), own_receipt_key(Folders(tmp_path), name).signer):
        leaf = parse_certificates(key.certificate_chain_pem)[0]
        assert leaf.issuer != leaf.subject
    leaf = authority.make_server(name, []).leaf
    assert leaf.issuer != leaf.subject


def test_the_receipts_key_stays_until_it_is_old_or_the_site_is_another(
    authority: Authority, hands: Hands
) -> None:
    first = receipt_signer(authority, "Dock").certificate_chain_pem
    assert receipt_signer(authority, "Dock").certificate_chain_pem == first
    assert receipt_signer(authority, "Other").certificate_chain_pem != first
    second = receipt_signer(authority, "Other").certificate_chain_pem
    hands.utc_ns += 551 * DAY_NS
    assert receipt_signer(authority, "Other").certificate_chain_pem != second


def test_an_issued_file_that_is_damaged_is_told_and_the_others_are_listed(
    authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    with authority.files.locked():
        authority.issue_device(Request("A", "", new_key().public_key()), Purpose.TRANSPORT)
    authority.files.issued_file(7).write_bytes(b"torn")
    assert len(list(issued(authority))) == 1
    assert "there is no readable certificate" in caplog.text


def test_a_revocation_that_says_nothing_counts_all_the_same(authority: Authority) -> None:
    with authority.files.locked():
        made = authority.issue_device(Request("A", "", new_key().public_key()), Purpose.TRANSPORT)
    authority.files.revoked_file(made.serial_number).write_bytes(b"")
    (found,) = issued(authority)
    assert found.revoked_utc_ns == 0
    assert revoke(authority, "A", "again") == 0
    crl = x509.load_pem_x509_crl(authority.files.revocation_list.read_bytes())
    assert [one.serial_number for one in crl] == [made.serial_number]


def test_receipts_of_the_time_before_the_authority_are_still_believed(
    authority: Authority,
) -> None:
    folders = Folders(authority.files.directory)
    before = own_receipt_key(folders, "Dock")
    now = receipt_key_of(authority, folders, "Dock")
    anchors = parse_certificates(now.anchor_pem)
    assert anchors == (authority.certificate, *parse_certificates(before.anchor_pem))
    for key in (before, now):
        check_path(parse_certificates(key.signer.certificate_chain_pem), anchors)
