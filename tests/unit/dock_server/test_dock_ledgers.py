"""Cameras' ledgers at the server, and the server's own: each kept by the other side."""

import hashlib
import shutil
from pathlib import Path

import pytest

from bwv_device.evidence.identity import load_or_create
from bwv_device.evidence.ledger.check import check_segments
from bwv_device.evidence.ledger.head import Head, is_signed, leads_to
from bwv_device.evidence.ledger.kinds import Kind, ServerKind
from bwv_device.evidence.ledger.ledger import Ledger
from bwv_device.evidence.ledger.read import check_folder
from bwv_device.evidence.ledger.segment import segment_file
from bwv_device.evidence.signer import Signer
from bwv_device.protocol import names
from bwv_device.protocol.ledger_head import AFTER, LedgerHead, parse_ledger_head
from bwv_device.protocol.roles import DeviceRole
from dock_server import own_ledger
from dock_server.ledgers import Ledgers
from dock_server.tables import LedgerRow
from tests.destination.in_process import InProcess
from tests.destination.wire import SERIAL, Answer, Wire
from tests.support.ledgers import Hand
from tests.support.signing_keys import make_root, make_signer
from tests.unit.dock_server.test_dock_receipts import complete, fill


class Camera:
    """A camera's ledger, and its way to the server."""

    def __init__(self, folder: Path, wire: Wire, serial: str = SERIAL) -> None:
        self.folder, self.wire, self.hand = folder / "ledger", wire, Hand()
        signer = load_or_create(folder, serial, "Open BWV").signer
        self.ledger = Ledger.open(self.folder, serial, self.hand.now, signer)
        self.container = names.ledger_container(serial, self.ledger.id)

    def segment(self) -> bytes:
        """One more, closed."""
        for _ in range(3):
            self.ledger.append(Kind.ALIVE, {"state": "standby"}, self.hand.go_on_s(5))
        return segment_file(self.folder, self.ledger.close_segment()).read_bytes()

    def send(self, number: int, data: bytes) -> Answer:
        self.wire.put(self.container)
        return self.wire.put(self.container, names.ledger_object(number), data)


@pytest.fixture
def camera(tmp_path: Path, wire: Wire) -> Camera:
    wire.register()
    return Camera(tmp_path / "camera", wire)


def rows(dock: InProcess, camera: Camera) -> list[LedgerRow]:
    return list(dock.services.catalogue.ledger_segments(camera.container))


def own(dock: InProcess) -> list[tuple[str, dict[str, object]]]:
    made = check_folder(dock.services.folders.ledger)
    assert made.ok, made.findings
    return [(each.kind, each.data) for each in made.entries]


def head(wire: Wire, after: int | None = None) -> LedgerHead:
    headers = {} if after is None else {AFTER: str(after)}
    answer = wire.get("System", names.LEDGER_HEAD_OBJECT, headers)
    assert answer.status == 200, answer.text
    return parse_ledger_head(answer.body)


def test_segments_that_follow_one_another_are_found_right_and_their_head_is_kept(
    dock: InProcess, camera: Camera
) -> None:
    parts = [camera.segment() for _ in range(3)]
    for number, data in enumerate(parts, 1):
        assert camera.send(number, data).status == 201
    found = rows(dock, camera)
    assert [row.findings for row in found] == ["", "", ""]
    expected = check_segments(list(enumerate(parts, 1))).head
    assert (found[-1].last, found[-1].hash) == (expected.number, expected.hash)
    assert found[-1].signed == expected.number - 1
    stored = [data for kind, data in own(dock) if kind == ServerKind.SEGMENT_STORED]
    assert [data["segment"] for data in stored] == [1, 2, 3]
    assert stored[-1]["hash"] == expected.hash
    assert stored[-1]["sha256"] == hashlib.sha256(parts[-1]).hexdigest()


def test_a_segment_never_changes_and_its_repeat_is_fine(dock: InProcess, camera: Camera) -> None:
    data = camera.segment()
    assert camera.send(1, data).status == 201
    assert camera.send(1, data).status == 201
    assert camera.send(1, data[:-1] + b"\r").status == 409
    assert len(rows(dock, camera)) == 1


