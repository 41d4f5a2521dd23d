"""Receipts: over what the disk gives back, the same for the same content, in a chain."""

import hashlib
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from bwv_device.evidence.jws import MEDIA_TYPE
from bwv_device.evidence.receipt.schema import Held
from bwv_device.evidence.receipt.signed import (
    SignedReceipt,
    contradiction,
    read_receipt,
    require_covers,
)
from bwv_device.evidence.trust import read_anchors
from bwv_device.protocol.capabilities import Capability, parse_capabilities
from bwv_device.protocol.connection import parse_connection_file
from bwv_device.protocol.names import RECEIPT_OBJECT
from dock_server.errors import ConflictError
from dock_server.private_files import write_connection_files
from dock_server.receipts import Receipts, Step, sha256_from_disk
from tests.destination.crash import BODY
from tests.destination.in_process import InProcess
from tests.destination.wire import CLIP, CONTAINER, SERIAL, USER, Answer, Wire

ASKS = {"Accept": MEDIA_TYPE}
OTHER_CLIP = "20231114_221330_7CF7.mp4"
SHA256 = hashlib.sha256(BODY).hexdigest()


def complete(wire: Wire, container: str = CONTAINER, clips: int = 1) -> Answer:
    headers = {"X-Container-Meta-Status": "Complete", "X-Container-Meta-ClipCount": str(clips)}
    return wire.ask("POST", wire.path(container), headers=headers | ASKS)


def fill(wire: Wire) -> None:
    wire.open_recording()
    assert wire.put(CONTAINER, CLIP, BODY).status == 201


def receipted(wire: Wire) -> SignedReceipt:
    fill(wire)
    answer = complete(wire)
    assert answer.status == 200
    return read_receipt(answer.body)


def damage(dock: InProcess, name: str = CLIP) -> Path:
    """Turn one bit of a stored body, as a disk may; the length stays."""
    path = dock.services.folders.object_file(CONTAINER, name)
    path.chmod(0o600)
    path.write_bytes(bytes([BODY[0] ^ 1]) + BODY[1:])
    return path


def test_a_complete_recording_is_answered_with_a_receipt_of_all_that_it_holds(
    dock: InProcess, wire: Wire
) -> None:
    fill(wire)
    wire.put(CONTAINER, "bookmark_20231114T221320Z_1", b"text")
    answer = complete(wire)
    assert answer.headers["content-type"] == MEDIA_TYPE
    receipt = read_receipt(answer.body).receipt
    assert (receipt.container, receipt.held) == (CONTAINER, Held.COMPLETE)
    assert (receipt.device, receipt.number, receipt.previous_sha256) == (SERIAL, 1, None)
    assert receipt.site_name == "Test dock"
    assert receipt.issued_utc_ns == dock.hands.utc_ns
    assert [one.name for one in receipt.objects] == [CLIP, "bookmark_20231114T221320Z_1"]
    require_covers(receipt, CONTAINER, CLIP, len(BODY), SHA256)


def test_the_connection_file_names_the_anchor_that_stands_behind_it(
    dock: InProcess, wire: Wire
) -> None:
    found = receipted(wire)
    folders, anchor = dock.services.folders, dock.services.receipt_anchor_pem
    settings = dock.services.settings
    write_connection_files(folders, "http://127.0.0.1:1", settings, None, anchor)
    connection = parse_connection_file(folders.connection_file.read_bytes())
    anchors = read_anchors(connection.receipt_certificates_pem())
    found.require_trusted(anchors, found.receipt.issued_utc_ns)


def test_the_server_says_that_it_gives_receipts(wire: Wire) -> None:
    document = wire.get("System", "Capabilities.json").body
    assert Capability.SIGNED_RECEIPTS in parse_capabilities(document)
    assert json.loads(document)["Bwv"]["SignedReceipts"] is True


def test_who_does_not_ask_is_answered_as_the_api_says(wire: Wire) -> None:
    fill(wire)
    assert wire.post(CONTAINER, Status="Complete", ClipCount="1").status == 204


def test_a_repeated_complete_and_a_get_give_the_very_same_receipt(
    dock: InProcess, wire: Wire
) -> None:
    fill(wire)
    first = complete(wire)
    dock.hands.utc_ns += 1_000_000_000
    again, got = complete(wire), wire.get(CONTAINER, RECEIPT_OBJECT)
    assert (again.status, got.status) == (200, 200)
    assert first.body == again.body == got.body


