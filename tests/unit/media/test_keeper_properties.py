"""Whatever comes in whatever order: a recording holds all that was wanted, once, in order."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bwv_device.evidence.records import Clip, ClipState, EndReason
from bwv_device.evidence.store import Store
from bwv_device.media.encoded_stream import Templates
from bwv_device.media.messages import ClipClosed, RecordingClosed, WritingFailed
from bwv_device.media.silence import Silence
from tests.unit.media.media_packets import MS, S, Written
from tests.unit.media.media_rig import NO_SPLIT_BYTES, Rig, Rules
from tests.unit.media.media_world import PICTURE_LAG_NS, Wish, World, worlds

RULES = st.builds(
    Rules,
    pre_record_s=st.sampled_from([0.0, 0.5, 2.0]),
    ring_sound=st.booleans(),
    split_after_s=st.sampled_from([1.0, 2.5, 3600.0]),
    split_bytes=st.sampled_from([20_000, 60_000, NO_SPLIT_BYTES]),
)
FEW = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
TICK_NS = 25_000
"""Times in a file are rounded to ticks: 11 us of video, 21 us of sound."""


@contextmanager
def played(world: World, rules: Rules, templates: Templates, silence: Silence) -> Iterator[Rig]:
    """The keeper after all of the world has passed it."""
    with TemporaryDirectory(dir=_fast_folder()) as folder:
        store = Store.open(Path(folder))
        rig = Rig(store, templates, silence, rules)
        rig.open_source(frame_ns=world.frame_ns)
        for event in world.events():
            rig.at(event.arrives_ns, event.message)
        yield rig
        store.close()


def _fast_folder() -> str | None:
    """Memory, where there is such a folder: it is the order of writing that is tested here."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


