"""Whose body is next: every camera gets its turn, marked clips go first, nobody is forgotten."""

import asyncio
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dock_server.errors import BusyError, CutOffError
from dock_server.line import OVERTAKEN_MOST, Line, Waiter, next_in_line

CAMERAS = st.sampled_from("abcde")


def waiter(who: str, place: int, urgent: bool = False, overtaken: int = 0) -> Waiter:
    return Waiter(who, urgent, place, overtaken)


def test_who_came_first_is_first() -> None:
    waiting = [waiter("b", 2), waiter("a", 1), waiter("c", 3)]
    assert next_in_line(waiting, {}).who == "a"


def test_urgent_goes_first() -> None:
    assert next_in_line([waiter("a", 1), waiter("b", 2, urgent=True)], {}).who == "b"


def test_a_camera_with_a_body_under_way_lets_others_go_first() -> None:
    waiting = [waiter("a", 1, urgent=True), waiter("b", 2)]
    assert next_in_line(waiting, {"a": 1}).who == "b"


def test_who_was_overtaken_too_often_goes_before_all() -> None:
    waiting = [waiter("a", 5, overtaken=OVERTAKEN_MOST), waiter("b", 6, urgent=True)]
    assert next_in_line(waiting, {"a": 3}).who == "a"


@given(st.lists(st.tuples(CAMERAS, st.booleans(), st.integers(1, 4)), min_size=1, max_size=40))
def test_nobody_is_overtaken_without_end(arrivals: list[tuple[str, bool, int]]) -> None:
    """Each waiter of the line is served before more than the allowed number went past it."""

    async def run() -> None:
        line = Line(turns_max=2, wait_s=1000)
        began: list[int] = []

        async def body(number: int, who: str, urgent: bool, long: int) -> None:
            async with line.turn(who, urgent):
                began.append(number)
                for _ in range(long):
                    await asyncio.sleep(0)

        await asyncio.gather(*(body(n, *one) for n, one in enumerate(arrivals)))
        assert sorted(began) == list(range(len(arrivals)))
        for place, number in enumerate(began):
            overtakers = sum(other > number for other in began[:place])
            forgotten_before = sum(other < number for other in range(number))
            assert overtakers <= OVERTAKEN_MOST + forgotten_before

    asyncio.run(run())


@given(st.lists(st.tuples(CAMERAS, st.booleans()), max_size=30), st.integers(1, 5))
def test_never_more_turns_than_allowed_and_none_is_lost(
    arrivals: list[tuple[str, bool]], turns_max: int
) -> None:
    async def run() -> None:
        line = Line(turns_max, wait_s=1000)
        now: Counter[str] = Counter()
        most = 0

        async def body(who: str, urgent: bool, fails: bool) -> None:
            nonlocal most
            async with line.turn(who, urgent):
                now[who] += 1
                most = max(most, now.total())
                await asyncio.sleep(0)
                now[who] -= 1
                if fails:
                    raise RuntimeError("the body failed")

        made = [body(*one, fails=number % 3 == 0) for number, one in enumerate(arrivals)]
        await asyncio.gather(*made, return_exceptions=True)
        assert most <= turns_max
        async with line.turn("z", False):
            pass

    asyncio.run(run())


def test_who_waited_too_long_is_sent_away_and_keeps_its_place() -> None:
    async def run() -> list[str]:
        line = Line(turns_max=1, wait_s=0.0)
        served: list[str] = []
        with pytest.raises(BusyError):
            async with line.turn("a", False), line.turn("b", False):
                pass
        line._wait_s = 1000.0  # The same line, now patient.

        async def body(who: str) -> None:
            async with line.turn(who, False):
                served.append(who)

        async with line.turn("a", False):
            tasks = [asyncio.ensure_future(body(who)) for who in ("c", "b")]
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        await asyncio.gather(*tasks)
        return served

    assert asyncio.run(run()) == ["b", "c"]


def test_a_turn_that_is_given_up_goes_to_the_next() -> None:
    async def run() -> None:
        line = Line(turns_max=1, wait_s=1000)
        given_up = asyncio.Event()

        async def hanging() -> None:
            async with line.turn("b", False, given_up):
                raise AssertionError("it was given up before its turn")

        async with line.turn("a", False):
            waiting = asyncio.ensure_future(hanging())
            await asyncio.sleep(0)
            given_up.set()
            with pytest.raises(CutOffError):
                await waiting
        async with line.turn("c", False):
            pass

    asyncio.run(run())


def test_a_waiter_that_is_cancelled_leaves_the_line() -> None:
    async def run() -> None:
        line = Line(turns_max=1, wait_s=1000)

        async def body() -> None:
            async with line.turn("b", False):
                raise AssertionError("it was cancelled")

        async with line.turn("a", False):
            waiting = asyncio.ensure_future(body())
            await asyncio.sleep(0)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
        async with line.turn("c", False):
            pass

    asyncio.run(run())
