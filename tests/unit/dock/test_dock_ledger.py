"""The ledger goes up at each docking, and whoever rewrites his history is exposed."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from bwv_device.dock import ledger_push
from bwv_device.errors import Kind as ErrorKind
from bwv_device.evidence.identity import load_or_create
from bwv_device.evidence.ledger.check import Checked
from bwv_device.evidence.ledger.entry import Stamp, parse_line
from bwv_device.evidence.ledger.keeper import Fact, LedgerKeeper
from bwv_device.evidence.ledger.kept import FILE_NAME, Kept
from bwv_device.evidence.ledger.kinds import Kind, ServerKind
from bwv_device.evidence.ledger.ledger import Ledger
from bwv_device.evidence.ledger.read import check_folder
from bwv_device.evidence.ledger.segment import FOLDER, segment_file, segment_numbers
from bwv_device.protocol.connection import ConnectionFile, parse_connection_file
from bwv_device.protocol.names import LEDGER_PREFIX
from dock_server.private_files import write_connection_files
from dock_server.tables import LedgerRow
from tests.destination.in_process import InProcess
from tests.support.docking_camera import IDENTITY, Rig
from tests.unit.dock.fake_destination import FakeDestination


def connection_of(server: InProcess) -> ConnectionFile:
    services = server.services
    url = f"http://127.0.0.1:{server.wire.port}"
    anchor = services.receipt_anchor_pem
    write_connection_files(services.folders, url, services.settings, None, anchor)
    return parse_connection_file(services.folders.connection_file.read_bytes())


class Camera(Rig):
    """A rig with a ledger."""

    def __init__(self, folder: Path, connection: ConnectionFile) -> None:
        super().__init__(folder, connection)
        self.ledger_folder = self.folder / FOLDER
        signer = load_or_create(self.folder, IDENTITY.serial, IDENTITY.model).signer
        self.keeper = self.ledger = LedgerKeeper(
            lambda: Ledger.open(self.ledger_folder, IDENTITY.serial, self.now, signer),
            self.clock.monotonic_ns,
        )

    def now(self) -> Stamp:
        reading = self.clock.utc_reading()
        return Stamp(reading.utc_ns, reading.error_ns, reading.monotonic_ns)

    def live(self, state: str = "pre_record", beats: int = 3) -> None:
        for _ in range(beats):
            self.clock.advance_s(5)
            self.keeper.enter(Fact(Kind.ALIVE, {"state": state}, self.now()))

    def checked(self) -> Checked:
        return check_folder(self.ledger_folder)

    def kept(self) -> Kept:
        return Kept(self.ledger_folder, self.memory.binding)

    def entries(self, kind: Kind) -> list[dict[str, object]]:
        return [each.data for each in self.checked().entries if each.kind == kind]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[InProcess]:
    made = InProcess(tmp_path / "server")
    yield made
    made.close()


@pytest.fixture
def camera(tmp_path: Path, server: InProcess) -> Iterator[Camera]:
    made = Camera(tmp_path, connection_of(server))
    yield made
    made.keeper.close()
    made.close()


def rows(server: InProcess) -> list[LedgerRow]:
    catalogue = server.services.catalogue
    return [row for one in catalogue.ledgers() for row in catalogue.ledger_segments(one.name)]


def test_all_that_was_entered_is_at_the_server_behind_each_docking(
    camera: Camera, server: InProcess
) -> None:
    for visit in range(1, 4):
        camera.live()
        camera.record(trigger_s=60 * visit)
        assert camera.push().ok
        found = rows(server)
        assert [row.segment for row in found] == list(range(1, 2 * visit + 1))
        assert {row.findings for row in found} == {""}
    checked = camera.checked()
    assert checked.ok and not checked.findings
    at_server = {row.last: row.hash for row in found}
    own = {each.number: each.hash for each in checked.entries}
    assert all(own[number] == hash_ for number, hash_ in at_server.items())
    assert camera.kept().held == frozenset(range(1, 7))


def test_each_side_has_the_others_head_in_its_own_ledger(camera: Camera, server: InProcess) -> None:
    camera.live()
    camera.push()
    camera.live()
    camera.push()
    heads = camera.entries(Kind.SERVER_HEAD)
    kept = camera.kept().server
    assert kept is not None and heads[-1]["hash"] == kept.hash and len(heads) == 4
    own = check_folder(server.services.folders.ledger)
    stored = [each.data for each in own.entries if each.kind == ServerKind.SEGMENT_STORED]
    assert [each["segment"] for each in stored] == [1, 2, 3, 4]
    numbers = {each.number: each.hash for each in own.entries}
    assert all(numbers[int(str(head["number"]))] == head["hash"] for head in heads)


def test_a_server_that_begins_its_ledger_anew_is_exposed(camera: Camera, server: InProcess) -> None:
    camera.live()
    camera.push()
    kept = camera.kept().server
    keeper = server.services.own_ledger._keeper
    with keeper.opened() as ledger:
        shutil.rmtree(ledger.folder)
        keeper._ledger = None
    camera.live()
    summary = camera.push()
    assert {problem.kind for problem in summary.problems} == {ErrorKind.FAULT}
    assert all("does not go on from entry" in problem.text for problem in summary.problems)
    assert camera.kept().server == kept, "what it stated before is the evidence"
    told = camera.entries(Kind.SERVER_REWROTE)
    assert told and "does not go on from entry" in str(told[0]["text"])


def test_a_server_that_rewrites_an_entry_of_its_ledger_is_exposed_though_it_signs_anew(
    camera: Camera, server: InProcess
) -> None:
    camera.live()
    camera.push()
    own = server.services.own_ledger
    with own._keeper.opened() as ledger:
        path = segment_file(ledger.folder, 1)
        lines = path.read_bytes().splitlines(keepends=True)
        # An entry before the kept head goes, and all behind it is chained and signed anew.
        signer, now, run = ledger._signer, ledger._now, ledger.run
        path.write_bytes(b"".join(lines[:3]))
        forged = Ledger.open(ledger.folder, "Test dock", now, signer, run)
        for line in lines[4:]:
            entry = parse_line(line)
            forged.append(entry.kind, entry.data, entry.stamp)
        own._keeper._ledger = forged
    assert check_folder(server.services.folders.ledger).ok, "by itself nothing shows"
    camera.live()
    summary = camera.push()
    assert any("does not go on" in problem.text for problem in summary.problems)


def test_a_camera_that_rewrites_a_segment_that_the_server_has_is_exposed(
    camera: Camera, server: InProcess
) -> None:
    camera.live()
    camera.push()
    (camera.ledger_folder / FILE_NAME).unlink()
    path = segment_file(camera.ledger_folder, 1)
    path.write_bytes(path.read_bytes().replace(b'"state":"pre_record"', b'"state":"standby"', 1))
    summary = camera.push()
    assert any("another segment 1 of this ledger" in each.text for each in summary.problems)
    assert rows(server)[0].findings == "", "the server has the first one still"


def test_a_repeat_whose_answer_was_lost_is_no_conflict(camera: Camera, server: InProcess) -> None:
    camera.live()
    camera.push()
    (camera.ledger_folder / FILE_NAME).unlink()
    summary = camera.push()
    assert summary.ok
    assert camera.kept().held == frozenset(range(1, 5)) and len(rows(server)) == 4


def test_a_destination_that_takes_no_ledger_gets_none(rig: Rig, fake: FakeDestination) -> None:
    camera = Camera(rig.folder.parent / "other", fake.connection())
    camera.live()
    camera.record()
    assert camera.push().ok
    assert not any(path.startswith(LEDGER_PREFIX) for path in fake.containers)
    assert segment_numbers(camera.ledger_folder) == [1], "nothing was closed for nobody"
    camera.keeper.close()
    camera.close()


def test_only_what_is_held_makes_room_and_only_beyond_the_budget(
    camera: Camera, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        camera.live()
        camera.push()
    assert segment_numbers(camera.ledger_folder) == list(range(1, 8))
    size = segment_file(camera.ledger_folder, 6).stat().st_size
    monkeypatch.setattr(ledger_push, "BUDGET_BYTES", 3 * size)
    camera.live()
    assert camera.push().ok
    left = segment_numbers(camera.ledger_folder)
    assert left[-1] == 9 and len(left) in (3, 4)
    checked = camera.checked()
    assert checked.ok and not checked.findings and checked.begins > 1


def test_a_head_that_nobody_we_trust_has_signed_is_not_kept(camera: Camera, tmp_path: Path) -> None:
    stranger = InProcess(tmp_path / "stranger")
    try:
        foreign = connection_of(stranger)
    finally:
        stranger.close()
    camera.connection = camera.make_connection(receipt_certificate=foreign.receipt_certificate)
    camera.live()
    summary = camera.push()
    assert any("signed by nobody we trust" in each.text for each in summary.problems)
    assert camera.kept().server is None and not camera.entries(Kind.SERVER_HEAD)


def test_a_kept_file_that_can_not_be_read_is_set_aside(camera: Camera) -> None:
    camera.live()
    camera.push()
    (camera.ledger_folder / FILE_NAME).write_text("{")
    assert camera.kept().held == frozenset()
    assert (camera.ledger_folder / f"{FILE_NAME}.damaged").read_text() == "{"


def test_a_ledger_that_can_not_be_written_holds_no_footage_back(
    camera: Camera, monkeypatch: pytest.MonkeyPatch
) -> None:
    camera.record()
    monkeypatch.setattr(camera.keeper, "_open", _no_card)
    summary = camera.push()
    assert summary.recordings_completed == 1
    assert any("the ledger can't be written now" in each.text for each in summary.problems)


def _no_card() -> Ledger:
    from bwv_device.evidence.errors import StoreError

    raise StoreError("the card does not answer")
