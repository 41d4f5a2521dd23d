"""Pictures at any distance, overlapping triggers, stops in the past, sources that come and go: a
recording still is one run of pictures, each once, in clips that open."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bwv_device.evidence.records import Clip, ClipState
from bwv_device.evidence.store import Store
from bwv_device.media.encoded_stream import Templates
from bwv_device.media.messages import RecordingClosed, WritingFailed
from bwv_device.media.silence import Silence
from tests.unit.media.media_anything import STEPS, Kept, Player, Step
from tests.unit.media.media_packets import S
from tests.unit.media.media_rig import NO_SPLIT_BYTES, Rig, Rules

NO_CEILING = 1 << 30
RULES = st.builds(
    Rules,
    pre_record_s=st.sampled_from([0.0, 0.3, 1.0, 4.0]),
    ring_sound=st.booleans(),
    byte_ceiling=st.sampled_from([NO_CEILING, NO_CEILING, 10_000]),
    split_after_s=st.sampled_from([0.3, 2.0, 3600.0]),
    split_bytes=st.sampled_from([12_000, NO_SPLIT_BYTES]),
)


@contextmanager
def played(
    steps: Sequence[Step], rules: Rules, templates: Templates, silence: Silence
) -> Iterator[Player]:
    """The keeper behind all steps and its own end."""
    fast = "/dev/shm" if Path("/dev/shm").is_dir() else None
    with TemporaryDirectory(dir=fast) as folder:
        store = Store.open(Path(folder))
        player = Player(Rig(store, templates, silence, rules), round(rules.pre_record_s * S))
        player.play(steps)
        yield player
        store.close()


@pytest.mark.timeout(600)
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS, rules=RULES)
def test_every_recording_is_one_run_of_pictures(
    steps: list[Step], rules: Rules, templates: Templates, silence: Silence
) -> None:
    with played(steps, rules, templates, silence) as player:
        rig = player.rig
        assert not rig.keeper.is_recording
        assert not rig.reported(WritingFailed)
        assert len(rig.reported(RecordingClosed)) == len(player.kept)
        assert rig.findings() == []
        for index, kept in enumerate(player.kept):
            _check_pictures(player, index, kept, rules)
            _check_sound(rig, index)
            for clip in rig.clips(index):
                _check_clip(rig, clip)


def _check_pictures(player: Player, index: int, kept: Kept, rules: Rules) -> None:
    numbers = [number for number in player.rig.numbers(index) if number is not None]
    least, most = kept.bounds(player.times_ns)
    if not numbers:
        # A ring at its ceiling may hold nothing, and a stop may come before the next key frame.
        first = kept.first if kept.first is not None else least
        assert least <= first or rules.byte_ceiling != NO_CEILING
        return
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert least <= numbers[-1] + 1 <= most
    assert kept.first is not None
    assert numbers[0] == kept.first or (
        rules.byte_ceiling != NO_CEILING and numbers[0] in player.keys and numbers[0] > kept.first
    )
    _check_delivered(player, index, kept, numbers)


def _check_delivered(player: Player, index: int, kept: Kept, numbers: Sequence[int]) -> None:
    """Up to the trigger where a picture followed that, else up to the source's last one."""
    clip, times_ns = player.rig.clips(index)[0], player.times_ns
    delivered_ns, first_ns = clip.pre_record_delivered_ns, times_ns[numbers[0]]
    last_ns = times_ns[player.same_source(numbers[0], numbers)[-1]]
    assert delivered_ns <= max(0, kept.trigger_ns - first_ns)
    assert delivered_ns >= max(0, min(kept.trigger_ns, last_ns) - first_ns)
    assert (clip.pre_record_short_reason is not None) == (delivered_ns < player.asked_ns)


def _check_sound(rig: Rig, index: int) -> None:
    """Each packet once and in order; within a clip, none is missing."""
    numbers = [number for number in rig.numbers(index, "audio") if number is not None]
    assert all(after > before for before, after in pairwise(numbers))
    for clip in rig.clips(index):
        mine = [p.number for p in rig.written(clip) if p.track == "audio" and p.number is not None]
        assert mine == list(range(mine[0], mine[0] + len(mine))) if mine else True


def _check_clip(rig: Rig, clip: Clip) -> None:
    written = [packet for packet in rig.written(clip) if packet.track == "video"]
    assert clip.state is ClipState.FINALISED
    assert written[0].is_key and written[0].time_ns == 0
    assert clip.frames == len(written)
