"""A clip against its receipt: what it adds, what it contradicts, and when it counts for nothing."""

from functools import cache

import pytest

from bwv_device.evidence.verification.checks import verify
from bwv_device.evidence.verification.facts import Fact, Source
from bwv_device.evidence.verification.verdict import Grade, Verdict
from tests.support import signed_clips as clips
from tests.support.stores import parts


@cache
def whole() -> bytes:
    return clips.put_together(clips.signed())


@cache
def server() -> clips.KeySigner:
    return clips.home().destination()


def look(receipt: bytes | None, data: bytes | None = None, **more: object) -> Verdict:
    found = clips.evidence(
        whole() if data is None else data,
        clips.manifest(whole()),
        receipt=receipt,
        **more,  # type: ignore[arg-type]
    )
    return verify(found)


def of_receipt(verdict: Verdict) -> set[Fact]:
    return {one.fact for one in verdict.findings if one.source is Source.RECEIPT}


def test_a_receipt_over_these_bytes_is_told_with_site_and_time() -> None:
    verdict = look(clips.receipt(whole(), server()))
    assert verdict.grade is Grade.AUTHENTIC
    (told,) = [one for one in verdict.findings if one.fact is Fact.RECEIPT_GOOD]
    assert clips.SITE in told.detail and "2026-11-23T21:21:00Z" in told.detail


def test_no_receipt_is_no_fault() -> None:
    verdict = look(None)
    assert (verdict.grade, of_receipt(verdict)) == (Grade.AUTHENTIC, {Fact.RECEIPT_ABSENT})


def test_a_receipt_makes_no_unsigned_clip_a_signed_one() -> None:
    data = clips.put_together(clips.pictures())
    found = clips.evidence(data, receipt=clips.receipt(data, server()))
    assert verify(found).grade is Grade.UNSIGNED


def test_a_receipt_over_other_bytes_contradicts_the_clip() -> None:
    verdict = look(clips.receipt(whole() + b"\0", server()))
    assert verdict.grade is Grade.ALTERED
    assert Fact.RECEIPT_DIFFERS in of_receipt(verdict)


def test_a_part_of_what_was_received_stays_authentic_up_to_its_end() -> None:
    part = b"".join(list(parts(whole()))[:5])
    verdict = look(clips.receipt(whole(), server()), part)
    assert verdict.grade is Grade.AUTHENTIC_UP_TO
    assert Fact.RECEIPT_DIFFERS in of_receipt(verdict)


@pytest.mark.parametrize(
    "signer", [clips.foreign().destination(), clips.home().camera()], ids=["stranger", "camera"]
)
@pytest.mark.parametrize("other", [b"", b"\0"])
def test_a_receipt_of_somebody_who_is_no_destination_of_ours_counts_for_nothing(
    signer: clips.KeySigner, other: bytes
) -> None:
    verdict = look(clips.receipt(whole() + other, signer))
    assert (verdict.grade, of_receipt(verdict)) == (Grade.AUTHENTIC, {Fact.RECEIPT_UNVOUCHED})


def test_a_receipt_of_another_recording_says_nothing_of_this_one() -> None:
    other = clips.CONTAINER.replace("T2021", "T2022")
    verdict = look(clips.receipt(b"other", server(), container=other))
    assert (verdict.grade, Fact.RECEIPT_SILENT in of_receipt(verdict)) == (Grade.AUTHENTIC, True)


@pytest.mark.parametrize("text", [b"", b"{}", b"no JSON", clips.manifest(whole())])
def test_what_is_no_receipt_is_named(text: bytes) -> None:
    verdict = look(text)
    assert (verdict.grade, of_receipt(verdict)) == (Grade.ALTERED, {Fact.RECEIPT_BROKEN})
