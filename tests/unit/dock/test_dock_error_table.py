"""Every row of the protocol's table of errors, and what the wire can do besides."""

import pytest

from bwv_device.dock.backoff import ATTEMPTS
from bwv_device.dock.events import NextTry, Problem, Progress, Waiting
from bwv_device.errors import Kind
from bwv_device.evidence.records import ClipState
from bwv_device.protocol.statuses import ACTIONS, Action
from tests.support import stores
from tests.support.docking_camera import CLIP, LARGE_CLIP, Rig
from tests.unit.dock.fake_destination import FakeDestination, Proves

ALWAYS = float("inf")
CLIP_PATH = ".*mp4"


def kinds(rig: Rig) -> list[Kind]:
    return [event.kind for event in rig.events if isinstance(event, Problem)]


@pytest.mark.parametrize("status", sorted(s for s, a in ACTIONS.items() if a is Action.RETRY))
@pytest.mark.parametrize("early", [False, True])
def test_a_passing_failure_is_tried_again(
    rig: Rig, fake: FakeDestination, status: int, early: bool
) -> None:
    rig.record_large()
    fake.fail("PUT", CLIP_PATH, status=status, times=2, early=early)
    assert rig.push().ok
    assert fake.asked("PUT", CLIP_PATH) == 3
    assert sum(isinstance(event, Waiting) for event in rig.events) == 2


def test_waits_grow_and_are_never_the_same_for_all(rig: Rig, fake: FakeDestination) -> None:
    rig.record()
    fake.fail("PUT", CLIP_PATH, status=503, times=4)
    assert rig.push().ok
    for wait_s, whole_s in zip(rig.clock.waits_s, (1, 2, 4, 8), strict=True):
        assert whole_s / 2 <= wait_s < whole_s


def test_retry_after_is_waited_out(rig: Rig, fake: FakeDestination) -> None:
    rig.record()
    fake.fail("PUT", CLIP_PATH, status=503, headers={"Retry-After": "90"})
    assert rig.push().ok
    assert rig.clock.waits_s == [90.0]


def test_a_failure_that_stays_ends_the_tries_and_keeps_the_clip(
    rig: Rig, fake: FakeDestination
) -> None:
    clip = rig.record()
    fake.fail("PUT", CLIP_PATH, status=500, times=ALWAYS)
    summary = rig.push()
    assert fake.asked("PUT", CLIP_PATH) == ATTEMPTS
    assert kinds(rig) == [Kind.RETRY]
    assert summary.next_try is NextTry.SOON
    assert rig.clip(clip).state is ClipState.FINALISED
    assert "status 500" in (rig.clip(clip).problem or "")
    fake.heal()
    assert rig.push().ok


def test_one_object_that_always_fails_holds_no_other_recording_back(
    rig: Rig, fake: FakeDestination
) -> None:
    first, second = rig.record(), rig.record(trigger_s=100)
    fake.fail("PUT", f"{rig.container(first)}/.*mp4", status=500, times=ALWAYS)
    rig.push()
    assert rig.clip(first).state is ClipState.FINALISED
    assert rig.clip(second).state is ClipState.PURGED


def test_a_destination_that_is_busy_is_left_alone_for_a_while(
    rig: Rig, fake: FakeDestination
) -> None:
    rig.record()
    second = rig.record(trigger_s=100)
    fake.fail("PUT", CLIP_PATH, status=503, times=ALWAYS)
    assert rig.push().next_try is NextTry.SOON
    assert fake.asked("*", f"{rig.container(second)}.*") == 0


def test_400_is_not_tried_again_and_goes_to_rejected_content(
    rig: Rig, fake: FakeDestination
) -> None:
    clip = rig.record()
    container = rig.container(clip)
    fake.fail("PUT", f"{container}/.*", status=400, says="time out of bounds", times=ALWAYS)
    rig.push()
    assert fake.asked("PUT", f"{container}/.*mp4") == 1
    (rejected,) = fake.rejected()
    assert [one.body for one in fake.clips(rejected).values()] == [CLIP]
    assert rig.clip(clip).destination == rejected
    assert "time out of bounds" in (rig.clip(clip).problem or "")
    assert Kind.REFUSE in kinds(rig)


def test_401_gets_a_new_token_once(rig: Rig, fake: FakeDestination) -> None:
    rig.record()
    fake.fail("PUT", CLIP_PATH, status=401)
    assert rig.push().ok
    assert fake.asked("GET", "auth") == 2


def test_a_second_401_is_a_fault(rig: Rig, fake: FakeDestination) -> None:
    clip = rig.record()
    fake.fail("PUT", CLIP_PATH, status=401, times=ALWAYS)
    summary = rig.push()
    assert kinds(rig) == [Kind.FAULT]
    assert fake.asked("PUT", CLIP_PATH) == 2
    assert summary.next_try is NextTry.SLOWLY
    assert rig.clip(clip).state is ClipState.FINALISED