def test_it_is_the_same_after_a_restart(tmp_path: Path) -> None:
    texts = set()
    for _ in range(2):
        server = InProcess(tmp_path)
        server.wire.register()
        server.wire.put(CONTAINER)
        server.wire.put(CONTAINER, CLIP, BODY)
        texts.add(complete(server.wire).body)
        server.close()
    assert len(texts) == 1


def test_there_is_none_before_the_recording_is_complete(wire: Wire) -> None:
    fill(wire)
    assert wire.get(CONTAINER, RECEIPT_OBJECT).status == 404
    assert complete(wire, clips=2).status == 409
    assert wire.get(CONTAINER, RECEIPT_OBJECT).status == 404


@pytest.mark.parametrize("container", ["System", "Users", f"{USER}_{SERIAL}_20300101T000000Z"])
def test_there_is_none_of_anything_else(wire: Wire, container: str) -> None:
    wire.open_recording()
    assert wire.get(container, RECEIPT_OBJECT).status == 404


def test_a_recording_of_which_nothing_is_here_gets_one_that_says_so(wire: Wire) -> None:
    wire.open_recording(MissingClips="1,2")
    receipt = read_receipt(complete(wire, clips=0).body).receipt
    assert (receipt.objects, receipt.missing_clips) == ((), "1,2")


def test_nobody_can_put_one(wire: Wire) -> None:
    fill(wire)
    assert wire.put(CONTAINER, RECEIPT_OBJECT, b"{}").status == 403
    assert [one["name"] for one in listed(wire)] == [CLIP]


def listed(wire: Wire) -> list[dict[str, str]]:
    return list(json.loads(wire.ask("GET", wire.path(CONTAINER) + "?format=json").body))


def test_what_the_disk_does_not_give_back_gets_no_receipt_and_may_be_sent_again(
    dock: InProcess, wire: Wire
) -> None:
    fill(wire)
    damage(dock)
    answer = complete(wire)
    assert answer.status == 409
    assert f"{CLIP} is damaged here, send it again" in answer.text
    assert wire.head(CONTAINER, CLIP).status == 404
    assert wire.get(CONTAINER, RECEIPT_OBJECT).status == 409
    assert wire.put(CONTAINER, CLIP, BODY).status == 201
    require_covers(
        read_receipt(wire.get(CONTAINER, RECEIPT_OBJECT).body).receipt,
        *(CONTAINER, CLIP, len(BODY), SHA256),
    )


def test_a_receipt_is_not_given_again_while_something_is_known_to_be_damaged(
    dock: InProcess, wire: Wire
) -> None:
    fill(wire)
    first = complete(wire)
    damage(dock).unlink()
    assert wire.get(CONTAINER, RECEIPT_OBJECT).status == 409
    assert wire.put(CONTAINER, CLIP, BODY).status == 201
    assert wire.get(CONTAINER, RECEIPT_OBJECT).body == first.body


def test_the_receipts_of_a_camera_are_numbered_and_chained(wire: Wire) -> None:
    wire.register()
    wire.register(serial="BWV-0002")
    texts: dict[str, list[bytes]] = {SERIAL: [], "BWV-0002": []}
    for second in range(3):
        for serial, given in texts.items():
            container = f"{USER}_{serial}_20231114T22132{second}Z"
            wire.put(container)
            wire.put(container, CLIP, f"{serial}{second}".encode())
            given.append(complete(wire, container).body)
    for given in texts.values():
        found = [read_receipt(text) for text in given]
        assert [one.receipt.number for one in found] == [1, 2, 3]
        for before, after in pairwise(found):
            assert after.receipt.previous_sha256 == before.sha256
            assert contradiction(after, before) == ""


def test_rejected_content_gets_a_receipt_of_what_is_there_and_a_new_one_for_more(
    wire: Wire,
) -> None:
    name = "RejectedContent_20231114T221320Z_0b9f4f0e-6f0a-4e6f-9a51-3f1f1a2f7c11"
    wire.put(name, BWCSerialNumber=SERIAL)
    assert wire.get(name, RECEIPT_OBJECT).status == 404
    wire.put(name, CLIP, BODY)
    first = wire.get(name, RECEIPT_OBJECT)
    assert wire.get(name, RECEIPT_OBJECT).body == first.body
    wire.put(name, OTHER_CLIP, b"more")
    second = read_receipt(wire.get(name, RECEIPT_OBJECT).body)
    assert read_receipt(first.body).receipt.held is Held.REJECTED_CONTENT
    assert [one.name for one in second.receipt.objects] == [CLIP, OTHER_CLIP]
    assert (second.receipt.device, second.receipt.number) == (SERIAL, 2)
    assert second.receipt.previous_sha256 == read_receipt(first.body).sha256


