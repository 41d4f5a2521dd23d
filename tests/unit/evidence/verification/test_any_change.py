"""No change whatever to a clip or its manifest leaves it authentic, and none is a crash."""

from functools import cache

from hypothesis import given
from hypothesis import strategies as st

from bwv_device.evidence.verification.checks import verify
from bwv_device.evidence.verification.verdict import Grade
from tests.support import signed_clips as clips


@cache
def whole() -> bytes:
    return clips.put_together(clips.signed())


@cache
def papers() -> bytes:
    return clips.manifest(whole())


@st.composite
def changes(draw: st.DrawFn, data: bytes) -> bytes:
    """`data` with some bytes changed, taken out or put in, or cut anywhere."""
    changed = bytearray(data)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, max(len(changed) - 1, 0)))
        match draw(st.sampled_from(["set", "cut", "remove", "insert"])):
            case "set":
                changed[at : at + 1] = bytes([draw(st.integers(0, 255))])
            case "cut":
                del changed[at:]
            case "remove":
                del changed[at : at + draw(st.integers(1, 5000))]
            case _:
                changed[at:at] = draw(st.binary(min_size=1, max_size=64))
    return bytes(changed)


@given(st.data())
def test_a_changed_clip_is_never_authentic(data: st.DataObject) -> None:
    changed = data.draw(changes(whole()))
    verdict = verify(clips.evidence(changed, papers()))
    assert (verdict.grade is Grade.AUTHENTIC) == (changed == whole())


@given(st.data())
def test_a_changed_clip_without_its_manifest_is_read_or_named(data: st.DataObject) -> None:
    changed = data.draw(changes(whole()))
    assert verify(clips.evidence(changed)).grade is not Grade.AUTHENTIC


@given(st.data())
def test_a_changed_manifest_is_read_or_named(data: st.DataObject) -> None:
    changed = data.draw(changes(papers()))
    verdict = verify(clips.evidence(whole(), changed))
    if verdict.grade is Grade.AUTHENTIC:
        # White space between the parts of the document is not signed, and says nothing.
        assert changed.split() == papers().split()