def test_tokens_that_run_out_all_the_time_only_cost_time(rig: Rig, fake: FakeDestination) -> None:
    fake.token_uses = 1
    rig.record_parts(CLIP, CLIP + CLIP)
    assert rig.push().ok
    assert fake.asked("GET", "auth") > 5


def test_402_stops_that_wearer_only(rig: Rig, fake: FakeDestination) -> None:
    first, second = rig.record(), rig.record(trigger_s=100)
    other = stores.NEW_RECORDING.user_id.replace("0b9f", "0b90")
    third = rig.record(trigger_s=200)
    connection = rig.store.journal._connection
    connection.execute("UPDATE recording SET user_id = ? WHERE id = ?", (other, third.recording_id))
    fake.fail("PUT", f"{rig.container(first)}.*", status=402, times=ALWAYS)
    summary = rig.push()
    assert fake.asked("PUT", f"{rig.container(second)}.*") == 0
    assert rig.clip(third).state is ClipState.PURGED
    assert kinds(rig) == [Kind.FAULT]
    assert summary.next_try is NextTry.SLOWLY


@pytest.mark.parametrize("status", [302, 403, 405, 418])
def test_what_only_an_operator_can_help_with_is_a_fault_and_not_repeated(
    rig: Rig, fake: FakeDestination, status: int
) -> None:
    clip = rig.record()
    fake.fail("PUT", CLIP_PATH, status=status, headers={"Location": "/elsewhere"}, times=ALWAYS)
    summary = rig.push()
    assert fake.asked("PUT", CLIP_PATH) == 1
    assert kinds(rig) == [Kind.FAULT]
    assert summary.next_try is NextTry.SLOWLY
    assert rig.clip(clip).state is ClipState.FINALISED


def test_404_makes_the_container_again_and_tries_once_more(rig: Rig, fake: FakeDestination) -> None:
    clip = rig.record()
    fake.fail("PUT", CLIP_PATH, status=404)
    assert rig.push().ok
    assert fake.asked("PUT", rig.container(clip)) == 2


def test_a_404_that_stays_is_told_and_not_repeated_for_ever(
    rig: Rig, fake: FakeDestination
) -> None:
    clip = rig.record()
    fake.fail("PUT", CLIP_PATH, status=404, times=ALWAYS)
    assert rig.push().next_try is NextTry.SLOWLY
    assert fake.asked("PUT", CLIP_PATH) == 2
    assert rig.clip(clip).state is ClipState.FINALISED


def test_409_over_the_same_bytes_counts_as_stored(rig: Rig, fake: FakeDestination) -> None:
    clip = rig.record()
    fake.fail("PUT", CLIP_PATH, lose_answer=True)
    fake.fail("PUT", CLIP_PATH, status=409)
    fake.fail("HEAD", CLIP_PATH, status=403)
    assert rig.push().ok
    assert rig.clip(clip).state is ClipState.PURGED


def test_409_over_other_bytes_is_for_a_person(rig: Rig, fake: FakeDestination) -> None:
    clip = rig.record()
    fake.fail("PUT", CLIP_PATH, status=409, times=ALWAYS)
    summary = rig.push()
    assert fake.asked("PUT", CLIP_PATH) == 1
    assert Kind.FAULT in kinds(rig)
    assert summary.clips_left == 1
    assert rig.clip(clip).state is ClipState.FINALISED
    assert fake.asked("POST", rig.container(clip)) == 0


def test_409_to_complete_frees_nothing(rig: Rig, fake: FakeDestination) -> None:
    clip = rig.record()
    fake.fail("POST", ".*", status=409, says="not complete: 0 of 1 clips are here")
    rig.push()
    assert rig.clip(clip).state is ClipState.ACKNOWLEDGED
    assert rig.store.path(clip).exists()
    assert any("0 of 1 clips" in text for text in rig.problems())


def test_a_body_that_is_hurt_on_the_way_is_sent_again(rig: Rig, fake: FakeDestination) -> None:
    rig.record()
    fake.fail("PUT", CLIP_PATH, hurt=True, times=2)
    assert rig.push().ok
    assert fake.asked("PUT", CLIP_PATH) == 3


def test_a_body_that_is_always_hurt_is_not_sent_for_ever(rig: Rig, fake: FakeDestination) -> None:
    clip = rig.record()
    fake.fail("PUT", CLIP_PATH, hurt=True, times=ALWAYS)
    assert rig.push().next_try is NextTry.SOON
    assert fake.asked("PUT", CLIP_PATH) == ATTEMPTS
    assert rig.clip(clip).state is ClipState.FINALISED


@pytest.mark.parametrize("proves", [Proves.SHA256, Proves.MD5])
def test_a_destination_that_stores_a_hurt_body_is_believed_only_once_it_is_right(
    rig: Rig, fake: FakeDestination, proves: Proves
) -> None:
    fake.proves, fake.checks_claims = proves, False
    clip = rig.record()
    fake.fail("PUT", CLIP_PATH, hurt=True)
    assert rig.push().ok
    (stored,) = fake.clips(rig.container(clip)).values()
    assert stored.body == CLIP