def test_a_history_that_was_rewritten_since_does_not_go_on_from_the_head_that_is_kept(
    dock: InProcess, camera: Camera, tmp_path: Path
) -> None:
    first = camera.segment()
    assert camera.send(1, first).status == 201
    # The same camera, with its own key, tells its life anew from its third entry on.
    again = tmp_path / "again"
    again.mkdir()
    kept = b"".join(first.splitlines(keepends=True)[:2])
    segment_file(again, 1).write_bytes(kept)
    signer = load_or_create(tmp_path / "camera", SERIAL, "Open BWV").signer
    forged = Ledger.open(again, SERIAL, camera.hand.now, signer)
    forged.append(Kind.ALIVE, {"state": "off"})
    parts = [segment_file(again, forged.close_segment()).read_bytes() for _ in range(2)]
    assert check_segments(list(enumerate(parts, 1)), are_closed=True).ok, "by itself it is whole"
    assert camera.send(1, parts[0]).status == 409
    assert camera.send(2, parts[1]).status == 201
    assert rows(dock, camera)[1].findings


def test_what_is_wrong_is_kept_and_named_and_never_refused(dock: InProcess, camera: Camera) -> None:
    first, second = camera.segment(), camera.segment()
    camera.send(2, second)
    assert rows(dock, camera)[0].findings == "segment 1 is not here"
    camera.send(1, first.replace(b"standby", b"stand-by", 1))
    one, two = rows(dock, camera)
    assert "entry 4 does not follow" in one.findings or "entry 3 does not follow" in one.findings
    assert two.findings == "", "it is looked at again, and follows from what is stated"
    camera.send(3, b"\0 no ledger at all\n" * 5)
    assert "no entry" in rows(dock, camera)[2].findings


def test_another_cameras_segment_is_named(dock: InProcess, camera: Camera, tmp_path: Path) -> None:
    camera.wire.put("Devices", "BWV-0002", Name="Camera 2", Active="True")
    other = Camera(tmp_path / "other", camera.wire, "BWV-0002")
    camera.send(1, other.segment())
    found = rows(dock, camera)[0].findings
    assert "another ledger" in found and "another camera" in found and "BWV-0002" in found


def test_a_ledger_of_an_unknown_camera_or_under_no_name_of_one_is_refused(
    dock: InProcess, camera: Camera
) -> None:
    assert camera.wire.put("Ledger_BWV-9999_0123456789abcdef").status == 400
    assert camera.wire.put("Ledger_BWV-0001_0123456789abcdeX").status == 400
    camera.wire.put(camera.container)
    assert camera.wire.put(camera.container, "footage.mp4", b"x").status == 400
    assert not any(path.startswith("Ledger_") for path in dock.content())


def test_a_server_that_was_ended_before_it_looked_makes_up_for_it(
    dock: InProcess, camera: Camera, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(dock.services.ledgers), "catch_up", lambda *_args, **_how: None)
    camera.send(1, camera.segment())
    assert rows(dock, camera) == []
    monkeypatch.undo()
    dock.services.ledgers.catch_up_all()
    assert [row.findings for row in rows(dock, camera)] == [""]


def test_each_receipt_is_in_the_servers_own_ledger_before_it_is_given(
    dock: InProcess, wire: Wire
) -> None:
    fill(wire)
    answer = complete(wire)
    (entered,) = (data for kind, data in own(dock) if kind == ServerKind.RECEIPT)
    assert entered["sha256"] == hashlib.sha256(answer.body).hexdigest()
    assert (entered["device"], entered["number"]) == (SERIAL, 1)


def test_the_servers_head_is_signed_and_later_ones_are_led_to_from_it(
    camera: Camera,
) -> None:
    old = head(camera.wire)
    assert is_signed(Head(old.ledger, old.number, old.hash), old.signature, old.certificates)
    assert old.is_last and old.digests == ()
    for number in range(1, 4):
        camera.send(number, camera.segment())
    new = head(camera.wire, old.number)
    digests = [bytes.fromhex(digest) for digest in new.digests]
    before = Head(old.ledger, old.number, old.hash)
    assert new.number > old.number and new.is_last
    assert leads_to(before, digests, Head(new.ledger, new.number, new.hash))
    assert not leads_to(Head(old.ledger, old.number, "00" * 32), digests, Head(*_head(new)))


def _head(stated: LedgerHead) -> tuple[str, int, str]:
    return stated.ledger, stated.number, stated.hash


def test_a_head_far_ahead_is_reached_in_steps(
    camera: Camera, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_ledger, "DIGESTS_MAX", 2)
    old = head(camera.wire)
    for number in range(1, 8):
        camera.send(number, camera.segment())
    steps = 0
    while not (new := head(camera.wire, old.number)).is_last:
        digests = [bytes.fromhex(digest) for digest in new.digests]
        assert len(digests) == 2 and leads_to(Head(*_head(old)), digests, Head(*_head(new)))
        old, steps = new, steps + 1
    assert steps >= 2


