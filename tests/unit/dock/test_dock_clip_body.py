"""A clip's body: all of it when it is right, never all of it when it is not."""

import hashlib
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bwv_device.dock.clip_body import BLOCK_BYTES, ClipBody
from bwv_device.dock.errors import DamagedClipError, LostClipError, UnsteadyCardError
from bwv_device.dock.proof import Expected
from bwv_device.protocol.digest import md5_hex

SIZES = [1, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, 3 * BLOCK_BYTES]


def content(size: int) -> bytes:
    return bytes(number * 7 % 251 for number in range(size))


def body_of(path: Path, data: bytes, told: list[int] | None = None) -> ClipBody:
    expected = Expected(hashlib.sha256(data).hexdigest(), md5_hex(data), len(data))
    return ClipBody(path, expected, (told if told is not None else []).append)


@pytest.mark.parametrize("size", SIZES)
def test_a_whole_clip_comes_whole_and_again_when_asked_again(tmp_path: Path, size: int) -> None:
    path, data = tmp_path / "clip", content(size)
    path.write_bytes(data)
    told: list[int] = []
    body = body_of(path, data, told)
    assert b"".join(body) == data
    assert told[-1] == body.size_bytes == size
    assert b"".join(body) == data


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("place", [0.0, 0.5, 0.999999])
def test_with_one_bit_turned_the_last_block_never_comes(
    tmp_path: Path, size: int, place: float
) -> None:
    path, data = tmp_path / "clip", bytearray(content(size))
    good = bytes(data)
    data[int(size * place)] ^= 0x10
    path.write_bytes(data)
    came = bytearray()
    with pytest.raises(DamagedClipError) as caught:
        for block in body_of(path, good):
            came += block
    assert len(came) < size
    assert caught.value.found.sha256 == hashlib.sha256(data).hexdigest()
    assert caught.value.found.bytes == size


@settings(max_examples=40, deadline=None)
@given(data=st.binary(min_size=1, max_size=400), now=st.binary(max_size=500))
def test_no_other_content_ever_comes_whole(data: bytes, now: bytes) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "clip"
        path.write_bytes(now)
        if now == data:
            assert b"".join(body_of(path, data)) == data
            return
        with pytest.raises(DamagedClipError) as caught:
            assert b"".join(body_of(path, data)) is None
        assert caught.value.found.sha256 == hashlib.sha256(now).hexdigest()


def test_a_clip_that_grows_while_it_is_read_does_not_overrun_its_length(tmp_path: Path) -> None:
    path, data = tmp_path / "clip", content(3 * BLOCK_BYTES)
    path.write_bytes(data)
    came = bytearray()
    with pytest.raises(DamagedClipError):
        for block in body_of(path, data):
            came += block
            with path.open("ab") as file:
                file.write(b"more")
    assert len(came) < len(data)


def test_a_clip_cut_short_while_it_is_read_never_ends(tmp_path: Path) -> None:
    path, data = tmp_path / "clip", content(4 * BLOCK_BYTES)
    path.write_bytes(data)
    came = bytearray()
    with pytest.raises(DamagedClipError):
        for block in body_of(path, data):
            came += block
            with path.open("r+b") as file:
                file.truncate(3 * BLOCK_BYTES)
    assert len(came) < 3 * BLOCK_BYTES


def test_a_card_that_reads_wrongly_once_is_not_taken_for_a_damaged_clip(tmp_path: Path) -> None:
    path, data = tmp_path / "clip", content(3 * BLOCK_BYTES)
    path.write_bytes(b"x" + data[1:])
    came = bytearray()
    with pytest.raises(UnsteadyCardError):
        for block in body_of(path, data):
            came += block
            path.write_bytes(data)
    assert len(came) < len(data)


@pytest.mark.parametrize("make", [Path.mkdir, lambda _path: None])
def test_what_can_not_be_read_is_lost(tmp_path: Path, make) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "clip"
    make(path)
    size = path.stat().st_size if path.exists() else 4
    body = ClipBody(path, Expected("0" * 64, "0" * 32, size), [].append)
    with pytest.raises(LostClipError, match="can't be read"):
        list(body)
