"""The chain beside a clip: what it says is what is in the clip, whatever a cut leaves of either."""

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bwv_device.evidence.chain import (
    HEADER,
    START,
    ChainFile,
    Unit,
    chained,
    is_whole,
    parse_chain,
    read_chain,
    written,
)
from bwv_device.evidence.check import Severity, check
from bwv_device.evidence.fragments import scan
from bwv_device.evidence.repair import repair
from bwv_device.evidence.settle import settle_chain
from bwv_device.evidence.sidecars import chain_file
from bwv_device.evidence.store import Store
from bwv_device.media.fragment_file import FragmentFile
from tests.support.clips import FRAME_NS, RATE_HZ, clip_bytes
from tests.support.stores import cut_off, deliver, parts, record

CLIP = clip_bytes(4.0)
PARTS = list(parts(CLIP))


def units(count: int) -> list[Unit]:
    """Lines of made-up units, chained as they have to be."""
    made, head, end = [], START, 0
    for number in range(count):
        sha256 = hashlib.sha256(b"%d" % number).hexdigest()
        head, end = chained(head, sha256), end + 100 + number
        made.append(Unit(number, end, end, number * 15, number * 10**9, sha256, head))
    return made


def write_clip(path: Path, data: bytes = CLIP) -> FragmentFile:
    """As the recorder does; not closed."""
    file = FragmentFile(path)
    file.write(data)
    file.commit()
    return file


