"""The power is cut at every single step of every procedure, in three ways; then the store is
opened and repaired, and has to be right."""

import os
import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bwv_device.evidence.check import Severity, check
from bwv_device.evidence.journal import FILE_NAME
from bwv_device.evidence.records import Clip, ClipState, EndReason
from bwv_device.evidence.repair import repair
from bwv_device.evidence.sealing.key_file import parse_key_file
from bwv_device.evidence.sealing.opening import opened
from bwv_device.evidence.sealing.seal import begin_seal
from bwv_device.evidence.sidecars import chain_file, key_file
from bwv_device.evidence.store import Store
from bwv_device.media.fragment_file import FragmentFile
from tests.support.card import Card, Lost, PowerCut
from tests.support.clips import RATE_HZ, clip_bytes, decode
from tests.support.hasty import hasty_folder
from tests.support.sealing import private_key, recipient
from tests.support.stores import begin, cut_off, deliver, finalise, new_clip, parts, record

FIRST, SECOND = clip_bytes(2.0), clip_bytes(1.0, sound=False)
DESTINATION = "A destination"


@dataclass
class Agent:
    """Runs procedures on a store, and keeps what they promised before the cut."""

    folder: Path
    fragments: dict[str, int] = field(default_factory=dict)
    """Clip's file to how many fragments its writer was told are on the card."""
    acknowledged: set[str] = field(default_factory=set)
    stores: list[Store] = field(default_factory=list)

    def open(self) -> Store:
        self.stores.append(Store.open(self.folder))
        return self.stores[-1]

    def write(self, clip: Clip, data: bytes) -> None:
        path = self.folder / clip.file
        file = FragmentFile(path, begin_seal(path, recipient()) if clip.sealed else None)
        try:
            for number, part in enumerate(parts(data)):
                file.write(part)
                file.commit()
                self.fragments[clip.file] = number
                # The chain follows, and not behind each unit.
                if number % 2:
                    file.follow()
        finally:
            file.close()


def whole_life(agent: Agent, *, sealed: bool = False) -> None:
    """A recording of two clips, from an empty folder to an empty folder."""
    store = agent.open()
    repair(store)
    recording = begin(store)
    first = store.open_clip(recording, new_clip(recording, 1, sealed=sealed))
    agent.write(first, FIRST)
    second = store.open_clip(recording, new_clip(recording, 2, start_s=2, sealed=sealed))
    agent.write(second, SECOND)
    finalise(store, first, EndReason.SPLIT)
    finalise(store, second)
    store.journal.end_recording(recording.id, "LongPress", recording.trigger_on_utc_ns)
    for clip in (first, second):
        deliver(store, clip, DESTINATION)
        agent.acknowledged.add(clip.file)
        store.purge(store.journal.clip(clip.id))
    store.journal.complete_recording(recording.id, recording.trigger_on_utc_ns)


def whole_sealed_life(agent: Agent) -> None:
    """The same with clips that are sealed."""
    whole_life(agent, sealed=True)


def repair_of_everything(agent: Agent) -> None:
    """A start-up after every kind of cut at once, on the store that `cut_store` left."""
    repair(agent.open())


def cut_store(folder: Path) -> dict[str, int]:
    """A store in which every kind of repair is due; the fragments that must survive."""
    store = Store.open(folder)
    lost = record(store, trigger_s=100)
    store.journal.close()
    for path in folder.glob(f"{FILE_NAME}*"):
        path.unlink()
    store.close()
    store = Store.open(folder)
    torn = cut_off(store, FIRST[:-500], trigger_s=200)
    damaged = bytearray(clip_bytes(4.0))
    middle = damaged.index(b"moof", damaged.index(b"moof") + 4)
    damaged[middle : middle + 4] = bytes(4)
    patched = cut_off(store, bytes(damaged), trigger_s=300)
    closed = cut_sealed(store, trigger_s=350)
    cut_off(store, next(parts(FIRST)), trigger_s=400)
    recording = begin(store, trigger_s=500)
    store.open_clip(recording, new_clip(recording))
    freed = deliver(store, record(store, trigger_s=600), DESTINATION)
    store.journal.purge(freed.id)
    store.close()
    return {lost.file: 3, torn.file: 1, patched.file: 3, closed.file: 1}