@pytest.mark.parametrize("lets_look", [True, False])
def test_a_destination_that_states_other_digests_gets_no_clip_freed(
    rig: Rig, fake: FakeDestination, lets_look: bool
) -> None:
    fake.proves = Proves.OTHER
    if not lets_look:
        fake.fail("HEAD", CLIP_PATH, status=403, times=ALWAYS)
    rig.settings = rig.settings.model_copy(update={"accept_status_only": True})
    clip = rig.record()
    assert not rig.push().ok
    assert rig.clip(clip).state is ClipState.FINALISED
    assert rig.store.path(clip).read_bytes() == CLIP


def test_an_object_that_is_gone_right_after_201_is_not_believed(
    rig: Rig, fake: FakeDestination
) -> None:
    fake.proves = Proves.MD5
    clip = rig.record()
    fake.fail("HEAD", CLIP_PATH, status=404, times=ALWAYS)
    rig.push()
    assert rig.clip(clip).state is ClipState.FINALISED


def test_507_stops_everything_and_shows_a_fault(rig: Rig, fake: FakeDestination) -> None:
    rig.record()
    second = rig.record(trigger_s=100)
    fake.fail("PUT", CLIP_PATH, status=507, times=ALWAYS)
    summary = rig.push()
    assert fake.asked("PUT", CLIP_PATH) == 1
    assert fake.asked("*", f"{rig.container(second)}.*") == 0
    assert kinds(rig) == [Kind.FAULT]
    assert "full" in rig.problems()[0]
    assert summary.next_try is NextTry.SLOWLY
    assert rig.states() == [ClipState.FINALISED] * 2


def test_507_that_cuts_a_long_body_short_is_still_seen_as_507(
    rig: Rig, fake: FakeDestination
) -> None:
    rig.record_large()
    fake.fail("PUT", CLIP_PATH, status=507, early=True, times=ALWAYS)
    rig.push()
    assert kinds(rig) == [Kind.FAULT]
    assert "status 507" in rig.problems()[0]


@pytest.mark.parametrize("keep_open", [False, True])
def test_a_clip_that_is_refused_by_its_headers_is_not_sent_to_its_end(
    rig: Rig, fake: FakeDestination, keep_open: bool
) -> None:
    rig.record_large(times=10)
    fake.fail("PUT", CLIP_PATH, status=503, early=True, keep_open=keep_open)
    assert rig.push().ok
    sent = [event for event in rig.events if isinstance(event, Progress | Waiting)]
    refused = sent[: [isinstance(event, Waiting) for event in sent].index(True)]
    furthest = max(
        (event.sent_bytes for event in refused if isinstance(event, Progress)), default=0
    )
    assert furthest < 10 * len(LARGE_CLIP)
    assert fake.asked("PUT", CLIP_PATH) == 2


@pytest.mark.parametrize("after_bytes", [0, 1, len(LARGE_CLIP) // 2, len(LARGE_CLIP) - 1])
def test_a_cut_connection_is_tried_again_and_never_rejected(
    rig: Rig, fake: FakeDestination, after_bytes: int
) -> None:
    clip = rig.record_large()
    fake.fail("PUT", CLIP_PATH, cut_after=after_bytes, times=3)
    assert rig.push().ok
    assert fake.rejected() == []
    (stored,) = fake.clips(rig.container(clip)).values()
    assert stored.body == LARGE_CLIP


def test_a_server_that_is_down_keeps_everything_for_later(rig: Rig, fake: FakeDestination) -> None:
    rig.record()
    fake.close()
    summary = rig.push()
    assert summary.next_try is NextTry.SOON
    assert kinds(rig) == [Kind.RETRY]
    assert rig.states() == [ClipState.FINALISED]
    assert "tried again" in rig.problems()[0]


def test_a_server_that_goes_away_half_way_ends_the_round(rig: Rig, fake: FakeDestination) -> None:
    rig.record()
    second = rig.record(trigger_s=100)
    fake.fail("PUT", CLIP_PATH, cut_after=100, times=ALWAYS)
    assert rig.push().next_try is NextTry.SOON
    assert fake.asked("*", f"{rig.container(second)}.*") == 0
    assert fake.rejected() == []


def test_an_answer_without_end_is_not_read_to_its_end(rig: Rig, fake: FakeDestination) -> None:
    rig.record()
    fake.fail("PUT", CLIP_PATH, status=201, says="x" * 1_000_000, times=ALWAYS)
    rig.push()
    assert kinds(rig) == [Kind.FAULT]
    assert "more than 256000 bytes" in rig.problems()[0]


def test_the_servers_words_are_shown_without_control_characters(
    rig: Rig, fake: FakeDestination
) -> None:
    rig.record()
    fake.fail("PUT", CLIP_PATH, status=403, says="no\x1b[31m way\r\n" + "y" * 1000, times=ALWAYS)
    rig.push()
    (text,) = rig.problems()
    assert "no[31m way" in text
    assert "\x1b" not in text
    assert len(text) < 400
