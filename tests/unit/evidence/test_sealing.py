"""A sealed clip is a whole ciphertext behind each unit, and after any cut at the next start."""

import base64
import contextlib
import hashlib
import json
import os
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bwv_device.evidence.boxes import whole_boxes
from bwv_device.evidence.chain import is_whole, read_chain
from bwv_device.evidence.check import Severity, check
from bwv_device.evidence.clip_form import form_of
from bwv_device.evidence.errors import StoreError, StoreFullError
from bwv_device.evidence.fragments import Mark, scan_bytes
from bwv_device.evidence.records import ClipState, EndReason
from bwv_device.evidence.repair import repair
from bwv_device.evidence.sealing.cipher import ContentKey, UnitCipher
from bwv_device.evidence.sealing.errors import SealError
from bwv_device.evidence.sealing.key_file import KeyFile, parse_key_file, wrap
from bwv_device.evidence.sealing.opening import opened
from bwv_device.evidence.sealing.scan import scan_sealed, scan_sealed_bytes
from bwv_device.evidence.sealing.seal import begin_seal
from bwv_device.evidence.sidecars import chain_file, key_file
from bwv_device.evidence.store import Store
from bwv_device.media.fragment_file import FragmentFile
from tests.support.card import SECTOR_BYTES
from tests.support.clips import RATE_HZ, clip_bytes, decode
from tests.support.sealing import opened_by_openssl, private_key, public_pem, recipient
from tests.support.stores import begin, new_clip, parts
from tests.unit.media.media_live import Disk

CLIP = clip_bytes(4.0)
PARTS = list(parts(CLIP))


def sealed_file(path: Path) -> FragmentFile:
    """A clip that is sealed, without a unit yet."""
    return FragmentFile(path, begin_seal(path, recipient()))


def clear(path: Path) -> bytes:
    """What is in a sealed clip."""
    return b"".join(opened(path, parse_key_file(key_file(path).read_bytes()), private_key()))


def without_free(data: bytes) -> bytes:
    """An MP4 without the boxes that fill it up."""
    boxes = whole_boxes(memoryview(data))
    return b"".join(data[box.start : box.end] for box in boxes if box.type != b"free")


