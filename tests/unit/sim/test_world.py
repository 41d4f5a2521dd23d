"""Virtual time: in order, once, and never back."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_sim.errors import WorldError
from firmware_sim.world import Alarm, World

S = 1_000_000_000


@given(st.lists(st.integers(0, 20), max_size=30))
def test_all_that_is_due_happens_once_in_order_of_time_then_of_asking(instants: list[int]) -> None:
    world, done = World(), list[tuple[int, int]]()
    for number, at_s in enumerate(instants):
        world.at(at_s * S, lambda at_s=at_s, number=number: done.append((at_s, number)))
    world.run_until(10 * S)
    assert done == sorted((at_s, number) for number, at_s in enumerate(instants) if at_s <= 10)
    assert world.now_ns == 10 * S


def test_the_clock_stands_at_each_deed() -> None:
    world, seen = World(), list[int]()
    world.at(3 * S, lambda: seen.append(world.now_ns))
    world.run_until(5 * S)
    assert (seen, world.now_ns) == ([3 * S], 5 * S)


def test_what_is_asked_for_at_this_instant_comes_behind_what_is_due_at_it() -> None:
    world, done = World(), list[str]()
    world.at(S, lambda: world.soon(lambda: done.append("late")))
    world.at(S, lambda: done.append("early"))
    world.run_until(S)
    assert done == ["early", "late"]


def test_what_is_called_off_does_not_happen() -> None:
    world, done = World(), list[str]()
    world.at(S, lambda: done.append("x"))()
    world.run_until(2 * S)
    assert done == []


def test_nothing_can_be_asked_for_in_the_past() -> None:
    world = World()
    world.run_until(2 * S)
    with pytest.raises(WorldError, match=r"1\.000 s, and it is 2\.000 s"):
        world.at(S, lambda: None)


def test_an_alarm_goes_off_once_where_it_was_set_last() -> None:
    world, rung = World(), list[int]()
    alarm = Alarm(world, lambda: rung.append(world.now_ns))
    for at_s in (5, 3, 4):
        alarm.set(at_s * S)
    world.run_until(10 * S)
    alarm.set(2 * S)  # is over: at once
    world.run_until(10 * S)
    alarm.set(12 * S)
    alarm.set(None)
    world.run_until(20 * S)
    assert rung == [4 * S, 10 * S]


def test_whoever_waits_lets_the_rest_of_the_world_happen() -> None:
    world, done, signal = World(), list[str](), threading.Event()

    def wait() -> None:
        done.append("waits")
        assert not world.clock.wait(signal, 3.0)
        done.append(f"waited until {world.now_ns // S}")
        assert world.clock.wait(signal, 100.0)
        done.append(f"told at {world.now_ns // S}")

    world.at(S, wait)
    world.at(2 * S, lambda: done.append("meanwhile"))
    world.at(6 * S, signal.set)
    world.run_until(50 * S)
    assert done == ["waits", "meanwhile", "waited until 4", "told at 6"]
    assert world.now_ns == 50 * S


def test_a_wait_without_an_end_is_refused() -> None:
    with pytest.raises(WorldError, match="for ever"):
        World().clock.wait(threading.Event(), None)
