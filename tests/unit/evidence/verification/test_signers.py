"""Who signed, and when: every way in which a signer is not, or no longer, the right one."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bwv_device.evidence.identity.credential import pem
from bwv_device.evidence.identity.own_root import make_own
from bwv_device.evidence.identity.profile import Life, utc_ns
from bwv_device.evidence.media_signing.stream_signer import StreamSigner
from bwv_device.evidence.media_signing.values import Vendor
from bwv_device.evidence.signer import KeySigner, Signer
from bwv_device.evidence.verification.checks import verify
from bwv_device.evidence.verification.evidence import Papers, Trust
from bwv_device.evidence.verification.facts import Fact
from bwv_device.evidence.verification.verdict import Grade, Verdict
from tests.support import signed_clips as clips

RECORDED = datetime(2026, 11, 23, 20, 21, tzinfo=UTC)
DAY = timedelta(days=1)


def facts(verdict: Verdict) -> set[Fact]:
    return {finding.fact for finding in verdict.findings}


def look(signer: Signer, now: datetime) -> Verdict:
    data = clips.put_together(clips.sign(clips.pictures(), signer))
    papers = clips.manifest(data, signer)
    return verify(clips.evidence(data, papers, now_utc_ns=utc_ns(now)))


def test_footage_outlives_the_certificate_that_it_was_signed_with() -> None:
    signer = clips.home().camera(life=Life(RECORDED - DAY, RECORDED + DAY))
    verdict = look(signer, RECORDED + 400 * DAY)
    assert verdict.grade is Grade.AUTHENTIC
    assert Fact.SIGNER_EXPIRED in facts(verdict)


def test_a_certificate_that_had_run_out_signs_nothing() -> None:
    signer = clips.home().camera(life=Life(RECORDED - 9 * DAY, RECORDED - DAY))
    verdict = look(signer, RECORDED + DAY)
    assert verdict.grade is Grade.WRONG_SIGNER
    assert Fact.SIGNER_NOT_VALID_THEN in facts(verdict)


def test_a_camera_whose_clock_was_wrong_is_believed_while_its_certificate_counts() -> None:
    signer = clips.home().camera(life=Life(RECORDED + DAY, RECORDED + 90 * DAY))
    verdict = look(signer, RECORDED + 2 * DAY)
    assert verdict.grade is Grade.AUTHENTIC
    assert Fact.SIGNING_TIME_ODD in facts(verdict)


def test_nobody_is_believed_without_an_anchor() -> None:
    data = clips.put_together(clips.signed())
    verdict = verify(clips.evidence(data, clips.manifest(data), anchors=[]))
    assert verdict.grade is Grade.UNKNOWN_SIGNER


def test_one_anchor_of_several_is_enough() -> None:
    data = clips.put_together(clips.signed())
    both = [clips.foreign(), clips.home()]
    assert verify(clips.evidence(data, clips.manifest(data), anchors=both)).grade is Grade.AUTHENTIC


def test_an_authority_of_the_same_name_is_another_one() -> None:
    twin = clips.new_force("Home force")
    data = clips.put_together(clips.signed())
    verdict = verify(clips.evidence(data, clips.manifest(data), anchors=[twin]))
    assert verdict.grade is Grade.WRONG_SIGNER


def test_a_manifest_that_a_stranger_signed_anew_spoils_the_clip() -> None:
    data = clips.put_together(clips.signed())
    forged = clips.manifest(data, clips.foreign().camera())
    assert verify(clips.evidence(data, forged)).grade is Grade.WRONG_SIGNER


def test_a_manifest_that_another_camera_of_the_force_signed_spoils_the_clip() -> None:
    data = clips.put_together(clips.signed())
    forged = clips.manifest(data, clips.home().camera("BWV-0666"))
    verdict = verify(clips.evidence(data, forged))
    assert verdict.grade is Grade.WRONG_SIGNER
    assert Fact.SIGNER_OTHER_DEVICE in facts(verdict)


def test_a_manifest_of_another_recording_is_named() -> None:
    data = clips.put_together(clips.signed())
    other = clips.CONTAINER.replace("T2021", "T2022")
    verdict = verify(clips.evidence(data, clips.manifest(data), container=other))
    assert verdict.grade is Grade.ALTERED
    assert Fact.MANIFEST_OF_ANOTHER in facts(verdict)


@pytest.mark.parametrize(
    "text", [b"", b"{}", b"[1, 2]", b"\xff\xfe", b'{"payload": "e30"}', b"null", b"0" * 1000]
)
def test_valid_json_that_is_nonsense_is_no_manifest(text: bytes) -> None:
    data = clips.put_together(clips.signed())
    verdict = verify(clips.evidence(data, text))
    assert verdict.grade is Grade.ALTERED
    assert Fact.MANIFEST_BROKEN in facts(verdict)


def test_a_manifest_whose_text_was_changed_is_no_manifest() -> None:
    data = clips.put_together(clips.signed())
    document = json.loads(clips.manifest(data))
    payload = document["payload"]
    document["payload"] = payload[:40] + ("A" if payload[40] != "A" else "B") + payload[41:]
    verdict = verify(clips.evidence(data, json.dumps(document).encode()))
    assert Fact.MANIFEST_BROKEN in facts(verdict)


def test_a_camera_that_was_never_enrolled_is_named_so() -> None:
    own = make_own(clips.SERIAL, "BWV Prototype")
    signer = KeySigner(own.key, pem(own.leaf))
    data = clips.put_together(clips.sign(clips.pictures(), signer))
    trust = Trust(clips.NOW_UTC_NS, (own.certificates[-1],))
    papers = Papers(manifest=clips.manifest(data, signer))
    verdict = verify(replace(clips.evidence(data), trust=trust, papers=papers))
    assert verdict.grade is Grade.AUTHENTIC
    assert any("never enrolled" in one.detail for one in verdict.findings)


@pytest.mark.parametrize("utc_ns", [-(1 << 62), 1 << 69])
def test_a_stream_that_states_a_time_beyond_all_calendars_is_judged_all_the_same(
    utc_ns: int,
) -> None:
    stream = StreamSigner(clips.camera(), Vendor("0.1.0", clips.SERIAL, "bwv"))
    first, *others = clips.pictures()
    signed = [stream.add(first, utc_ns), *(stream.add(one, utc_ns) for one in others)]
    # It was signed while the certificate counts, as that counts now: the clock was wrong.
    assert verify(clips.evidence(clips.put_together(signed))).grade is Grade.AUTHENTIC_UP_TO
