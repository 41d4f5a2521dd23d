"""Writing a ledger, cutting it off, and finding out what was done to it."""

import errno
import functools
import hashlib
import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bwv_device.evidence import durable
from bwv_device.evidence.errors import StoreFullError
from bwv_device.evidence.ledger import ledger as ledger_module
from bwv_device.evidence.ledger.check import Checked, Fault, check_segments
from bwv_device.evidence.ledger.entry import make_line, parse_line
from bwv_device.evidence.ledger.head import Head, leads_to
from bwv_device.evidence.ledger.kinds import SIGN_EVERY, Kind, Own
from bwv_device.evidence.ledger.ledger import Ledger
from bwv_device.evidence.ledger.segment import segment_file, segment_numbers
from tests.support.ledgers import Hand, TestSigner, open_ledger, read_segments

SIGNER = TestSigner()
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**62), 2**62)
    | st.text(max_size=20)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)
ENTRIES = st.lists(
    st.tuples(st.text(max_size=12), st.dictionaries(st.text(max_size=8), JSON, max_size=4)),
    min_size=1,
    max_size=30,
)
PLACES = 1_000_000
PLACE = st.integers(0, PLACES)
"""Somewhere in a file, in millionths of its length."""
QUICK = settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def checked(folder: Path, **how: Any) -> Checked:
    return check_segments(read_segments(folder), **how)


def faults(made: Checked) -> list[tuple[Fault, int]]:
    return [(finding.fault, finding.number) for finding in made.findings]


def write_some(folder: Path, count: int = 10, signer: TestSigner | None = SIGNER) -> Ledger:
    hand = Hand()
    ledger = open_ledger(folder, hand, signer)
    for number in range(count):
        ledger.append(Kind.ALIVE, {"state": "standby", "i": number}, hand.go_on_s(5))
    ledger.close()
    return ledger


@QUICK
@given(ENTRIES)
def test_what_is_entered_is_read_again_and_the_chain_is_whole(
    tmp_path_factory: pytest.TempPathFactory, entries: list[tuple[str, dict[str, Any]]]
) -> None:
    folder = tmp_path_factory.mktemp("ledger")
    hand = Hand()
    ledger = open_ledger(folder, hand, SIGNER)
    for kind, data in entries:
        ledger.append("x" + kind, data, hand.go_on_s(1))
    ledger.close()
    made = checked(folder)
    assert made.ok and not made.findings
    read = [(each.kind, each.data) for each in made.entries if each.kind.startswith("x")]
    assert read == [("x" + kind, data) for kind, data in entries]
    assert made.head == ledger.head and made.signed == made.head.number - 1


@functools.cache
def sample() -> bytes:
    """One segment, the same in a whole run of the tests: signatures differ in length."""
    with tempfile.TemporaryDirectory() as folder:
        write_some(Path(folder), 6)
        return segment_file(Path(folder), 1).read_bytes()


@QUICK
@given(PLACE)
def test_cut_at_any_byte_it_goes_on_and_names_what_was_torn(
    tmp_path_factory: pytest.TempPathFactory, place: int
) -> None:
    folder = tmp_path_factory.mktemp("ledger")
    cut = place * len(sample()) // PLACES
    left = sample()[:cut]
    segment_file(folder, 1).write_bytes(left)
    torn = cut - (left.rfind(b"\n") + 1)
    made = checked(folder)
    assert len(made.entries) == left.count(b"\n")
    assert [fault for fault, _ in faults(made)] == ([Fault.TORN] if torn or not cut else [])
    ledger = open_ledger(folder, Hand(), SIGNER)
    ledger.append(Kind.BOOT, {})
    ledger.close()
    again = checked(folder)
    assert again.ok and not again.findings
    assert [each.number for each in again.entries] == list(range(1, len(again.entries) + 1))
    named = [each.data["bytes"] for each in again.entries if each.kind == Own.TORN]
    assert named == ([torn] if torn else [])


@settings(deadline=None, max_examples=400)
@given(PLACE, st.integers(1, 255))
def test_a_byte_changed_anywhere_is_found_where_it_is(place: int, change: int) -> None:
    at = place * (len(sample()) - 1) // PLACES
    changed = bytearray(sample())
    changed[at] ^= change
    made = check_segments([(1, bytes(changed))])
    line = sample()[:at].count(b"\n") + 1
    assert made.findings[0].line in ((0, 1) if line == 1 else (line,)), made.findings
    assert made.ok == (at == len(changed) - 1), "only a torn last line is harmless"
    assert not check_segments([(1, bytes(changed))], are_closed=True).ok
    assert all(each.number != line for each in made.entries), "it was believed"


