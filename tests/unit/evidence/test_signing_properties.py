"""Whatever is done to a signed stream: nothing is called authentic that was not signed."""

import random
from collections.abc import Callable

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bwv_device.evidence.media_signing import nal_units
from bwv_device.evidence.media_signing.reading import PictureState
from tests.support.signed_streams import (
    alter,
    letters,
    make_stream,
    make_stream_signer,
    read,
    seis,
    sign,
    without_seis,
)

patient = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
GROUPS = st.lists(st.sampled_from(["I", "IP", "IPP", "IPPP", "IiPpPp", "IPPPPPPP"]), max_size=5)
STREAMS = GROUPS.map(lambda groups: "IP" + "".join(groups))
PART_PICTURES = st.integers(1, 12)

NOT_RIGHT = {PictureState.ALTERED, PictureState.ADDED, PictureState.UNSIGNED}

Act = Callable[[list[bytes], int, int], None]


def drop(pictures: list[bytes], at: int, _other: int) -> None:
    del pictures[at]


def drop_keeping_signature(pictures: list[bytes], at: int, _other: int) -> None:
    held = seis(pictures.pop(at))
    if at < len(pictures):
        pictures[at] = held + pictures[at]


def double(pictures: list[bytes], at: int, other: int) -> None:
    pictures.insert(other, pictures[at])


def swap(pictures: list[bytes], at: int, other: int) -> None:
    pictures[at], pictures[other] = pictures[other], pictures[at]


def change(pictures: list[bytes], at: int, _other: int) -> None:
    pictures[at] = alter(pictures[at])


def strip(pictures: list[bytes], at: int, _other: int) -> None:
    pictures[at] = without_seis(pictures[at])


def make_anew(pictures: list[bytes], at: int, other: int) -> None:
    pictures[at] = seis(pictures[at]) + make_stream("P", seed=1000 + other)[0]


def cut_head(pictures: list[bytes], at: int, _other: int) -> None:
    del pictures[:at]


def cut_tail(pictures: list[bytes], at: int, _other: int) -> None:
    del pictures[at:]


ACTS = (
    *(drop, drop_keeping_signature, double, swap, change),
    *(strip, make_anew, cut_head, cut_tail),
)
DOINGS = st.lists(
    st.tuples(st.sampled_from(ACTS), st.integers(0, 10_000), st.integers(0, 10_000)),
    min_size=1,
    max_size=4,
)


@patient
@given(words=STREAMS, part_pictures=PART_PICTURES)
def test_every_picture_but_the_last_of_a_whole_stream_is_authentic(
    words: str, part_pictures: int
) -> None:
    pictures = make_stream(words)
    signed = sign(pictures, make_stream_signer(part_pictures=part_pictures))
    reading = read(signed)
    assert letters(reading) == "." * (len(pictures) - 1) + "_"
    assert not reading.missing
    assert not reading.problems
    assert reading.parts_before == 0
    assert [without_seis(each) for each in signed] == [without_seis(each) for each in pictures]


@patient
@given(words=STREAMS, part_pictures=PART_PICTURES, doings=DOINGS)
def test_what_is_called_authentic_was_signed_in_that_order(
    words: str, part_pictures: int, doings: list[tuple[Act, int, int]]
) -> None:
    original = make_stream(words)
    pictures = sign(original, make_stream_signer(part_pictures=part_pictures))
    whole = list(pictures)
    for act, at, other in doings:
        if pictures:
            act(pictures, at % len(pictures), other % len(pictures))
    reading = read(pictures)
    assert len(reading.states) == len(pictures)
    authentic = [
        without_seis(picture)
        for picture, state in zip(pictures, reading.states, strict=True)
        if state is PictureState.AUTHENTIC
    ]
    in_order = iter(map(without_seis, original))
    assert all(picture in in_order for picture in authentic)
    if pictures == whole:
        assert letters(reading) == "." * (len(pictures) - 1) + "_"


@patient
@given(words=STREAMS, part_pictures=PART_PICTURES, doings=DOINGS)
def test_where_a_reading_tells_of_nothing_the_covered_pictures_are_in_one_piece(
    words: str, part_pictures: int, doings: list[tuple[Act, int, int]]
) -> None:
    original = make_stream(words)
    pictures = sign(original, make_stream_signer(part_pictures=part_pictures))
    for act, at, other in doings:
        if pictures:
            act(pictures, at % len(pictures), other % len(pictures))
    reading = read(pictures)
    covered = letters(reading).rstrip("_")
    if reading.missing or reading.problems or set(covered) - {"."}:
        return
    bare = list(map(without_seis, pictures))[: len(covered)]
    plain = list(map(without_seis, original))
    places = [at for at in range(len(plain)) if plain[at : at + len(bare)] == bare]
    assert places
    assert reading.parts_before > 0 or bare == plain[: len(bare)]


@patient
@given(words=STREAMS, seed=st.integers(0, 10_000), flips=st.integers(1, 5))
def test_turned_bits_are_never_called_authentic(words: str, seed: int, flips: int) -> None:
    original = make_stream(words)
    chance = random.Random(seed)
    pictures = sign(original)
    for _ in range(flips):
        at = chance.randrange(len(pictures))
        data = bytearray(pictures[at])
        data[chance.randrange(4, len(data))] ^= 1 << chance.randrange(8)
        if data.startswith(b"\x00\x00\x00\x01"):
            pictures[at] = bytes(data)
    reading = read(pictures)
    signed_slices = [slices(picture) for picture in original]
    for picture, state in zip(pictures, reading.states, strict=True):
        if state is not PictureState.AUTHENTIC:
            continue
        # A slice that is none any more is missing from its picture, and the reading tells.
        assert any(set(slices(picture)) <= set(each) for each in signed_slices)
        told = reading.missing or set(reading.states) & NOT_RIGHT
        assert told or slices(picture) in signed_slices


def slices(picture: bytes) -> list[bytes]:
    """What of a picture is hashed."""
    return [unit for unit in nal_units.split_annex_b(picture) if nal_units.is_slice(unit)]