def test_who_asks_while_it_is_made_waits_and_gets_the_same(dock: InProcess, wire: Wire) -> None:
    fill(wire)
    wire.post(CONTAINER, Status="Complete", ClipCount="1")
    reading, go_on = threading.Event(), threading.Event()
    reads: list[Path] = []

    def read(path: Path) -> str:
        reads.append(path)
        reading.set()
        assert go_on.wait(60)
        return sha256_from_disk(path)

    services = dock.services
    slow = Receipts(
        *(services.catalogue, services.folders, services.clock),
        *(services.receipts._signer, "Test dock"),
        read=read,
    )
    texts: list[str] = []
    askers = [
        threading.Thread(target=lambda: texts.append(slow.give(CONTAINER).text)) for _ in range(4)
    ]
    for asker in askers:
        asker.start()
    assert reading.wait(60)
    go_on.set()
    for asker in askers:
        asker.join()
    assert len(texts) == 4 and len(set(texts)) == 1
    assert len(reads) == 1
    assert slow._turns.locks == {}


def test_what_changes_between_reading_and_signing_is_not_signed(
    dock: InProcess, wire: Wire
) -> None:
    name = "RejectedContent_20231114T221320Z_0b9f4f0e-6f0a-4e6f-9a51-3f1f1a2f7c11"
    wire.put(name)
    wire.put(name, CLIP, BODY)
    services = dock.services

    def more(step: Step) -> None:
        if step is Step.READ_BACK:
            wire.put(name, OTHER_CLIP, b"more")

    receipts = Receipts(
        *(services.catalogue, services.folders, services.clock),
        *(services.receipts._signer, "Test dock"),
        on_step=more,
    )
    with pytest.raises(ConflictError, match="changed meanwhile"):
        receipts.give(name)
    assert services.catalogue.receipt(name) is None


@pytest.fixture
def killed(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[InProcess]:
    """A server whose last run died at a step of giving a receipt."""
    command = [sys.executable, "-m", "tests.destination.receipt_crash"]
    died = subprocess.run(
        [*command, str(tmp_path), request.param.value], check=False, timeout=60, capture_output=True
    )
    assert died.returncode == -signal.SIGKILL, died.stderr.decode()
    server = InProcess(tmp_path)
    yield server
    server.close()


@pytest.mark.parametrize("killed", list(Step), indirect=True)
def test_a_kill_at_any_step_leaves_one_receipt_and_no_gap(killed: InProcess) -> None:
    first = read_receipt(killed.wire.get(CONTAINER, RECEIPT_OBJECT).body)
    assert first.receipt.number == 1
    require_covers(first.receipt, CONTAINER, CLIP, len(BODY), SHA256)
    other = f"{USER}_{SERIAL}_20231114T221321Z"
    killed.wire.put(other)
    killed.wire.put(other, CLIP, BODY)
    second = read_receipt(complete(killed.wire, other).body)
    assert (second.receipt.number, second.receipt.previous_sha256) == (2, first.sha256)


def test_the_page_shows_the_receipt_that_was_given_and_makes_none(wire: Wire) -> None:
    fill(wire)
    wire.post(CONTAINER, Status="Complete", ClipCount="1")
    assert "download the receipt" not in wire.ask("GET", f"/recordings/{CONTAINER}").text
    assert wire.ask("GET", f"/media/{CONTAINER}/{RECEIPT_OBJECT}").status == 404
    given = complete(wire)
    page = wire.ask("GET", f"/recordings/{CONTAINER}").text
    assert read_receipt(given.body).sha256 in page and "1 of BWV-0001" in page
    taken = wire.ask("GET", f"/media/{CONTAINER}/{RECEIPT_OBJECT}")
    assert taken.body == given.body
    assert "attachment" in taken.headers["content-disposition"]


def test_giving_a_receipt_is_in_the_audit_log(dock: InProcess, wire: Wire) -> None:
    found = receipted(wire)
    line = dock.wait_for_line(receipt=1)
    assert line["sha256"] == found.sha256