@settings(deadline=None, max_examples=300)
@given(PLACE, PLACE, st.binary(max_size=40))
def test_bytes_put_anywhere_for_others_are_found(begin: int, end: int, bytes_: bytes) -> None:
    first, last = sorted(place * len(sample()) // PLACES for place in (begin, end))
    changed = sample()[:first] + bytes_ + sample()[last:]
    made = check_segments([(1, changed)], are_closed=True)
    # Cut between two lines it is a whole ledger that ends earlier: another's head tells.
    known = check_segments([(1, sample())]).head
    found = check_segments([(1, changed)], known=[known], are_closed=True)
    assert found.ok == (changed == sample()), (made.findings, found.findings)
    genuine = {each.number: each for each in check_segments([(1, sample())]).entries}
    assert all(genuine[each.number] == each for each in made.entries), "something false believed"


def lines(folder: Path, segment: int = 1) -> list[bytes]:
    return segment_file(folder, segment).read_bytes().splitlines(keepends=True)


def rewrite(folder: Path, changed: list[bytes], segment: int = 1) -> None:
    segment_file(folder, segment).write_bytes(b"".join(changed))


def rechained(kept: list[bytes], behind: list[bytes]) -> list[bytes]:
    """`behind` made anew so that it follows from `kept`, as a forger without the key would."""
    made = list(kept)
    for line in behind:
        entry, last = parse_line(line), parse_line(made[-1])
        new, _ = make_line(
            *(last.number + 1, entry.kind, entry.run, entry.stamp, entry.data),
            bytes.fromhex(last.hash),
        )
        made.append(new)
    return made


def with_other_data(line: bytes, **data: object) -> bytes:
    """The entry changed, and its own hash made to fit."""
    entry = parse_line(line)
    body = json.loads(line)
    del body["hash"]
    body["data"] = data
    text = json.dumps(body, separators=(",", ":"))[:-1].encode()
    assert text != line[: len(text)]
    return text + b',"hash":"' + entry.hash.encode() + b'"}\n'


def test_an_entry_that_was_changed_is_named(tmp_path: Path) -> None:
    write_some(tmp_path)
    have = lines(tmp_path)
    have[4] = with_other_data(have[4], state="off")
    rewrite(tmp_path, have)
    made = checked(tmp_path)
    assert faults(made) == [(Fault.ALTERED, 5)]
    assert 5 not in [each.number for each in made.entries]


def test_an_entry_whose_hash_was_made_to_fit_is_found_by_the_one_behind_it(tmp_path: Path) -> None:
    write_some(tmp_path)
    have = lines(tmp_path)
    have[4] = rechained(have[:4], [with_other_data(have[4], state="off")])[-1]
    rewrite(tmp_path, have)
    assert faults(checked(tmp_path)) == [(Fault.ALTERED, 6)]


def test_a_line_taken_out_doubled_or_moved_is_named(tmp_path: Path) -> None:
    write_some(tmp_path)
    have = lines(tmp_path)
    rewrite(tmp_path, have[:4] + have[5:])
    assert faults(checked(tmp_path)) == [(Fault.MISSING, 5)]
    rewrite(tmp_path, have[:5] + have[4:])
    assert faults(checked(tmp_path)) == [(Fault.OUT_OF_ORDER, 5)]
    rewrite(tmp_path, [*have[:4], have[5], have[4], *have[6:]])
    assert (Fault.MISSING, 5) in faults(checked(tmp_path))
    assert (Fault.OUT_OF_ORDER, 5) in faults(checked(tmp_path))


def test_a_chain_recomputed_from_a_change_on_breaks_the_next_signature(tmp_path: Path) -> None:
    write_some(tmp_path)
    have = lines(tmp_path)
    behind = [with_other_data(have[4], state="off"), *have[5:]]
    rewrite(tmp_path, rechained(have[:4], behind))
    assert faults(checked(tmp_path)) == [(Fault.FORGED, len(have))]


def test_signatures_left_out_of_a_recomputed_chain_are_missed(tmp_path: Path) -> None:
    write_some(tmp_path, 4 * SIGN_EVERY)
    have = lines(tmp_path)
    behind = [line for line in have[4:] if parse_line(line).kind != Own.HEAD]
    rewrite(tmp_path, rechained(have[:4], behind))
    assert (Fault.UNSIGNED, 2) in faults(checked(tmp_path))


def test_signed_anew_with_another_key_it_is_another_signer(tmp_path: Path) -> None:
    genuine, foreign = tmp_path / "genuine", tmp_path / "foreign"
    write_some(genuine)
    other = TestSigner()
    write_some(foreign, signer=other)

    def trusts(certificates: str) -> str:
        return "" if certificates == SIGNER.certificate_chain_pem else "nobody knows it"

    assert checked(genuine, trusts=trusts).ok
    assert [fault for fault, _ in faults(checked(foreign, trusts=trusts))] == [Fault.UNTRUSTED]


def test_the_end_cut_off_at_a_line_is_below_the_head_that_was_known(tmp_path: Path) -> None:
    ledger = write_some(tmp_path)
    head, have = ledger.head, lines(tmp_path)
    assert checked(tmp_path, known=[head]).ok
    rewrite(tmp_path, have[:-3])
    assert checked(tmp_path).ok, "nothing in the ledger itself can tell"
    assert faults(checked(tmp_path, known=[head])) == [(Fault.CUT, head.number)]


def test_another_history_of_the_same_length_and_another_ledger_are_told_apart(
    tmp_path: Path,
) -> None:
    head = write_some(tmp_path).head
    other = Head(head.ledger, head.number, hashlib.sha256(b"other").hexdigest())
    assert faults(checked(tmp_path, known=[other])) == [(Fault.REWRITTEN, head.number)]
    replaced = Head("another", head.number, head.hash)
    assert faults(checked(tmp_path, known=[replaced])) == [(Fault.REPLACED, 0)]


def test_it_goes_on_in_a_new_segment_and_a_missing_one_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_module, "SEGMENT_MAX_BYTES", 3 * 4096)
    write_some(tmp_path, 120)
    numbers = segment_numbers(tmp_path)
    assert len(numbers) > 3
    assert max(len(data) for _, data in read_segments(tmp_path)) <= 3 * 4096
    made = checked(tmp_path)
    assert made.ok and not made.findings and made.signed == made.head.number - 1
    segment_file(tmp_path, 2).unlink()
    found = faults(checked(tmp_path))
    assert found[0] == (Fault.SEGMENT_MISSING, 0) and found[1][0] is Fault.MISSING
    assert len(found) == 2, "what is behind the gap proves itself"


