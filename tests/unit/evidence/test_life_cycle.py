"""The journal against a model: any calls in any order, legal and illegal."""

import sqlite3
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from bwv_device.evidence.errors import IllegalStepError, StoreError
from bwv_device.evidence.journal import Journal
from bwv_device.evidence.records import (
    LIFE_CYCLE,
    Clip,
    ClipResult,
    ClipState,
    EndReason,
    NewReceipt,
    Recording,
)
from tests.support.hasty import hasty_disk, hasty_folder
from tests.support.stores import NEW_RECORDING, S, new_clip

UNKNOWN_ID = 10_000
RESULTS = st.builds(
    ClipResult,
    end_reason=st.sampled_from([EndReason.STOP, EndReason.SPLIT, EndReason.RECOVERED]),
    duration_ns=st.integers(0, 4 * 3600 * S),
    frames=st.integers(0, 500_000),
    frames_dropped=st.integers(0, 500_000),
    frames_skipped=st.integers(0, 500_000),
    overload=st.sampled_from(["", "3.200-17.050@15"]),
    bytes=st.integers(1, 5 << 30),
    sha256=st.just("a" * 64),
    md5=st.just("b" * 32),
)


class JournalMachine(RuleBasedStateMachine):
    """The model is a dictionary of clips; after every step the journal holds the very same."""

    clips = Bundle("clips")

    @initialize()
    def open(self) -> None:
        self.open_things = ExitStack()
        folder = self.open_things.enter_context(hasty_folder())
        with hasty_disk():
            self.journal = Journal.open(folder)
        self.open_things.callback(self.journal.close)
        recording = self.journal.add_recording(NEW_RECORDING, "container", "ABCD")
        assert recording is not None
        self.recording: Recording = recording
        self.model: dict[int, Clip] = {}

    def teardown(self) -> None:
        self.open_things.close()

    @rule(target=clips)
    def add(self) -> int:
        number = len(self.model) + 1
        clip = self.journal.add_clip(new_clip(self.recording, number), f"clips/{number}.mp4")
        assert clip.state is ClipState.RECORDING and clip.end_reason is None
        self.model[clip.id] = clip
        return clip.id

    @rule(target=clips)
    def unknown(self) -> int:
        return UNKNOWN_ID

    @rule(clip_id=clips, result=RESULTS)
    def finalise(self, clip_id: int, result: ClipResult) -> None:
        values = {name: getattr(result, name) for name in result.__dataclass_fields__}
        # Only what is being recorded is finalised; `put_back` is the other way there.
        self.step(
            clip_id,
            ClipState.FINALISED,
            lambda: self.journal.finalise_clip(clip_id, result),
            came_from=ClipState.RECORDING,
            **values,
        )

    @rule(clip_id=clips)
    def drop_empty(self, clip_id: int) -> None:
        self.step(
            clip_id,
            ClipState.PURGED,
            lambda: self.journal.drop_empty_clip(clip_id),
            came_from=ClipState.RECORDING,
            end_reason=EndReason.NOTHING_RECORDED,
            frames=0,
            duration_ns=0,
        )

    @rule(clip_id=clips)
    def begin_sending(self, clip_id: int) -> None:
        if clip_id in self.model and self.model[clip_id].state is ClipState.SENDING:
            self.journal.begin_sending(clip_id)
            return
        self.step(
            clip_id, ClipState.SENDING, lambda: self.journal.begin_sending(clip_id), problem=None
        )

    @rule(clip_id=clips, problem=st.text(min_size=1).filter(str.isprintable))
    def put_back(self, clip_id: int, problem: str) -> None:
        self.step(
            clip_id,
            ClipState.FINALISED,
            lambda: self.journal.put_back(clip_id, problem),
            came_from=ClipState.SENDING,
            problem=problem,
        )

    @rule(clip_id=clips, receipt_due=st.booleans())
    def acknowledge(self, clip_id: int, receipt_due: bool) -> None:
        self.step(
            clip_id,
            ClipState.ACKNOWLEDGED,
            lambda: self.journal.acknowledge(clip_id, "there", receipt_due=receipt_due),
            destination="there",
            problem=None,
            receipt_due=receipt_due,
        )

    @rule(clip_ids=st.lists(clips, max_size=3), number=st.integers(1, 3))
    def receive(self, clip_ids: list[int], number: int) -> None:
        sha256 = f"{number:064x}"
        self.journal.add_receipt(
            NewReceipt(sha256, "there", "0" * 64, "BWV-0001", number, "text", 1), clip_ids
        )
        (stored,) = [one for one in self.journal.receipts() if one.sha256 == sha256]
        for clip_id in clip_ids:
            clip = self.model.get(clip_id)
            if clip is not None and clip.state is ClipState.ACKNOWLEDGED:
                self.model[clip_id] = replace(clip, receipt_due=True, receipt_id=stored.id)

    @rule(clip_id=clips)
    def take_back(self, clip_id: int) -> None:
        self.step(
            clip_id,
            ClipState.FINALISED,
            lambda: self.journal.take_back(clip_id, "gone there"),
            came_from=ClipState.ACKNOWLEDGED,
            destination=None,
            problem="gone there",
            receipt_due=False,
            receipt_id=None,
        )

    @rule(clip_id=clips)
    def acknowledge_by_nobody(self, clip_id: int) -> None:
        with pytest.raises(StoreError):
            self.journal.acknowledge(clip_id, "")

    @rule(clip_id=clips)
    def purge(self, clip_id: int) -> None:
        if clip_id in self.model and self.model[clip_id].awaits_receipt:
            with pytest.raises(IllegalStepError, match="receipt"):
                self.journal.purge(clip_id)
            return
        self.step(
            clip_id,
            ClipState.PURGED,
            lambda: self.journal.purge(clip_id),
            came_from=ClipState.ACKNOWLEDGED,
        )

    @rule(clip_id=clips)
    def delete_by_hand(self, clip_id: int) -> None:
        """There is no call for it, and the journal's own rules hold against raw SQL as well."""
        if clip_id not in self.model or self.model[clip_id].destination:
            return
        with pytest.raises(sqlite3.IntegrityError):
            self.journal._connection.execute(
                "UPDATE clip SET state = 'purged', end_reason = 'Stop' WHERE id = ?", (clip_id,)
            )

    @rule(clip_id=clips)
    def purge_by_hand_without_the_receipt(self, clip_id: int) -> None:
        if clip_id not in self.model or not self.model[clip_id].awaits_receipt:
            return
        with pytest.raises(sqlite3.IntegrityError):
            self.journal._connection.execute(
                "UPDATE clip SET state = 'purged' WHERE id = ?", (clip_id,)
            )

    @invariant()
    def journal_is_the_model(self) -> None:
        assert self.journal.clips() == list(self.model.values())
        assert self.journal.problems() == []

    def step(
        self,
        clip_id: int,
        to: ClipState,
        call: Callable[[], None],
        *,
        came_from: ClipState | None = None,
        **changes: object,
    ) -> None:
        clip = self.model.get(clip_id)
        legal = clip is not None and to in LIFE_CYCLE[clip.state]
        if clip is None or not legal or (came_from and clip.state is not came_from):
            with pytest.raises(IllegalStepError, match=str(clip_id)):
                call()
            return
        call()
        self.model[clip_id] = replace(clip, state=to, **changes)  # type: ignore[arg-type]


JournalMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
TestJournal = JournalMachine.TestCase


def test_the_life_cycle_is_the_one_of_the_design() -> None:
    paths = {(state.value, to.value) for state, following in LIFE_CYCLE.items() for to in following}
    assert paths == {
        ("recording", "finalised"),
        ("recording", "purged"),
        ("finalised", "sending"),
        ("sending", "finalised"),
        ("sending", "acknowledged"),
        ("acknowledged", "purged"),
        ("acknowledged", "finalised"),
    }