@pytest.mark.needs("openssl")
def test_plain_openssl_opens_it_behind_each_unit(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    file = sealed_file(path)
    for count, part in enumerate(PARTS, 1):
        file.write(part)
        file.commit()
        code, given_out = opened_by_openssl(path, key_file(path), tmp_path / "openssl")
        assert code == 0
        assert without_free(given_out) == b"".join(PARTS[:count])
    file.close()


@pytest.mark.needs("openssl")
def test_what_openssl_gives_out_plays_to_the_last_frame(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    file = sealed_file(path)
    file.write(CLIP)
    file.commit()
    file.close()
    code, given_out = opened_by_openssl(path, key_file(path), tmp_path / "openssl")
    (tmp_path / "clear.mp4").write_bytes(given_out)
    assert code == 0 and decode(tmp_path / "clear.mp4").frames == 4 * RATE_HZ


def test_no_clear_byte_of_a_part_reaches_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[bytes] = []
    for name in ("write", "pwrite"):
        real = getattr(os, name)

        def write(handle: int, data: bytes, *rest: int, real: object = real) -> int:
            written.append(bytes(data))
            return real(handle, data, *rest)  # type: ignore[operator, no-any-return]

        monkeypatch.setattr(os, name, write)
    file = sealed_file(tmp_path / "clip.mp4")
    for part in PARTS:
        file.write(part)
        file.commit()
    file.close()
    everything = b"".join(written)
    assert len(everything) > len(CLIP)
    for part in PARTS:
        for start in range(0, len(part) - 16, 16):
            assert part[start : start + 16] not in everything or part[start : start + 16] == bytes(
                16
            )


def test_the_key_file_is_durable_before_the_first_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, order = tmp_path / "clip.mp4", []
    real_sync, real_write = os.fsync, os.pwrite

    def fsync(handle: int) -> None:
        order.append(Path(os.readlink(f"/proc/self/fd/{handle}")).name)
        real_sync(handle)

    def pwrite(handle: int, data: bytes, offset: int) -> int:
        order.append("write " + Path(os.readlink(f"/proc/self/fd/{handle}")).name)
        return real_write(handle, data, offset)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "pwrite", pwrite)
    file = sealed_file(path)
    file.write(PARTS[0])
    file.commit()
    file.close()
    first = order.index("write clip.mp4")
    assert order.index("clip.key") < order.index(tmp_path.name) < first


def test_every_clip_has_a_key_of_its_own(tmp_path: Path) -> None:
    found = set()
    for name in ("a", "b"):
        file = sealed_file(tmp_path / f"{name}.mp4")
        file.write(PARTS[0])
        file.commit()
        file.close()
        key = parse_key_file(key_file(tmp_path / f"{name}.mp4").read_bytes())
        found |= {key.content_key(private_key()), key.iv, (tmp_path / f"{name}.mp4").read_bytes()}
    assert len(found) == 6


def test_the_digests_are_those_of_the_file_and_of_what_is_in_it(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    file = sealed_file(path)
    file.write(CLIP)
    assert file.commit() == path.stat().st_size == file.committed_bytes
    digests, stored = file.close(), path.read_bytes()
    assert (digests.bytes, digests.sha256) == (len(stored), hashlib.sha256(stored).hexdigest())
    assert digests.md5 == hashlib.md5(stored).hexdigest()
    assert file.clear_sha256 == hashlib.sha256(clear(path)).hexdigest()


def test_the_chain_is_over_what_is_in_it_and_knows_both_ends(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    file = sealed_file(path)
    file.write(CLIP)
    file.commit()
    file.close()
    data, stored, start = clear(path), path.read_bytes(), 0
    units = read_chain(chain_file(path))
    assert len(units) == len(PARTS)
    for unit, mark in zip(units, scan_sealed(path).marks, strict=True):
        assert unit.sha256 == hashlib.sha256(data[start : unit.clear_end_bytes]).hexdigest()
        assert unit.stored_end_bytes == unit.clear_end_bytes + 16
        assert (unit.clear_end_bytes, unit.frames, unit.media_end_ns) == (
            *(mark.end_bytes, mark.frames, mark.media_end_ns),
        )
        start = unit.clear_end_bytes
    assert bytes.fromhex(units[-1].closing) == stored[-16:]
    assert start == len(data) == len(stored) - 16
    assert units[-1].frames == 4 * RATE_HZ == scan_bytes(memoryview(data)).frames


@pytest.mark.parametrize("room", [0, 1, 15, 16, 17, 700])
def test_a_write_that_fails_leaves_a_whole_ciphertext_and_may_be_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    path = tmp_path / "clip.mp4"
    file = sealed_file(path)
    file.write(PARTS[0] + PARTS[1])
    file.commit()
    before = path.read_bytes()
    file.write(PARTS[2])
    with monkeypatch.context() as patched:
        disk = Disk(room)
        disk.install(patched)

        def make_room(handle: int, size: int, real: object = os.ftruncate) -> None:
            real(handle, size)  # type: ignore[operator]
            disk.room_bytes = 16

        patched.setattr(os, "ftruncate", make_room)
        with pytest.raises(StoreFullError):
            file.commit()
    assert path.read_bytes() == before
    assert without_free(clear(path)) == PARTS[0] + PARTS[1]
    file.commit()
    assert without_free(clear(path)) == PARTS[0] + PARTS[1] + PARTS[2]
    file.close()


# Any units, any cut


def box(size: int) -> bytes:
    return struct.pack(">I4s", 8 + size, b"mdat") + bytes(size)


def written_units(sizes: list[int], key: ContentKey) -> tuple[list[bytes], list[bytes]]:
    """The file behind each write, and the units in the clear."""
    cipher, file, files, clears = UnitCipher(key), b"", [], []
    for number, size in enumerate(sizes):
        unit = cipher.seal(box(size), Mark(0, number * 15, number * 10**9))
        files.append(file + bytes(unit.written))
        file += bytes(unit.stored)
        clears.append(b"".join(unit.clear))
    return files, clears


def open_bytes(data: bytes, key: ContentKey, folder: Path) -> bytes:
    path = folder / "any.mp4"
    path.write_bytes(data)
    key_file = wrap(key, public_pem(), "")
    return b"".join(opened(path, key_file, private_key()))


SIZES = st.lists(st.integers(0, 3_000), min_size=1, max_size=6)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(sizes=SIZES)
def test_units_of_any_size_are_whole_behind_each_write(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int]
) -> None:
    key, folder = ContentKey(), tmp_path_factory.getbasetemp()
    files, clears = written_units(sizes, key)
    for count, file in enumerate(files, 1):
        assert open_bytes(file, key, folder) == b"".join(clears[:count])
        found = scan_sealed_bytes(memoryview(file))
        assert (found.fragments, found.whole_bytes) == (count - 1, len(file))
        assert found.frames == (count - 1) * 15
        kinds = [one.type for one in whole_boxes(memoryview(b"".join(clears[:count])))]
        assert kinds == [b"mdat", b"free"] * count


def torn(old: bytes, new: bytes, size: int, choices: Iterator[int]) -> bytes:
    """Something between the two, sector by sector: the old one, the new one, zeros."""
    made = bytearray()
    for at in range(0, size, SECTOR_BYTES):
        end = min(at + SECTOR_BYTES, size)
        source = (old, new)[next(choices) % 2]
        made += source[at:end].ljust(end - at, b"\0")
    return bytes(made)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200
)
@given(sizes=st.lists(st.integers(0, 3_000), min_size=2, max_size=6), data=st.data())
def test_a_write_torn_in_any_way_costs_no_unit_before_it(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], data: st.DataObject
) -> None:
    folder, key = tmp_path_factory.mktemp("torn"), ContentKey()
    files, clears = written_units(sizes, key)
    last = data.draw(st.integers(1, len(files) - 1), "the unit that was being written")
    old, new = files[last - 1], files[last]
    size = data.draw(st.integers(len(old) - 16, len(new)), "length of the file")
    sectors = data.draw(st.lists(st.integers(0, 1), min_size=size // SECTOR_BYTES + 1))
    left = torn(old, new, size, iter([*sectors, *([1] * (size // SECTOR_BYTES + 1))]))
    path = folder / "clip.mp4"
    path.write_bytes(left)
    form = form_of(sealed=True)
    form.mend(path, form.scan(path))
    mended = path.read_bytes()
    assert mended in (old, new), "what was promised, or all that was written"
    if left == new:
        assert mended == new
    kept = last if mended == old else last + 1
    assert open_bytes(mended, key, folder) == b"".join(clears[:kept])


@settings(deadline=None)
@given(junk=st.binary(max_size=400), at=st.integers(0, 4_000))
def test_any_bytes_can_be_scanned(junk: bytes, at: int) -> None:
    files, _ = written_units([300, 900, 2_000], ContentKey())
    data = files[-1][:at] + junk + files[-1][at:]
    found = scan_sealed_bytes(memoryview(data))
    assert found.file_bytes == len(data) and found.frames <= 30


# In a store


def sealed_clip(store: Store, count: int = len(PARTS), lines: bool = True) -> Path:
    """A clip of which so many parts were written when the power went."""
    recording = begin(store)
    clip = store.open_clip(recording, new_clip(recording, sealed=True))
    path = store.path(clip)
    file = sealed_file(path)
    file.write(b"".join(PARTS[:count]))
    file.commit()
    if lines:
        file.follow()
    return path


def wrong(store: Store) -> list[str]:
    found = check(store.folder, store.journal)
    return [one.what for one in found if one.severity is Severity.WRONG]


@pytest.mark.parametrize("tail", [b"", b"x", bytes(100), bytes(range(256)) * 4])
def test_the_repair_needs_no_key(store: Store, tail: bytes) -> None:
    path = sealed_clip(store)
    whole = path.read_bytes()
    path.write_bytes(whole[:-16] + tail)
    (made,) = repair(store)
    (clip,) = store.journal.clips()
    assert path.read_bytes() == whole
    assert (clip.state, clip.end_reason) == (ClipState.FINALISED, EndReason.RECOVERED)
    assert (clip.frames, clip.sealed, clip.clear_sha256) == (4 * RATE_HZ, True, None)
    assert clip.bytes == len(whole) and made.frames == clip.frames
    assert wrong(store) == [] and repair(store) == []


def test_without_its_chain_a_sealed_clip_loses_hashes_and_no_unit(store: Store) -> None:
    path = sealed_clip(store)
    lines = read_chain(chain_file(path))
    chain_file(path).write_bytes(b"bwv-chain 1\n" + lines[0].line() + lines[1].line()[:-9])
    repair(store)
    (clip,) = store.journal.clips()
    assert (clip.frames, clip.chain) == (4 * RATE_HZ, lines[0].chain)
    assert read_chain(chain_file(path)) == lines[:1] and is_whole(chain_file(path))
    assert wrong(store) == []


def test_a_sealed_clip_with_no_whole_fragment_is_nothing_recorded(store: Store) -> None:
    path = sealed_clip(store, count=1)
    repair(store)
    (clip,) = store.journal.clips()
    assert clip.end_reason is EndReason.NOTHING_RECORDED
    assert not path.parent.exists(), "its key and its chain are gone as well"


def test_a_sealed_clip_is_adopted_when_the_journal_is_lost(store: Store) -> None:
    path = sealed_clip(store)
    store.journal.close()
    store.close()
    for name in store.folder.glob("journal.sqlite*"):
        name.unlink()
    again = Store.open(store.folder)
    try:
        repair(again)
        (clip,) = again.journal.clips()
        assert again.path(clip) == path
        assert (clip.sealed, clip.frames) == (True, 4 * RATE_HZ)
        assert wrong(again) == []
    finally:
        again.close()


@pytest.mark.parametrize(
    ("hurt", "said"),
    [
        (lambda path: key_file(path).unlink(), "key file"),
        (lambda path: key_file(path).write_bytes(b"{}"), "key file"),
        (lambda path: path.write_bytes(path.read_bytes()[:-16]), "bytes"),
        (lambda path: path.write_bytes(b"x" + path.read_bytes()[1:]), "SHA-256"),
    ],
    ids=["no key", "no key in it", "cut", "changed"],
)
def test_check_names_what_is_wrong_with_a_sealed_clip(
    store: Store, hurt: object, said: str
) -> None:
    path = sealed_clip(store)
    repair(store)
    assert wrong(store) == []
    hurt(path)  # type: ignore[operator]
    (found,) = wrong(store)
    assert said in found


# Key files


def test_a_key_file_has_one_pair_a_line_and_nothing_escaped() -> None:
    text = wrap(ContentKey(), public_pem(), "key/1").to_json().decode()
    lines = [line for line in text.splitlines() if '"' in line]
    assert len(lines) == 3 and "\\" not in text
    for line in lines:
        fields = line.split('"')
        assert json.loads(text)[fields[1]] == fields[3]


@given(st.text(max_size=40) | st.sampled_from(["EncryptedKey", 'a"ContentEncryptionIV"', "\\/"]))
def test_whatever_the_public_key_is_called_a_script_that_greps_finds_the_right_lines(
    name: str,
) -> None:
    content_key = ContentKey()
    lines = KeyFile(content_key.key, content_key.iv, name).to_json().decode("ascii").splitlines()
    for field, value in (
        ("EncryptedKey", content_key.key),
        ("ContentEncryptionIV", content_key.iv),
    ):
        (line,) = [line for line in lines if field in line]
        assert base64.b64decode(line.split('"')[3]) == value


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b"{}",
        b'{"EncryptedKey": 1, "ContentEncryptionIV": "AAAAAAAAAAAAAAAAAAAAAA=="}',
        b'{"EncryptedKey": "!", "ContentEncryptionIV": "AAAAAAAAAAAAAAAAAAAAAA=="}',
        b'{"EncryptedKey": "AAAA", "ContentEncryptionIV": "AAAA"}',
        b'{"EncryptedKey": "' + b"A" * 70_000 + b'"}',
        b"[" * 5_000,
    ],
)
def test_what_is_no_key_file_is_refused_in_words(body: bytes) -> None:
    with pytest.raises(SealError):
        parse_key_file(body)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_key_file_or_refused(body: bytes) -> None:
    with contextlib.suppress(SealError):
        assert isinstance(parse_key_file(body), KeyFile)


def test_another_private_key_does_not_open_it() -> None:
    file = wrap(ContentKey(), public_pem(), "key-1")
    with pytest.raises(SealError, match="key-1"):
        file.content_key(rsa.generate_private_key(65537, 2048))


def test_keys_that_are_too_short_or_of_another_kind_seal_nothing() -> None:
    weak = public_pem(rsa.generate_private_key(65537, 1024))
    curve = ec.generate_private_key(ec.SECP256R1()).public_key()
    pem = curve.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    for public in (weak, pem, "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "x"):
        with pytest.raises(SealError):
            wrap(ContentKey(), public, "")


def test_the_content_key_is_not_shown() -> None:
    key = ContentKey()
    assert key.key.hex() not in repr(key) and str(key.key) not in repr(key)


def test_a_key_file_is_never_written_over(tmp_path: Path) -> None:
    begin_seal(tmp_path / "clip.mp4", recipient())
    with pytest.raises(StoreError, match="File exists"):
        begin_seal(tmp_path / "clip.mp4", recipient())
