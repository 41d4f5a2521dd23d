"""A ledger is kept going whatever the disk does, and what it could not keep is counted."""

from pathlib import Path

import pytest

from bwv_device.evidence.errors import StoreError, StoreFullError
from bwv_device.evidence.ledger import keeper as keeper_module
from bwv_device.evidence.ledger.account import NOT_KEPT, account
from bwv_device.evidence.ledger.check import check_segments
from bwv_device.evidence.ledger.entry import Entry
from bwv_device.evidence.ledger.keeper import RETRY_NS, SYNC_WITHIN_NS, Fact, LedgerKeeper
from bwv_device.evidence.ledger.kinds import Kind, Own
from bwv_device.evidence.ledger.ledger import Ledger
from tests.support.ledgers import Hand, S, TestSigner, read_segments

SIGNER = TestSigner()


class Disk:
    """A keeper on a ledger whose disk fails while it is told to."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.hand = folder, Hand()
        self.fails = False
        self.syncs = 0
        real_append, real_sync = Ledger.append, Ledger.sync

        def append(ledger: Ledger, *args: object) -> Entry:
            self._check()
            return real_append(ledger, *args)  # type: ignore[arg-type]

        def sync(ledger: Ledger) -> None:
            self._check()
            self.syncs += 1
            real_sync(ledger)

        monkeypatch.setattr(Ledger, "append", append)
        monkeypatch.setattr(Ledger, "sync", sync)
        self.keeper = LedgerKeeper(self._open, lambda: self.hand.mono_ns)

    def _open(self) -> Ledger:
        self._check()
        return Ledger.open(self.folder, "BWV-0001", self.hand.now, SIGNER, run="run")

    def _check(self) -> None:
        if self.fails:
            raise StoreFullError("no room")

    def alive(self, count: int = 1) -> None:
        for _ in range(count):
            self.keeper.enter(Fact(Kind.ALIVE, {"state": "standby"}, self.hand.go_on_s(5)))

    def entries(self) -> list[Entry]:
        made = check_segments(read_segments(self.folder))
        assert made.ok, made.findings
        return made.entries


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(tmp_path / "ledger", monkeypatch)


def count(entries: list[Entry], kind: str) -> int:
    return sum(each.kind == kind for each in entries)


def test_what_the_disk_does_not_take_waits_and_is_entered_with_its_own_time(disk: Disk) -> None:
    disk.alive(2)
    disk.fails = True
    disk.alive(3)
    stamp = disk.hand.now()
    disk.fails = False
    disk.hand.mono_ns += RETRY_NS
    disk.keeper.settle()
    alive = [each for each in disk.entries() if each.kind == Kind.ALIVE]
    assert len(alive) == 5 and alive[-1].stamp == stamp
    assert account(disk.entries()).unknown == ()


def test_what_is_too_much_to_wait_is_counted_and_its_time_is_unknown(
    disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper_module, "WAITING_MAX", 4)
    disk.alive(1)
    disk.fails = True
    begin_ns = disk.hand.now().utc_ns
    disk.alive(10)
    disk.fails = False
    disk.hand.mono_ns += RETRY_NS
    disk.keeper.settle()
    (lost,) = (each for each in disk.entries() if each.kind == Own.LOST)
    assert lost.data["count"] == 6
    (unknown,) = account(disk.entries()).unknown
    assert unknown.why == NOT_KEPT
    assert (unknown.from_ns, unknown.to_ns) == (begin_ns + 5 * S, begin_ns + 30 * S)


def test_entries_are_synced_within_a_second_and_not_one_by_one(disk: Disk) -> None:
    disk.alive()
    disk.hand.mono_ns += SYNC_WITHIN_NS
    disk.keeper.settle()
    before = disk.syncs
    for _ in range(20):
        disk.keeper.enter(Fact(Kind.EVENT, {}, disk.hand.go_on_s(0.001)))
        disk.keeper.settle()
    assert disk.syncs - before <= 2, "each head that is signed is one more"
    assert disk.keeper.due_ns() is not None
    disk.hand.mono_ns = disk.keeper.due_ns() or 0
    disk.keeper.settle()
    assert disk.keeper.due_ns() is None
    with disk.keeper.opened() as ledger:
        assert ledger.is_synced


def test_a_fact_that_is_no_json_is_seen_and_keeps_no_other_out(disk: Disk) -> None:
    disk.keeper.enter(Fact(Kind.EVENT, {"text": object()}, disk.hand.now()))
    disk.alive()
    (fault,) = (each for each in disk.entries() if each.kind == Kind.FAULT)
    assert "event could not be entered" in fault.data["text"]
    assert count(disk.entries(), Kind.ALIVE) == 1


def test_who_needs_the_ledger_now_is_told_that_there_is_none(disk: Disk) -> None:
    disk.fails = True
    with pytest.raises(StoreError, match="can't be written now"), disk.keeper.opened():
        raise AssertionError("there is none")
    disk.fails = False
    with disk.keeper.opened() as ledger:
        assert ledger.close_segment() == 1


def test_closing_enters_what_waited_and_signs(disk: Disk) -> None:
    disk.fails = True
    disk.alive(3)
    disk.fails = False
    disk.keeper.close()
    assert count(disk.entries(), Kind.ALIVE) == 3 and disk.entries()[-1].kind == Own.HEAD


def test_closing_on_a_disk_that_takes_nothing_says_how_much_is_lost(
    disk: Disk, caplog: pytest.LogCaptureFixture
) -> None:
    disk.fails = True
    disk.alive(3)
    disk.keeper.close()
    assert "3 entries of the ledger are lost" in caplog.text
