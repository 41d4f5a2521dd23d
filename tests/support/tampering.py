"""The tampering table: each act upon a signed clip, with and without its manifest, and what has to
be said of it: the grade, the second, and the fact that names what was done.

Used by the test of verification and by `scripts/bench dock`, which counts the rows that are named
rightly. Every row is a clip of eight groups of 15 pictures, a second each, one fragment a group.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bwv_device.evidence.verification.checks import verify
from bwv_device.evidence.verification.facts import Fact
from bwv_device.evidence.verification.verdict import Grade, Verdict
from tests.support import signed_clips as clips
from tests.support.stores import parts

S = 1_000_000_000
PICTURE = 3 * clips.GROUP + 7
"""In the middle of the fourth group: no key frame, and none beside it."""
AT_S = PICTURE / clips.RATE_HZ
FRAME_S = 1 / clips.RATE_HZ


def whole() -> bytes:
    return clips.put_together(clips.signed())


def _of_pictures(change: Callable[[list[bytes]], None]) -> Callable[[], bytes]:
    def act() -> bytes:
        pictures = list(clips.signed())
        change(pictures)
        return clips.put_together(pictures)

    return act


def _of_fragments(change: Callable[[list[bytes]], None]) -> Callable[[], bytes]:
    def act() -> bytes:
        fragments = list(parts(whole()))
        change(fragments)
        return b"".join(fragments)

    return act


def _dropped(at: int) -> Callable[[list[bytes]], None]:
    return lambda pictures: pictures.__delitem__(at)


def _doubled(at: int) -> Callable[[list[bytes]], None]:
    return lambda pictures: pictures.insert(at + 1, pictures[at])


def _swapped(pictures: list[bytes]) -> None:
    pictures[PICTURE], pictures[PICTURE + 1] = pictures[PICTURE + 1], pictures[PICTURE]


def _encoded_anew(at: int) -> Callable[[list[bytes]], None]:
    """One picture shows something else; its signing messages stay where they were."""

    def change(pictures: list[bytes]) -> None:
        own, other = clips.pictures()[at], clips.pictures(shift_px=60)[at]
        assert own != other and pictures[at].endswith(own[-20:])
        pictures[at] = pictures[at].replace(own.lstrip(b"\0")[1:], other.lstrip(b"\0")[1:])
        assert pictures[at].endswith(other[-20:])

    return change


def _bit(pictures: list[bytes]) -> None:
    changed = bytearray(pictures[PICTURE])
    changed[-10] ^= 0x10
    pictures[PICTURE] = bytes(changed)


def _stripped() -> bytes:
    return clips.put_together(clips.pictures())


def _encoded_anew_as_a_whole() -> bytes:
    return clips.put_together(clips.pictures(shift_px=60))


def _group_of_another(pictures: list[bytes]) -> None:
    start, end = 3 * clips.GROUP, 4 * clips.GROUP
    pictures[start:end] = clips.sign(clips.pictures(shift_px=60), clips.camera())[start:end]


def _signature_broken(pictures: list[bytes]) -> None:
    at = next(n for n in range(PICTURE, len(pictures)) if len(pictures[n]) > _plain_bytes(n) + 300)
    sei = bytearray(pictures[at])
    sei[len(sei) - _plain_bytes(at) - 40] ^= 0x01
    pictures[at] = bytes(sei)


def _one_signature_taken_out(pictures: list[bytes]) -> None:
    at = next(n for n in range(PICTURE, len(pictures)) if len(pictures[n]) > _plain_bytes(n) + 300)
    pictures[at] = clips.pictures()[at]


def _plain_bytes(at: int) -> int:
    return len(clips.pictures()[at])


def _by_a_stranger() -> bytes:
    return clips.put_together(clips.sign(clips.pictures(), clips.foreign().camera()))


def _by_another_camera() -> bytes:
    return clips.put_together(clips.sign(clips.pictures(), clips.home().camera("BWV-0666")))


def _other_sound() -> bytes:
    blocks = list(clips.sound())
    at = round(AT_S * clips.SOUND_HZ / clips.SOUND_SAMPLES)
    blocks[at] = clips.sound(tone_hz=880)[at]
    return clips.put_together(clips.signed(), blocks)


def _longer() -> bytes:
    return clips.put_together([*clips.signed(), *clips.pictures(shift_px=60)[: clips.GROUP]])


def _begun_by_others() -> bytes:
    return clips.put_together([*clips.pictures(shift_px=60)[: clips.GROUP], *clips.signed()])


@dataclass(frozen=True)
class Said:
    """What has to be said: the grade, the second (None: none), and the fact behind it."""

    grade: Grade
    at_s: float | None
    fact: Fact | None
    within_s: float = 0.001
    """How far from `at_s` the second may be."""


@dataclass(frozen=True)
class Row:
    """An act, and what is said of it with the manifest of the whole clip and without any."""

    act: Callable[[], bytes]
    with_manifest: Said
    without: Said


LAST_S = 8 - FRAME_S
"""The last picture of a clip carries the last signature, which does not cover it."""
PART_S = 10 * FRAME_S
"""How long a signed part is at most: what a signature alone can't place closer."""

