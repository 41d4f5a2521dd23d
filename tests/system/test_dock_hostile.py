"""Hostile requests to a server process: each is refused, told in a log, and harms nothing."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.destination.hostile.arena import DONE, DONE_CLIP, Arena, arena
from tests.destination.hostile.attacks import ATTACKS, Attack
from tests.destination.hostile.judge import attacked
from tests.destination.hostile.occasions import full_disk, two_docks


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    with arena(tmp_path_factory.mktemp("hostile") / "dock") as made:
        yield made


@pytest.mark.parametrize("attack", ATTACKS, ids=str)
def test_an_attack_is_refused_told_and_harms_nothing(stage: Arena, attack: Attack) -> None:
    assert attacked(stage, attack) == []


def harmful(send: Callable[[Arena], object], told: str = "status") -> Attack:
    """Something that an attack must not be able to do, done by hand, behind a refused request."""

    def attack(stage: Arena) -> list[int]:
        send(stage)
        return [stage.wire.put("Users", "..").status]

    return Attack("harm", "by hand", attack, frozenset({400}), told)


def unlink(stage: Arena) -> None:
    (stage.folder / "content" / DONE / DONE_CLIP).unlink()


def alter(stage: Arena) -> None:
    path = stage.folder / "content" / DONE / DONE_CLIP
    path.chmod(0o600)
    path.write_bytes(b"other")


def smuggle(stage: Arena) -> None:
    (stage.folder / "content" / DONE / "smuggled.mp4").write_bytes(b"other")


def escape(stage: Arena) -> None:
    (stage.folder.parent / "escaped").write_bytes(b"other")


def end(stage: Arena) -> list[int]:
    stage.close()
    return [400]


@pytest.mark.parametrize(
    ("attack", "found"),
    [
        (harmful(unlink), "gone"),
        (harmful(alter), "altered"),
        (harmful(smuggle), "was stored"),
        (harmful(escape), "files that nobody stored"),
        (harmful(lambda _stage: None, told="never said"), "no log has"),
        (Attack("harm", "the end", end, frozenset({400}), ""), "the server has ended"),
        (Attack("harm", "taken", lambda _: [201], frozenset({400}), ""), "answered [201]"),
        (Attack("harm", "unheard", lambda _: [], frozenset({400}), ""), "answered []"),
    ],
)
def test_the_judge_finds_harm_that_was_done(
    tmp_path: Path, attack: Attack, found: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.destination.hostile.arena.PATIENCE_S", 1.0)
    with arena(tmp_path / "dock") as stage:
        assert any(found in each for each in attacked(stage, attack))


def test_a_full_disk_refuses_and_is_well_again() -> None:
    assert full_disk() == []


def test_two_docks_that_bring_the_same_clip_bring_it_once(tmp_path: Path) -> None:
    assert two_docks(tmp_path) == []