def test_each_unit_has_its_line_and_the_hash_is_that_of_all_before(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    write_clip(path).close()
    found, head, end = read_chain(chain_file(path)), START, 0
    assert len(found) == len(PARTS) == 5
    for number, (unit, part) in enumerate(zip(found, PARTS, strict=True)):
        end += len(part)
        sha256 = hashlib.sha256(part).hexdigest()
        head = hashlib.sha256(bytes.fromhex(head) + bytes.fromhex(sha256)).hexdigest()
        assert (unit.number, unit.sha256, unit.chain) == (number, sha256, head)
        assert unit.clear_end_bytes == unit.stored_end_bytes == end
        assert unit.frames == number * RATE_HZ
        assert unit.media_end_ns == pytest.approx(number * RATE_HZ * FRAME_NS, abs=100_000)
        assert unit.closing == ""


def test_the_chain_says_of_the_whole_clip_what_the_scan_says(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    write_clip(path).close()
    found, last = scan(path), read_chain(chain_file(path))[-1]
    assert (last.frames, last.media_end_ns) == (found.frames, found.duration_ns)
    assert last.clear_end_bytes == found.whole_bytes


def test_a_line_is_written_once_its_unit_is_synced_and_never_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bwv_device.evidence import durable

    path, synced = tmp_path / "clip.mp4", []
    real = durable.sync_data

    def sync_data(handle: int) -> None:
        synced.append((path.stat().st_size, len(read_chain(chain_file(path)))))
        real(handle)

    monkeypatch.setattr(durable, "sync_data", sync_data)
    file = write_clip(path)
    ends = [sum(map(len, PARTS[: count + 1])) for count in range(len(PARTS))]
    assert synced == list(zip(ends, range(len(PARTS)), strict=True)), "no sync for a line yet"
    file.follow()
    assert synced[len(PARTS) :] == [(len(CLIP), len(PARTS))], "one for all that wait"
    file.follow()
    assert len(synced) == len(PARTS) + 1, "and none for nothing"
    file.close()


def test_the_row_names_only_what_is_durable(tmp_path: Path) -> None:
    file = write_clip(tmp_path / "clip.mp4")
    assert file.chain is None
    file.follow()
    assert file.chain == read_chain(chain_file(tmp_path / "clip.mp4"))[-1].chain
    file.close()


def test_footage_goes_on_when_the_chain_cannot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "clip.mp4"
    file = FragmentFile(path)
    file.write(PARTS[0] + PARTS[1])
    file.commit()
    file.follow()
    said = file.chain

    def refuse(*_: object) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(ChainFile, "add", refuse)
        file.write(PARTS[2])
        assert file.commit() == len(PARTS[2])
    file.write(b"".join(PARTS[3:]))
    file.commit()
    assert file.close().bytes == len(CLIP)
    assert file.chain == said == read_chain(chain_file(path))[-1].chain
    assert "clip.chain ends with unit 1" in caplog.text


@given(count=st.integers(0, 5), cut=st.integers(0, 2_000), junk=st.binary(max_size=40))
def test_of_a_torn_chain_the_whole_lines_count(count: int, cut: int, junk: bytes) -> None:
    made = units(count)
    data = written(made)
    torn = data[:cut] + junk
    found = parse_chain(torn)
    whole = next(
        (n for n in range(count, -1, -1) if len(written(made[:n])) <= min(cut, len(data))), 0
    )
    assert list(found[:whole]) == made[:whole]
    assert found == () or torn.startswith(written(found))


@given(st.binary(max_size=300))
def test_any_bytes_are_a_chain_or_none(data: bytes) -> None:
    assert parse_chain(data) == ()
    assert (HEADER + data).startswith(written(parse_chain(HEADER + data)))


@pytest.mark.parametrize(
    "change",
    [
        {"number": 3},
        {"sha256": "0" * 64},
        {"chain": "0" * 64},
        {"clear_end_bytes": 1},
        {"closing": "0" * 32},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_line_that_does_not_follow_ends_the_chain(change: dict[str, object]) -> None:
    made = units(4)
    wrong = replace(made[2], **change)  # type: ignore[arg-type]
    assert list(parse_chain(written([*made[:2], wrong, made[3]]))) == made[:2]


def test_settling_keeps_written_lines_and_adds_what_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    write_clip(path).close()
    all_lines = chain_file(path).read_bytes()
    for keep in range(len(PARTS) + 1):
        kept = written(parse_chain(all_lines)[:keep])
        for torn in (b"", b"5 77", bytes(100)):
            chain_file(path).write_bytes(kept + torn)
            assert settle_chain(path, scan(path)) == parse_chain(all_lines)[-1].chain
            assert chain_file(path).read_bytes() == all_lines


def test_settling_drops_the_lines_of_what_was_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    write_clip(path).close()
    whole = read_chain(chain_file(path))
    path.write_bytes(b"".join(PARTS[:3]))
    assert settle_chain(path, scan(path)) == whole[2].chain
    assert read_chain(chain_file(path)) == whole[:3] and is_whole(chain_file(path))


def test_settling_keeps_the_line_of_a_unit_that_was_damaged_since(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    write_clip(path).close()
    lines = read_chain(chain_file(path))
    data = bytearray(CLIP)
    data[lines[2].clear_end_bytes - 40] ^= 1
    path.write_bytes(data)
    assert settle_chain(path, scan(path)) == lines[-1].chain
    assert read_chain(chain_file(path)) == lines


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(size=st.integers(0, len(CLIP)), lines=st.integers(0, 1500))
def test_after_a_repair_clip_chain_and_journal_agree(
    tmp_path_factory: pytest.TempPathFactory, size: int, lines: int
) -> None:
    folder = tmp_path_factory.mktemp("card")
    write_clip(folder / "clip.mp4").close()
    all_lines = chain_file(folder / "clip.mp4").read_bytes()
    store = Store.open(folder / "store")
    try:
        clip = cut_off(store, CLIP[:size])
        chain_file(store.path(clip)).write_bytes(all_lines[:lines])
        repair(store)
        clip = store.journal.clip(clip.id)
        wrong = [
            one for one in check(store.folder, store.journal) if one.severity == Severity.WRONG
        ]
        assert wrong == []
        found = read_chain(chain_file(store.path(clip)))
        if clip.bytes is None:
            assert not chain_file(store.path(clip)).exists()
        else:
            assert (found[-1].chain, found[-1].clear_end_bytes) == (clip.chain, clip.bytes)
            assert all_lines.startswith(written(found))
        assert repair(store) == []
    finally:
        store.close()


def chained_clip(store: Store) -> Path:
    """A finalised clip with its chain; where it lies."""
    clip = cut_off(store, CLIP)
    repair(store)
    return store.path(clip)


@pytest.mark.parametrize(
    "hurt",
    [
        lambda path: path.unlink(),
        lambda path: path.write_bytes(path.read_bytes()[:-1]),
        lambda path: path.write_bytes(written(parse_chain(path.read_bytes())[:-1])),
        lambda path: path.write_bytes(path.read_bytes() + b"x"),
        lambda path: path.write_bytes(written(units(3))),
    ],
    ids=["gone", "torn", "a line short", "more", "another's"],
)
def test_check_names_a_chain_that_is_not_the_one_of_the_row(store: Store, hurt: object) -> None:
    path = chained_clip(store)
    assert check(store.folder, store.journal) == []
    hurt(chain_file(path))  # type: ignore[operator]
    found = check(store.folder, store.journal)
    assert [one.severity for one in found] == [Severity.WRONG]
    assert "chain" in found[0].what


def test_a_clip_of_before_there_were_chains_is_well(store: Store) -> None:
    record(store)
    assert check(store.folder, store.journal) == []


def test_what_lies_beside_a_clip_goes_with_it(store: Store) -> None:
    path = chained_clip(store)
    clip = store.journal.clips()[0]
    store.purge(deliver(store, clip))
    assert not path.exists() and not path.parent.exists()


def test_a_chain_that_a_cut_left_of_a_freed_clip_goes_at_the_next_start(store: Store) -> None:
    path = chained_clip(store)
    deliver(store, store.journal.clips()[0])
    store.journal.purge(store.journal.clips()[0].id)
    path.unlink()
    assert [one.severity for one in check(store.folder, store.journal)] == [Severity.PENDING]
    repair(store)
    assert not path.parent.exists() and check(store.folder, store.journal) == []


def test_with_the_journal_lost_the_chain_stays_with_its_clip(store: Store) -> None:
    path = chained_clip(store)
    lines = chain_file(path).read_bytes()
    for name in store.folder.glob("journal.sqlite*"):
        name.unlink()
    store.journal.close()
    store.close()
    again = Store.open(store.folder)
    try:
        repair(again)
        assert [store.path(clip) for clip in again.journal.clips()] == [path]
        assert chain_file(path).read_bytes() == lines
        assert check(again.folder, again.journal) == []
    finally:
        again.close()