ROWS: dict[str, Row] = {
    "nothing": Row(
        whole,
        Said(Grade.AUTHENTIC, None, Fact.FILE_IS_SIGNED),
        Said(Grade.AUTHENTIC_UP_TO, LAST_S, Fact.STREAM_TAIL),
    ),
    "a frame dropped": Row(
        _of_pictures(_dropped(PICTURE)),
        Said(Grade.ALTERED, AT_S, Fact.PICTURE_MISSING),
        Said(Grade.PARTS_MISSING, AT_S, Fact.PICTURE_MISSING),
    ),
    "a key frame dropped": Row(
        _of_pictures(_dropped(3 * clips.GROUP)),
        Said(Grade.ALTERED, 3, Fact.PICTURE_MISSING),
        Said(Grade.PARTS_MISSING, 3, Fact.PICTURE_MISSING),
    ),
    "a frame doubled": Row(
        _of_pictures(_doubled(PICTURE)),
        Said(Grade.ALTERED, AT_S, Fact.PICTURE_ADDED, within_s=FRAME_S),
        Said(Grade.ALTERED, AT_S, Fact.PICTURE_ADDED, within_s=FRAME_S),
    ),
    "two frames swapped": Row(
        _of_pictures(_swapped),
        Said(Grade.ALTERED, AT_S, Fact.PICTURE_ADDED, within_s=FRAME_S),
        Said(Grade.ALTERED, AT_S, Fact.PICTURE_ADDED, within_s=FRAME_S),
    ),
    "a frame encoded anew": Row(
        _of_pictures(_encoded_anew(PICTURE)),
        Said(Grade.ALTERED, AT_S, Fact.PICTURE_CHANGED),
        Said(Grade.ALTERED, AT_S, Fact.PICTURE_CHANGED),
    ),
    "a bit of a frame changed": Row(
        _of_pictures(_bit),
        Said(Grade.ALTERED, AT_S, Fact.PICTURE_CHANGED),
        Said(Grade.ALTERED, AT_S, Fact.PICTURE_CHANGED),
    ),
    "all encoded anew": Row(
        _encoded_anew_as_a_whole,
        Said(Grade.ALTERED, 0, Fact.UNIT_CHANGED),
        Said(Grade.UNSIGNED, None, Fact.STREAM_UNSIGNED),
    ),
    "cut at the front": Row(
        _of_fragments(lambda units: units.__delitem__(slice(1, 3))),
        Said(Grade.PARTS_MISSING, 0, Fact.UNITS_MISSING),
        Said(Grade.PARTS_MISSING, 0, Fact.BEGINS_LATER),
    ),
    "cut in the middle": Row(
        _of_fragments(lambda units: units.__delitem__(slice(4, 6))),
        Said(Grade.PARTS_MISSING, 3, Fact.UNITS_MISSING),
        # The signature over the pictures before the cut lay behind it: anything may stand there.
        Said(Grade.ALTERED, 3, Fact.PART_MISSING, within_s=PART_S),
    ),
    "cut at the end": Row(
        _of_fragments(lambda units: units.__delitem__(slice(6, None))),
        Said(Grade.AUTHENTIC_UP_TO, 5, Fact.UNITS_MISSING_AT_END),
        Said(Grade.AUTHENTIC_UP_TO, 5 - FRAME_S * 5, Fact.STREAM_TAIL, within_s=PART_S),
    ),
    "cut within a fragment": Row(
        lambda: whole()[:-5000],
        Said(Grade.AUTHENTIC_UP_TO, 7, Fact.UNITS_MISSING_AT_END),
        Said(Grade.AUTHENTIC_UP_TO, 7 - FRAME_S * 5, Fact.STREAM_TAIL, within_s=PART_S),
    ),
    "fragments swapped": Row(
        _of_fragments(lambda units: units.insert(3, units.pop(4))),
        Said(Grade.ALTERED, 2, Fact.UNIT_ADDED, within_s=1),
        Said(Grade.ALTERED, 2, Fact.PICTURES_MOVED, within_s=1 + PART_S),
    ),
    "a fragment doubled": Row(
        _of_fragments(lambda units: units.insert(4, units[4])),
        Said(Grade.ALTERED, 4, Fact.UNIT_ADDED, within_s=1),
        Said(Grade.ALTERED, 4, Fact.PICTURE_ADDED, within_s=1),
    ),
    "signatures stripped": Row(
        _stripped,
        Said(Grade.ALTERED, 0, Fact.STREAM_UNSIGNED),
        Said(Grade.UNSIGNED, None, Fact.STREAM_UNSIGNED),
    ),
    "one signature taken out": Row(
        _of_pictures(_one_signature_taken_out),
        Said(Grade.ALTERED, 3, Fact.PART_UNCOVERED, within_s=1),
        Said(Grade.ALTERED, 3, Fact.PART_UNCOVERED, within_s=PART_S),
    ),
    "one signature broken": Row(
        _of_pictures(_signature_broken),
        Said(Grade.ALTERED, 3, Fact.SIGNATURE_BROKEN, within_s=1),
        Said(Grade.ALTERED, 3, Fact.SIGNATURE_BROKEN, within_s=1),
    ),
    "a group of another clip of the camera": Row(
        _of_pictures(_group_of_another),
        Said(Grade.ALTERED, 3, Fact.UNIT_CHANGED, within_s=PART_S),
        Said(Grade.ALTERED, 3, Fact.PICTURE_CHANGED, within_s=PART_S),
    ),
    "signed by somebody else": Row(
        _by_a_stranger,
        Said(Grade.WRONG_SIGNER, None, Fact.SIGNER_STRANGER),
        Said(Grade.WRONG_SIGNER, None, Fact.SIGNER_STRANGER),
    ),
    "signed by another camera of the force": Row(
        _by_another_camera,
        Said(Grade.WRONG_SIGNER, None, Fact.SIGNER_OTHER_DEVICE),
        Said(Grade.WRONG_SIGNER, None, Fact.SIGNER_OTHER_DEVICE),
    ),
    "sound changed": Row(
        _other_sound,
        Said(Grade.ALTERED, 3, Fact.UNIT_CHANGED),
        Said(Grade.AUTHENTIC_UP_TO, LAST_S, Fact.SOUND_UNCOVERED),
    ),
    "pictures put behind the end": Row(
        _longer,
        Said(Grade.ALTERED, 8, Fact.UNIT_ADDED),
        Said(Grade.AUTHENTIC_UP_TO, LAST_S, Fact.STREAM_TAIL),
    ),
    "pictures put before the beginning": Row(
        _begun_by_others,
        Said(Grade.ALTERED, 0, Fact.PICTURE_ADDED, within_s=1),
        Said(Grade.ALTERED, 0, Fact.PICTURE_ADDED),
    ),
}


def faults(row: Row) -> Iterator[str]:
    """What is not said as it should be, of an act with and without the manifest."""
    papers = clips.manifest(whole())
    yield from _faults(verify(clips.evidence(row.act(), papers)), row.with_manifest)
    yield from _faults(verify(clips.evidence(row.act())), row.without)


def _faults(verdict: Verdict, said: Said) -> Iterator[str]:
    found = [(one.fact.value, one.start_ns, one.end_ns, one.detail) for one in verdict.findings]
    if verdict.grade is not said.grade:
        yield f"{verdict.grade}, not {said.grade}: {found}"
    if said.fact not in {one.fact for one in verdict.findings}:
        yield f"{said.fact} was not found: {found}"
    if said.at_s is None:
        return
    if verdict.at_ns is None or abs(verdict.at_ns / S - said.at_s) > said.within_s:
        yield f"the second is {verdict.at_ns}, not {said.at_s}: {found}"