def test_each_closed_segment_is_whole_by_itself(tmp_path: Path) -> None:
    hand = Hand()
    ledger = open_ledger(tmp_path, hand, SIGNER)
    ledger.append(Kind.ALIVE, {"state": "standby"})
    assert ledger.close_segment() == 1 and ledger.closed_segments() == [1]
    ledger.append(Kind.ALIVE, {"state": "docked"})
    assert ledger.close_segment() == 2
    ledger.close()
    have = read_segments(tmp_path)
    for segment in have[:2]:
        made = check_segments([segment], are_closed=True)
        assert made.ok and made.signed == made.head.number - 1
    first, second = (check_segments([one]).head for one in have[:2])
    assert check_segments([have[1]], before=first).ok
    assert not check_segments([have[1]], before=Head(first.ledger, first.number, second.hash)).ok
    torn = (2, have[1][1][:-5])
    assert check_segments([torn]).ok and not check_segments([torn], are_closed=True).ok


def test_damage_in_the_middle_is_left_as_it_is_and_a_new_segment_begun(tmp_path: Path) -> None:
    write_some(tmp_path)
    have = lines(tmp_path)
    have[4] = b"\0" * len(have[4])
    rewrite(tmp_path, have)
    before = segment_file(tmp_path, 1).read_bytes()
    open_ledger(tmp_path, Hand(), SIGNER).close()
    assert segment_file(tmp_path, 1).read_bytes() == before
    made = checked(tmp_path)
    assert made.findings[0].fault is Fault.NOT_AN_ENTRY and made.findings[0].line == 5
    assert [each.data for each in made.entries if each.kind == Own.DAMAGE] == [{"segment": 1}]
    assert [each.number for each in made.entries] == sorted(each.number for each in made.entries)


def test_a_tail_of_zeros_as_a_power_cut_leaves_it_is_cut_off(tmp_path: Path) -> None:
    write_some(tmp_path)
    path = segment_file(tmp_path, 1)
    path.write_bytes(path.read_bytes() + bytes(3000))
    open_ledger(tmp_path, Hand(), SIGNER).close()
    made = checked(tmp_path)
    assert made.ok and not made.findings
    assert [each.data["bytes"] for each in made.entries if each.kind == Own.TORN] == [3000]


def test_a_segment_that_was_cut_before_its_first_entry_is_begun_anew(tmp_path: Path) -> None:
    ledger = write_some(tmp_path)
    segment_file(tmp_path, 2).write_bytes(b'{"n":')
    again = open_ledger(tmp_path, Hand(), SIGNER)
    again.close()
    made = checked(tmp_path)
    assert made.ok and not made.findings and segment_numbers(tmp_path) == [1, 2]
    assert again.id == ledger.id