def cut_sealed(store: Store, *, trigger_s: int) -> Clip:
    """A sealed clip that lost the end of its last unit, and its chain's last line."""
    recording = begin(store, trigger_s=trigger_s)
    clip = store.open_clip(recording, new_clip(recording, sealed=True))
    path = store.path(clip)
    file = FragmentFile(path, begin_seal(path, recipient()))
    file.write(FIRST)
    file.commit()
    file.close()
    for each in (path, chain_file(path)):
        os.truncate(each, each.stat().st_size - 100)
    return clip


def cut_everywhere(
    lost: Lost, run: Callable[[Agent], None], prepare: Callable[[Path], dict[str, int]]
) -> int:
    """Run `run` once for each step it has, cut there, and judge what is left; the steps."""
    with hasty_folder() as folder:
        survivors = prepare(folder / "prepared" / "store")
        step = 0
        while cut_once(folder, Agent(folder / "card" / "store", dict(survivors)), step, lost, run):
            step += 1
    return step


def cut_once(
    folder: Path, agent: Agent, step: int, lost: Lost, run: Callable[[Agent], None]
) -> bool:
    """Whether there was such a step to cut at."""
    root, after = folder / "card", folder / "after"
    shutil.copytree(folder / "prepared", root)
    card = Card(root, cut_at=step, lost=lost, chance=random.Random(step))
    was_cut = run_until_cut(card, agent, run)
    # A copy, because the log that SQLite has not tidied up yet is part of what is left.
    shutil.copytree(root, after)
    for store in agent.stores:
        store.close()
    judge(after / "store", agent, card.names)
    shutil.rmtree(root)
    shutil.rmtree(after)
    return was_cut


def run_until_cut(card: Card, agent: Agent, run: Callable[[Agent], None]) -> bool:
    try:
        with card.inserted():
            run(agent)
    except PowerCut:
        card.forget()
        return True
    return False


def judge(folder: Path, agent: Agent, steps: list[str]) -> None:
    """Two repairs: the second finds nothing to do, and everything promised is there, once."""
    store = Store.open(folder)
    repair(store)
    before = store.journal.clips()
    assert repair(store) == [], steps
    assert store.journal.clips() == before, steps
    findings = check(folder, store.journal)
    assert [found for found in findings if found.severity is Severity.WRONG] == [], steps
    assert ClipState.RECORDING not in {clip.state for clip in before}, steps
    assert all(recording.trigger_off for recording in store.journal.recordings()), steps
    kept = [folder / clip.file for clip in before if clip.state is not ClipState.PURGED]
    beside = [chain_file(path) for path in kept]
    sealed = {folder / clip.file for clip in before if clip.sealed}
    beside += [key_file(path) for path in kept if path in sealed]
    assert set(folder.glob("clips/*/*")) == {*kept, *beside}, steps
    clips = {clip.file: clip for clip in before}
    for file, fragments in agent.fragments.items():
        if fragments >= 1:
            judge_clip(folder, clips[file], fragments, steps)
    for file in agent.acknowledged:
        assert clips[file].destination == DESTINATION, steps
    store.close()


def judge_clip(folder: Path, clip: Clip, fragments: int, steps: list[str]) -> None:
    """All fragments that were promised are in it, and it plays; or a destination has it."""
    assert clip.frames is not None and clip.frames >= fragments * RATE_HZ, steps
    if clip.state is ClipState.PURGED:
        assert clip.destination == DESTINATION, steps
    else:
        path = folder / clip.file
        played = decode(clear_copy(path) if clip.sealed else path)
        assert played.frames == clip.frames, steps


def clear_copy(sealed: Path) -> Path:
    """What is in a sealed clip, for a player."""
    key = parse_key_file(key_file(sealed).read_bytes())
    copy = sealed.parents[3] / "clear.mp4"
    copy.write_bytes(b"".join(opened(sealed, key, private_key())))
    return copy


def nothing(folder: Path) -> dict[str, int]:
    """An empty card."""
    folder.parent.mkdir()
    return {}


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("run", [whole_life, whole_sealed_life])
@pytest.mark.parametrize("lost", Lost)
def test_a_cut_anywhere_in_a_recordings_life(lost: Lost, run: Callable[[Agent], None]) -> None:
    assert cut_everywhere(lost, run, nothing) > 40


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("lost", Lost)
def test_a_cut_anywhere_in_the_repair(lost: Lost) -> None:
    assert cut_everywhere(lost, repair_of_everything, cut_store) > 20
