"""Holds the units of a stream against what its signatures say should be there, part by part.

Who uses it: `stream_reader`. The numbered rules are those of docs/design/media-signing.md. A
part is found by content, not by counting, so that one lost picture or signature does not make
what follows look altered.
"""

from collections.abc import Iterator
from difflib import SequenceMatcher

from bwv_device.evidence.media_signing.part import MOST_ENTRIES, entry, list_hash
from bwv_device.evidence.media_signing.reading import Missing, PictureState, Problem, ProblemKind
from bwv_device.evidence.media_signing.signing_time import to_utc_ns
from bwv_device.evidence.media_signing.units import FoundSei, Unit, UnitKind
from bwv_device.evidence.media_signing.values import General

_UNKNOWN_COUNT = 65_535
"""What the open framework's signer writes when a part was too long to be counted."""

_REACH = 2 * MOST_ENTRIES
"""So far before what it should be next to a part is searched for, where more stands between."""

Step = tuple[str, int, int, int, int]
"""As `SequenceMatcher.get_opcodes` gives them: what, and from where to where of signed and seen."""


class Matching:
    """Of one stream; give it the SEIs in order."""

    def __init__(self, units: list[Unit], seis: list[FoundSei], digest: str) -> None:
        """`seis` are all that `match` will be given."""
        self.missing: list[Missing] = []
        self.problems: list[Problem] = []
        self.parts_before = 0
        """See `StreamReading`."""
        self._has_found = False
        self._units, self._digest = units, digest
        self._cursor = 0
        """The first unit that no part has taken yet."""
        # Of a SEI that is there twice, the first.
        self._starts = {one.sei.hashes[0]: one for one in reversed(seis) if one.sei.hashes}
        self._before: FoundSei | None = None
        self._first_entry_before = b""
        self._anchor = b""
        self._gap = False
        """Whether signatures were lost since the last unit that was covered."""

    def match(self, found: FoundSei, general: General) -> range:
        """Say of the units that this SEI speaks of what is known of them; which ones it has
        dealt with."""
        first = self._cursor
        if self._before is not None and self._steps(general) <= 0:
            self._note(ProblemKind.REPEATED_SIGNATURE, found.picture)
            return range(first, first)
        self._see_gap(found, general)
        is_linked = self._is_linked(general)
        if not is_linked:
            self._note(ProblemKind.BROKEN_LINK, found.picture)
        if found.sei.hashes:
            self._match_list(found, general, is_linked)
        else:
            self._match_hash(found, general, is_linked)
        self._before = found
        return range(first, self._cursor)

    def _steps(self, general: General) -> int:
        """How many parts further this one is than the one before; the counter wraps."""
        before = self._before.sei.general if self._before is not None else None
        if before is None:
            return general.counter
        distance = (general.counter - before.counter) & 0xFFFFFFFF
        return distance if distance < 1 << 31 else distance - (1 << 32)

    def _see_gap(self, found: FoundSei, general: General) -> None:
        if self._steps(general) == 1:
            return
        self._gap = True
        # A stream that is signed from its second part on may be a cut that is meant: the
        # first counter says so, and no signature is lost.
        if self._before is not None:
            self._note(ProblemKind.LOST_SIGNATURE, found.picture)

    def _is_linked(self, general: General) -> bool:
        if self._before is None:
            return general.counter != 1 or not any(general.linked_hash)
        is_next = self._steps(general) == 1 and self._first_entry_before != b""
        return not is_next or general.linked_hash == self._first_entry_before

    def _found_one(self, general: General) -> None:
        if not self._has_found:
            self._has_found, self.parts_before = True, general.counter - 1

    # With a list of hashes

    def _match_list(self, found: FoundSei, general: General, is_linked: bool) -> None:
        expected = list(found.sei.hashes)
        if list_hash(expected, self._digest) != general.gop_hash:
            self._note(ProblemKind.STALE_HASH, found.picture)
        start = max(self._cursor, found.units_before - len(expected) - _REACH)
        end = self._window_end(found, start)
        anchor, seen = self._seen(expected, start, end)
        steps = _steps_between(expected, seen)
        is_found = any(step[0] == "equal" for step in steps)
        if not is_found and self._gap and self._before is not None and self._steps(general) == 1:
            # The signature before tells about where the part has to be.
            likely = max(start, self._group_at(self._before.units_before))
            steps = _steps_between(expected, seen[likely - start :])
            start = likely
        if is_found or self._is_altered(found, general, len(expected)):
            self._found_one(general)
            self._mark_foreign(self._cursor, start)
            covered = PictureState.AUTHENTIC if is_linked else PictureState.ALTERED
            self._take(steps, start, covered, general)
            self._gap = False
        elif self._before is not None:
            self._miss(general, len(expected), end)
        else:
            self._gap = True
        self._anchor, self._first_entry_before = anchor, expected[0]

    def _is_altered(self, found: FoundSei, general: General, units: int) -> bool:
        """Whether a part of which no unit was found was altered, and did not just stay behind
        in a cut, or go with what was taken out."""
        if self._before is None:
            return general.counter == 1 and found.units_before >= units
        return not self._gap or self._steps(general) == 1

    def _group_at(self, position: int) -> int:
        """Where the group begins in which the unit before `position` is; `position` itself where
        none does."""
        at = position - 1
        while at >= self._cursor and self._units[at].kind is not UnitKind.START:
            at -= 1
        return max(at, self._cursor) if at >= self._cursor else position

    def _window_end(self, found: FoundSei, start: int) -> int:
        """Up to where units may belong to this SEI: not past it, not past a group that another
        one speaks of, and not past a second group of which none does."""
        has_start = self._goes_on()
        for at in range(start, found.units_before):
            unit = self._units[at]
            if unit.kind is not UnitKind.START:
                continue
            owner = self._starts.get(unit.hash)
            if owner is not None and owner.units_before > found.units_before:
                return at
            if owner is None and has_start and not self._gap:
                return at
            has_start = has_start or owner in (None, found)
        return found.units_before

    def _goes_on(self) -> bool:
        """Whether the part begins in the middle of a group, because a limit ended the one
        before."""
        general = self._before.sei.general if self._before is not None else None
        return general is not None and general.triggered and not self._gap

    def _seen(self, expected: list[bytes], start: int, end: int) -> tuple[bytes, list[bytes]]:
        """(the anchor, the entries of the units from `start` to `end`). Where signatures were
        lost, what the part begins with may be the anchor, or the group before, or a group that
        stands there: the one with which more is found."""
        anchors = [self._anchor] if self._goes_on() else [expected[0]]
        if self._gap:
            starts = (unit.hash for unit in self._units[start:end] if unit.kind is UnitKind.START)
            anchors += [self._anchor, *list(starts)[-2:]]
        tries = [(anchor, self._entries(anchor, start, end)) for anchor in anchors]
        return max(tries, key=lambda one: len(set(expected).intersection(one[1])))

    def _entries(self, anchor: bytes, start: int, end: int) -> list[bytes]:
        return [
            entry(anchor, unit.hash, self._digest) if unit.kind is UnitKind.SLICE else unit.hash
            for unit in self._units[start:end]
        ]

    def _take(self, steps: list[Step], base: int, covered: PictureState, general: General) -> None:
        """Give states by `steps`, whose units count from `base`; what stands behind the last
        signed one is left to the next part."""
        for number, (what, from_, to, first, last) in enumerate(steps):
            if what == "equal":
                self._mark(base + first, base + last, covered)
                continue
            pairs = min(to - from_, last - first)
            if number == 0 and len(steps) > 1:
                # What stands in front is older; the altered ones are next to what is right.
                self._mark_foreign(base + first, base + last - pairs)
                self._mark(base + last - pairs, base + last, PictureState.ALTERED)
            else:
                self._mark(base + first, base + first + pairs, PictureState.ALTERED)
                if number < len(steps) - 1:
                    self._mark(base + first + pairs, base + last, PictureState.ADDED)
            if to - from_ > pairs:
                self._miss(general, to - from_ - pairs, base + last)

    # Without a list: all or nothing

    def _match_hash(self, found: FoundSei, general: General, is_linked: bool) -> None:
        start, end = self._find_whole(found, general) or self._likely(found, general)
        anchor = self._anchor_at(start)
        entries = self._entries(anchor, start, end)
        is_right = is_linked and list_hash(entries, self._digest) == general.gop_hash
        if not is_right and self._gap:
            # It may speak of what is not there any more.
            if self._before is not None:
                self._miss(general, general.units, self._cursor)
            self._first_entry_before = b""
            return
        self._found_one(general)
        self._mark_foreign(self._cursor, start)
        self._mark(start, end, PictureState.AUTHENTIC if is_right else PictureState.ALTERED)
        self._anchor, self._gap = anchor, False
        self._first_entry_before = entries[0] if is_right and entries else b""

    def _find_whole(self, found: FoundSei, general: General) -> tuple[int, int] | None:
        """Where the part stands whole; it may begin at any group where signatures were lost."""
        for start in self._possible_starts(found):
            for end in (start + general.units, self._group_end(start, found)):
                if end > found.units_before:
                    continue
                entries = self._entries(self._anchor_at(start), start, end)
                if list_hash(entries, self._digest) == general.gop_hash:
                    return start, end
        return None

    def _possible_starts(self, found: FoundSei) -> Iterator[int]:
        yield self._cursor
        if self._gap:
            for at in range(self._cursor + 1, found.units_before):
                if self._units[at].kind is UnitKind.START:
                    yield at

    def _likely(self, found: FoundSei, general: General) -> tuple[int, int]:
        end = self._group_end(self._cursor, found)
        if general.triggered and general.units != _UNKNOWN_COUNT:
            end = min(end, self._cursor + general.units)
        return self._cursor, end

    def _group_end(self, start: int, found: FoundSei) -> int:
        for at in range(start + 1, found.units_before):
            if self._units[at].kind is UnitKind.START:
                return at
        return found.units_before

    def _anchor_at(self, start: int) -> bytes:
        if start < len(self._units) and self._units[start].kind is UnitKind.START:
            return self._units[start].hash
        return self._anchor

    # What both note

    def _mark(self, first: int, last: int, state: PictureState) -> None:
        for unit in self._units[first:last]:
            unit.state = state
        self._cursor = max(self._cursor, last)

    def _mark_foreign(self, first: int, last: int) -> None:
        """Units that no signature knows: one that was lost may have."""
        self._mark(first, last, PictureState.UNSIGNED if self._gap else PictureState.ADDED)

    def _miss(self, general: General, units: int, before: int) -> None:
        at = min(before, len(self._units) - 1)
        picture = self._units[at].picture + (before - at) if self._units else 0
        from_ns, to_ns = to_utc_ns(general.start_ticks), to_utc_ns(general.end_ticks)
        self.missing.append(Missing(picture, units, from_ns, to_ns))

    def _note(self, kind: ProblemKind, picture: int) -> None:
        self.problems.append(Problem(kind, picture))


def _steps_between(expected: list[bytes], seen: list[bytes]) -> list[Step]:
    if seen[: len(expected)] == expected:
        return [("equal", 0, len(expected), 0, len(expected))]
    matcher = SequenceMatcher(None, expected, seen, autojunk=False)
    return list(matcher.get_opcodes())