def test_a_head_that_lies_ahead_of_the_ledger_is_led_to_by_nothing(
    camera: Camera,
) -> None:
    stated = head(camera.wire, 10_000)
    assert stated.digests == () and stated.number < 10_000
    assert camera.wire.get("System", names.LEDGER_HEAD_OBJECT, {AFTER: "-1"}).status == 400
    assert camera.wire.put("System", names.LEDGER_HEAD_OBJECT).status == 403


def page(camera: Camera, path: str) -> str:
    answer = camera.wire.ask("GET", path)
    assert answer.status == 200, answer.text
    return answer.text


def test_the_page_shows_what_the_camera_did_and_where_nobody_knows(camera: Camera) -> None:
    assert "No ledger has arrived yet" in page(camera, "/ledgers")
    camera.ledger.append(Kind.BOOT, {}, camera.hand.now())
    camera.ledger.append(Kind.STATE, {"state": "pre_record"}, camera.hand.go_on_s(1))
    camera.send(1, camera.segment())
    camera.hand.go_on_s(100)
    camera.send(2, camera.segment())
    listed = page(camera, "/ledgers")
    assert SERIAL in listed and "Whole" in listed and f"/ledgers/{camera.container}" in listed
    shown = page(camera, f"/ledgers/{camera.container}")
    for text in ("pre_record 5.0 s", "unknown", "no sign of life", "nobody knows what the camera"):
        assert text in shown, shown
    head = camera.ledger.head
    assert f"{head.ledger}:" in shown


def test_the_page_names_what_is_wrong_and_takes_no_words_of_a_ledger_for_its_own(
    camera: Camera,
) -> None:
    camera.ledger.append(Kind.STATE, {"state": "<script>alert(1)</script>"}, camera.hand.now())
    data = camera.segment()
    camera.send(1, data)
    camera.send(3, b"<script>alert(2)</script>\n")
    shown = page(camera, f"/ledgers/{camera.container}")
    assert "<script" not in shown and "&lt;script&gt;" in shown
    assert "segment 2 is not here" in shown and "Changed or damaged" in shown
    assert camera.wire.ask("GET", "/ledgers/Ledger_BWV-0001_0000000000000000").status == 404
    assert camera.wire.ask("GET", "/ledgers/System").status == 404


def test_a_camera_that_began_a_second_ledger_is_named(camera: Camera, tmp_path: Path) -> None:
    camera.send(1, camera.segment())
    again = Camera(tmp_path / "again", camera.wire)
    again.send(1, again.segment())
    assert page(camera, "/ledgers").count("this camera has begun 2 ledgers") == 2


def resigned(camera: Camera, folder: Path, signer: Signer) -> bytes:
    """The camera's next segment, as somebody with a copy of the card and another key has it."""
    shutil.copytree(camera.folder, folder)
    forged = Ledger.open(folder, SERIAL, camera.hand.now, signer)
    forged.append(Kind.ALIVE, {"state": "off"}, camera.hand.go_on_s(5))
    forged.close_segment()
    number = len(list(folder.glob("*.jsonl"))) - 1
    return segment_file(folder, number).read_bytes()


def test_a_key_that_a_stranger_made_with_the_same_serial_number_is_not_the_one_before(
    dock: InProcess, camera: Camera, tmp_path: Path
) -> None:
    camera.send(1, camera.segment())
    stranger = load_or_create(tmp_path / "stranger", SERIAL, "Open BWV").signer
    camera.send(2, resigned(camera, tmp_path / "copy", stranger))
    first, second = rows(dock, camera)
    assert first.findings == "" and "it is not the one that signed before" in second.findings


def test_a_key_that_the_authority_vouches_for_may_take_over_and_no_other_may_after_it(
    dock: InProcess, camera: Camera, tmp_path: Path
) -> None:
    root = make_root("Force")
    vouched = make_signer(root, SERIAL, DeviceRole(SERIAL))
    ledgers = Ledgers(
        *(dock.services.catalogue, dock.services.folders, dock.services.own_ledger),
        (root.certificate,),
    )
    camera.send(1, camera.segment())
    camera.send(2, resigned(camera, tmp_path / "enrolled", vouched))
    ledgers.catch_up(camera.container, again=1)
    assert [row.findings for row in rows(dock, camera)] == ["", ""]
    camera.folder = tmp_path / "enrolled"
    own = load_or_create(tmp_path / "camera", SERIAL, "Open BWV").signer
    camera.send(3, resigned(camera, tmp_path / "back", own))
    ledgers.catch_up(camera.container, again=1)
    assert "nobody vouches for it" in rows(dock, camera)[2].findings
