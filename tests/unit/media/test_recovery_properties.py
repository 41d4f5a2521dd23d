"""The power goes at any step of any shift, and what was not synced is lost in any order: the next
start finds all that was promised, and journal and files agree."""

import random
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bwv_device.evidence.records import ClipState
from bwv_device.evidence.repair import repair
from bwv_device.evidence.sidecars import key_file
from bwv_device.evidence.store import Store
from bwv_device.media.encoded_stream import Templates
from bwv_device.media.silence import Silence
from tests.support.card import Card, Lost, PowerCut
from tests.support.cut_judge import Judgement, judge
from tests.support.hasty import hasty_disk, hasty_folder
from tests.support.promises import Promise, heard
from tests.support.sealing import clear_copy, recipient
from tests.unit.media.media_packets import MS, read_back
from tests.unit.media.media_rig import Rig, Rules
from tests.unit.media.media_world import Wish, World, worlds

RULES = st.builds(
    Rules,
    pre_record_s=st.sampled_from([0.0, 2.0]),
    split_after_s=st.sampled_from([1.0, 2.5, 3600.0]),
)
STEPS = st.integers(0, 150)
"""A shift has a hundred or two; where it has fewer, nothing is cut."""
CHANCES = st.integers(0, 2**32).map(random.Random)
FEW = settings(max_examples=40, deadline=None)


def shift(
    folder: Path,
    world: World,
    rules: Rules,
    templates: Templates,
    silence: Silence,
    sealed: bool = False,
) -> None:
    """A start on what is there, then recordings, bookmarks, and a docking that frees clips."""
    store = Store.open(folder)
    repair(store)
    if sealed and store.journal.recipient() is None:
        store.journal.accept_recipient(recipient(), 0)
    rig = Rig(store, templates, silence, rules)
    rig.open_source(frame_ns=world.frame_ns)
    for event in world.events():
        rig.at(event.arrives_ns, event.message)
    for clip in store.journal.clips(state=ClipState.FINALISED)[::2]:
        store.journal.begin_sending(clip.id)
        store.journal.acknowledge(clip.id, "A destination")
        store.purge(store.journal.clip(clip.id))
    store.close()


def cut(card: Card, promises: list[Promise], run: Callable[[Path], None]) -> Path:
    """Run until the power goes; the folder as the next start finds it."""

    def note(kind: str, **values: object) -> None:
        promises.append({"kind": kind, **values})

    try:
        with card.inserted(), heard(note):
            run(card.root / "store")
    except PowerCut:
        card.forget()
    # A copy, because SQLite's open log is part of what is left, and its owner is still there.
    after = card.root.with_name(f"{card.root.name}-after")
    shutil.copytree(card.root, after)
    return after


def count_pictures(path: Path) -> int:
    if key_file(path).exists():
        path = clear_copy(path, path.parents[3] / "clear.mp4")
    return sum(packet.track == "video" for packet in read_back(path))


def judged(after: Path, promises: list[Promise]) -> Judgement:
    return judge(after / "store", promises, count_pictures)


@FEW
@given(world=worlds(), rules=RULES, step=STEPS, chance=CHANCES, sealed=st.booleans())
def test_all_that_was_promised_survives_a_cut(
    world: World,
    rules: Rules,
    step: int,
    chance: random.Random,
    templates: Templates,
    silence: Silence,
    sealed: bool,
) -> None:
    promises: list[Promise] = []
    with hasty_disk(), hasty_folder() as folder:
        (folder / "card").mkdir()
        card = Card(folder / "card", step, Lost.ANY, chance=chance)
        after = cut(card, promises, lambda f: shift(f, world, rules, templates, silence, sealed))
        told = judged(after, promises)
    assert told.is_well, (told, card.names)


@FEW
@given(
    world=worlds(),
    rules=RULES,
    steps=st.tuples(STEPS, st.integers(0, 30)),
    chance=CHANCES,
    sealed=st.booleans(),
)
def test_all_survives_a_second_cut_in_the_repair(
    world: World,
    rules: Rules,
    steps: tuple[int, int],
    chance: random.Random,
    templates: Templates,
    silence: Silence,
    sealed: bool,
) -> None:
    promises: list[Promise] = []
    with hasty_disk(), hasty_folder() as folder:
        (folder / "card").mkdir()
        card = Card(folder / "card", steps[0], Lost.ANY, chance=chance)
        once = cut(card, promises, lambda f: shift(f, world, rules, templates, silence, sealed))
        again = Card(once, steps[1], Lost.ANY, chance=chance)
        twice = cut(again, promises, lambda f: shift(f, world, rules, templates, silence, sealed))
        told = judged(twice, promises)
    assert told.is_well, (told, card.names, again.names)


WORLD = World(
    rate_hz=5,
    group_frames=5,
    lost_frames=frozenset(),
    sound_lag_ns=50 * MS,
    sound_begins_ns=0,
    wishes=(Wish(1_000 * MS, 3_000 * MS, 0, 0), Wish(4_000 * MS, 6_000 * MS, 0, 0)),
)
NEVER_KEPT: dict[str, tuple[str, Promise]] = {
    "bytes": ("lost", {"kind": "synced", "bytes": 900, "sha256": "0" * 64}),
    "too many bytes": ("lost", {"kind": "synced", "bytes": 1 << 30, "sha256": "0" * 64}),
    "digest": ("disagreements", {"kind": "finalised", "clip": 2, "sha256": "", "bytes": 1}),
    "state": ("disagreements", {"kind": "state", "clip": 2, "state": "acknowledged"}),
    "bookmark": ("disagreements", {"kind": "bookmark", "recording": 1, "at_utc_ns": 1}),
    "note": ("disagreements", {"kind": "note", "text": "never written"}),
    "row": ("disagreements", {"kind": "recording", "recording": 9, "container": "x"}),
    "stop": ("disagreements", {"kind": "ended", "recording": 1, "reason": "Docked"}),
    "removed": ("disagreements", {"kind": "removed"}),
}


@pytest.mark.parametrize("what", NEVER_KEPT)
def test_the_judge_sees_a_promise_that_was_not_kept(
    what: str, tmp_path: Path, templates: Templates, silence: Silence
) -> None:
    promises: list[Promise] = []
    run = partial(shift, world=WORLD, rules=Rules(), templates=templates, silence=silence)
    after = cut(Card(tmp_path / "card"), promises, run)
    assert judged(after, promises).is_well and len(promises) > 15
    second = next(each["file"] for each in promises if each.get("clip") == 2)
    finding, promise = NEVER_KEPT[what]
    told = judged(after, [*promises, {**promise, "file": second}])
    assert len(getattr(told, finding)) == 1 and not told.is_well


def test_the_judge_sees_a_clip_that_does_not_play(
    tmp_path: Path, templates: Templates, silence: Silence
) -> None:
    promises: list[Promise] = []
    run = partial(shift, world=WORLD, rules=Rules(), templates=templates, silence=silence)
    after = cut(Card(tmp_path / "card"), promises, run)
    told = judge(after / "store", promises, lambda path: count_pictures(path) - 1)
    assert len(told.unreadable) == 1 and not told.is_well


def test_the_judge_sees_a_store_that_was_lost(
    tmp_path: Path, templates: Templates, silence: Silence
) -> None:
    promises: list[Promise] = []
    run = partial(shift, world=WORLD, rules=Rules(), templates=templates, silence=silence)
    after = cut(Card(tmp_path / "card"), promises, run)
    shutil.rmtree(after / "store")
    told = judged(after, promises)
    assert told.lost and told.disagreements
