"""Makes one attack and says what was wrong with the answer, the log, the disk or the server.

Used by the tests and the long test of hostile input.
"""

import hashlib
from collections.abc import Iterator

from tests.destination.hostile.arena import Arena
from tests.destination.hostile.attacks import Attack


def attacked(arena: Arena, attack: Attack) -> list[str]:
    """Everything that is not as it should be behind `attack`, in words; nothing when all is."""
    elsewhere, mark = arena.elsewhere(), arena.mark()
    answers = attack.send(arena)
    return [
        *_refused(attack, answers),
        *_told(arena, attack, mark),
        *_harm(arena, elsewhere),
        *_still_works(arena),
    ]


def _refused(attack: Attack, answers: list[int]) -> Iterator[str]:
    wrong = [status for status in answers if status not in attack.refused]
    if wrong or (attack.refused and not answers):
        yield f"answered {answers}, expected only {sorted(attack.refused)}"


def _told(arena: Arena, attack: Attack, mark: tuple[int, int]) -> Iterator[str]:
    """A line of the audit log or of the server's own tells of it, soon."""
    try:
        arena.until("a line of the log", lambda: attack.told in arena.told_since(mark))
    except TimeoutError:
        yield f"no log has {attack.told!r}: {arena.told_since(mark)[-2000:]}"
    if "Traceback" in arena.told_since(mark):
        yield f"the log has a trace: {arena.told_since(mark)[-4000:]}"


def _harm(arena: Arena, elsewhere: set[str]) -> Iterator[str]:
    """What is on the disk is what honest clients stored, and nothing else came to be."""
    try:
        arena.until("an empty incoming/", lambda: arena.elsewhere() <= elsewhere)
    except TimeoutError:
        yield f"files that nobody stored: {sorted(arena.elsewhere() - elsewhere)}"
    held = arena.on_disk()
    yield from (
        f"{name}: {'gone' if name not in held else 'altered'}"
        for name, digest in arena.stored.items()
        if held.get(name) != digest
    )
    yield from (f"{name} was stored" for name in sorted(held.keys() - arena.stored.keys()))


def _still_works(arena: Arena) -> Iterator[str]:
    """The same server takes a clip, and gives back what it was given before."""
    if not arena.is_alive:
        yield "the server has ended"
        return
    try:
        arena.store_honest()
    except (AssertionError, OSError) as error:
        yield f"an honest clip was not taken: {error!r}"
        return
    name, digest = next(reversed(arena.stored.items()))
    answer = arena.wire.get(*name.split("/"))
    if hashlib.sha256(answer.body).hexdigest() != digest:
        yield f"{name} is not given back: {answer.status}"