@FEW
@given(world=worlds(), rules=RULES)
def test_every_recording_is_whole(
    world: World, rules: Rules, templates: Templates, silence: Silence
) -> None:
    asked_ns = round(rules.pre_record_s * S)
    with played(world, rules, templates, silence) as rig:
        assert not rig.keeper.is_recording
        assert not rig.reported(WritingFailed)
        assert len(rig.reported(RecordingClosed)) == len(world.wishes)
        assert rig.findings() == []
        for index, wish in enumerate(world.wishes):
            pictures = [p.time_ns // world.frame_ns for p in world.wanted_pictures(wish, asked_ns)]
            assert rig.numbers(index) == pictures
            _check_sound(rig, world, rules, index)
            _check_journal(rig, world, rules, index)


def _check_sound(rig: Rig, world: World, rules: Rules, index: int) -> None:
    wish = world.wishes[index]
    asked_ns = round(rules.pre_record_s * S)
    from_ns = 0 if rules.ring_sound else wish.trigger_ns
    wanted = [int(p.data[1:-1]) for p in world.wanted_sounds(wish, asked_ns, from_ns)]
    numbers = [n for n in rig.numbers(index, "audio") if n is not None]
    assert numbers == wanted
    for clip in rig.clips(index):
        sounds = [p for p in rig.written(clip) if p.track == "audio"]
        _check_one_sound_track(sounds, clip)


def _check_one_sound_track(sounds: list[Written], clip: Clip) -> None:
    """Without a gap from the clip's start on, and within the clip."""
    step_ns = 1024 * S // 48_000
    gaps = [after.time_ns - before.time_ns for before, after in pairwise(sounds)]
    assert all(abs(gap_ns - step_ns) <= TICK_NS for gap_ns in gaps)
    if sounds:
        assert clip.duration_ns is not None
        assert 0 <= sounds[0].time_ns <= step_ns + TICK_NS
        assert sounds[-1].time_ns < clip.duration_ns + S


def _check_journal(rig: Rig, world: World, rules: Rules, index: int) -> None:
    wish, clips = world.wishes[index], rig.clips(index)
    asked_ns = round(rules.pre_record_s * S)
    recording = rig.store.journal.recordings()[index]
    assert recording.trigger_off == "Button"
    assert {clip.state for clip in clips} <= {ClipState.FINALISED}
    assert [clip.number for clip in clips] == list(range(1, len(clips) + 1))
    reasons = [EndReason.SPLIT] * (len(clips) - 1) + [EndReason.STOP] * bool(clips)
    assert [clip.end_reason for clip in clips] == reasons
    losses = sum(clip.frames_dropped or 0 for clip in clips)
    assert losses == world.wanted_losses(wish, asked_ns)
    for number, clip in enumerate(clips):
        written = [p for p in rig.written(clip) if p.track == "video"]
        assert written[0].is_key and written[0].time_ns == 0
        assert clip.frames == len(written)
        _check_delivered(clip, wish, asked_ns, world, is_first=number == 0)
        _check_size(clip, written, world, rules)


def _check_delivered(
    clip: Clip, wish: Wish, asked_ns: int, world: World, *, is_first: bool
) -> None:
    key = world.first_key(wish, asked_ns)
    assert key is not None
    delivered_ns = max(0, wish.trigger_ns - key.time_ns) if is_first else 0
    assert clip.pre_record_delivered_ns == delivered_ns
    is_short = is_first and delivered_ns < asked_ns
    assert (clip.pre_record_short_reason is not None) == is_short


def _check_size(clip: Clip, written: list[Written], world: World, rules: Rules) -> None:
    """At most what was asked, or one group; a group larger than any before adds itself."""
    keys = [p.time_ns for p in written if p.is_key]
    longest_ns = (world.group_frames + len(world.lost_frames)) * world.frame_ns
    assert all(key_ns < round(rules.split_after_s * S) for key_ns in keys[1:])
    group_bytes = world.group_frames * (world.picture_bytes + 50) + 8_000
    assert (clip.bytes or 0) <= rules.split_bytes + group_bytes or len(keys) == 1
    assert (clip.duration_ns or 0) <= rules.split_after_s * S + longest_ns


@FEW
@given(world=worlds(), rules=RULES, cut=st.integers(0, 8_000), failure=st.booleans())
def test_a_source_that_closes_anywhere_leaves_every_clip_whole(
    world: World, rules: Rules, cut: int, failure: bool, templates: Templates, silence: Silence
) -> None:
    cut_ns = cut * MS
    with TemporaryDirectory(dir=_fast_folder()) as folder:
        store = Store.open(Path(folder))
        rig = Rig(store, templates, silence, rules)
        rig.open_source(frame_ns=world.frame_ns)
        before = [event for event in world.events() if event.arrives_ns < cut_ns]
        for event in before:
            rig.at(event.arrives_ns, event.message)
        rig.clock.advance_ns(max(0, cut_ns - rig.clock.monotonic_ns()))
        rig.close_source("the camera has gone" if failure else None)
        assert not rig.keeper.is_recording and rig.keeper.ring.bytes == 0
        assert rig.findings() == []
        _check_up_to(rig, world, rules, cut_ns)
        store.close()


def _check_up_to(rig: Rig, world: World, rules: Rules, cut_ns: int) -> None:
    """Each recording that had begun holds every picture that came, up to its stop."""
    asked_ns = round(rules.pre_record_s * S)
    for index in range(len(rig.store.journal.recordings())):
        wish = world.wishes[index]
        if wish.end_handled_ns >= cut_ns:
            wish = replace(wish, stop_ns=cut_ns)
        wanted = world.wanted_pictures(wish, asked_ns)
        came = [p for p in wanted if p.time_ns + PICTURE_LAG_NS < cut_ns]
        assert rig.numbers(index) == [p.time_ns // world.frame_ns for p in came]
        assert rig.store.journal.recordings()[index].trigger_off is not None
    assert len(rig.reported(ClipClosed)) == len(rig.store.journal.clips())