def test_a_signer_that_fails_is_entered_and_the_chain_goes_on(tmp_path: Path) -> None:
    signer = TestSigner(key=SIGNER.key)
    hand = Hand()
    ledger = open_ledger(tmp_path, hand, signer)
    signer.fails = True
    for _ in range(3 * SIGN_EVERY):
        ledger.append(Kind.ALIVE, {})
    signer.fails = False
    ledger.close()
    made = checked(tmp_path)
    assert [each.data["text"] for each in made.entries if each.kind == Own.SIGNER_FAILED] == [
        "OSError('the token does not answer')"
    ]
    assert [fault for fault, _ in faults(made)] == [Fault.UNSIGNED]
    assert made.signed == made.head.number - 1, "the first signature behind it covers them"


def test_a_ledger_without_a_signer_is_whole_and_signs_nothing(tmp_path: Path) -> None:
    write_some(tmp_path, 50, signer=None)
    made = checked(tmp_path)
    assert made.ok and made.signed == 0 and made.signers == []


@QUICK
@given(st.data())
def test_digests_lead_from_one_head_to_another_and_to_no_other(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("ledger")
    ledger = write_some(folder, data.draw(st.integers(1, 12)))
    have = lines(folder)
    start = data.draw(st.integers(0, len(have) - 1))
    digests = [hashlib.sha256(line[:-76]).digest() for line in have[start:]]
    old = Head(ledger.id, start, parse_line(have[start - 1]).hash if start else "00" * 32)
    assert leads_to(old, digests, ledger.head)
    assert not leads_to(old, digests[:-1], ledger.head)
    spoilt = data.draw(st.integers(0, len(digests) - 1))
    digests[spoilt] = hashlib.sha256(digests[spoilt]).digest()
    assert not leads_to(old, digests, ledger.head)


@QUICK
@given(st.lists(st.binary(max_size=300), max_size=6))
def test_any_bytes_at_all_are_checked_without_an_error(parts: list[bytes]) -> None:
    made = check_segments(list(enumerate(parts, 1)))
    assert not made.entries and (made.findings or not parts)


def test_a_camera_that_is_killed_again_and_again_leaves_no_long_stretch_unsigned(
    tmp_path: Path,
) -> None:
    for _ in range(3 * SIGN_EVERY):
        ledger = open_ledger(tmp_path, Hand(), SIGNER)
        ledger.append(Kind.BOOT, {})
        ledger.abandon()
    assert checked(tmp_path).ok


def test_a_card_that_takes_no_write_is_an_error_and_the_ledger_is_whole_when_opened_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = open_ledger(tmp_path, Hand(), SIGNER)
    real = durable.write_all

    def half(handle: int, data: bytes) -> None:
        real(handle, data[: len(data) // 2])
        raise OSError(errno.ENOSPC, "no room")

    monkeypatch.setattr(durable, "write_all", half)
    with pytest.raises(StoreFullError):
        ledger.append(Kind.ALIVE, {})
    ledger.abandon()
    monkeypatch.undo()
    again = open_ledger(tmp_path, Hand(), SIGNER)
    again.append(Kind.ALIVE, {"state": "standby"})
    again.close()
    made = checked(tmp_path)
    assert made.ok and [each.kind for each in made.entries].count(Own.TORN) == 1


def test_a_signer_that_can_not_be_had_is_named_and_taken_up_once_it_can(tmp_path: Path) -> None:
    hand = Hand()
    signers = [None, None, SIGNER]
    ledger = Ledger.open(*(tmp_path, "BWV-0001", hand.now, None, None, lambda: signers.pop(0)))
    ledger.append(Kind.ALIVE, {})
    ledger.close_segment()
    ledger.close_segment()
    ledger.close()
    made = checked(tmp_path)
    assert made.ok and made.signers == [SIGNER.certificate_chain_pem]
    assert sum(each.kind == Own.SIGNER_FAILED for each in made.entries) == 2
    assert made.signed == made.head.number - 1


def test_a_renewed_certificate_signs_from_the_next_segment_on(tmp_path: Path) -> None:
    hand, renewed = Hand(), TestSigner()
    signers = [SIGNER, renewed]
    ledger = Ledger.open(*(tmp_path, "BWV-0001", hand.now, SIGNER, None, lambda: signers.pop(0)))
    ledger.append(Kind.ALIVE, {})
    ledger.close_segment()
    ledger.append(Kind.ALIVE, {})
    ledger.close()
    made = checked(tmp_path)
    assert made.ok and made.signed == made.head.number - 1
    assert made.signers == [SIGNER.certificate_chain_pem, renewed.certificate_chain_pem]
