"""The system clock's pair of times, and the kernel's account of its own error."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hal.drivers.clock.kernel_estimate import error_ns_from, kernel_error_ns
from hal.drivers.clock.system import read_pair

STA_UNSYNC, STA_PLL, STA_NANO = 0x0040, 0x0001, 0x2000


class Machine:
    """A machine that takes `delays_ns`, one after another, until each look at a clock."""

    def __init__(self, offset_ns: int, delays_ns: list[int]) -> None:
        self.offset_ns, self._delays = offset_ns, iter(delays_ns)
        self.now_ns = 0

    def monotonic_ns(self) -> int:
        self.now_ns += next(self._delays)
        return self.now_ns

    def utc_ns(self) -> int:
        return self.monotonic_ns() + self.offset_ns


@given(
    offset_ns=st.integers(0, 2**62),
    delays_ns=st.lists(st.integers(0, 10**9), min_size=9, max_size=9),
    error_ns=st.integers(0, 10**10),
)
def test_the_pair_is_never_further_off_than_it_says_whoever_interrupts(
    offset_ns: int, delays_ns: list[int], error_ns: int
) -> None:
    machine = Machine(offset_ns, delays_ns)
    reading = read_pair(machine.monotonic_ns, machine.utc_ns, lambda: error_ns)
    assert reading.error_ns is not None
    assert abs(reading.offset_ns - offset_ns) <= reading.error_ns - error_ns
    tries_ns = [sum(delays_ns[first + 1 : first + 3]) for first in (0, 3, 6)]
    assert reading.error_ns - error_ns == -(-min(tries_ns) // 2), "the closest try counts"


@pytest.mark.parametrize(
    ("answers", "error_ns"), [([5, 9], 9), ([9, 5], 9), ([None, 5], None), ([5, None], None)]
)
def test_the_worse_of_two_answers_of_the_kernel_stands(
    answers: list[int | None], error_ns: int | None
) -> None:
    said = iter(answers)
    assert read_pair(lambda: 0, lambda: 0, lambda: next(said)).error_ns == error_ns


def kernel(
    returns: int, *, status: int = STA_PLL, maxerror_us: int = 1500, offset: int = 0
) -> Callable[..., int]:
    """An `adjtimex` that fills in what it is told."""

    def adjtimex(timex: object) -> int:
        found = timex.contents  # type: ignore[attr-defined]
        assert found.modes == 0, "the clock is read, not set"
        found.status, found.maxerror, found.offset = status, maxerror_us, offset
        return returns

    return adjtimex


@pytest.mark.parametrize("status", [STA_PLL, STA_PLL | STA_NANO, 0])
def test_a_synchronised_kernel_states_its_bound(status: int) -> None:
    assert error_ns_from(kernel(0, status=status)) == 1_500_000


@pytest.mark.parametrize(
    ("status", "offset", "error_ns"),
    [(STA_PLL, 20_000, 21_500_000), (STA_PLL | STA_NANO, -20_000_000, 21_500_000)],
)
def test_what_the_kernel_still_has_to_slew_is_an_error_yet(
    status: int, offset: int, error_ns: int
) -> None:
    assert error_ns_from(kernel(0, status=status, offset=offset)) == error_ns


@pytest.mark.parametrize(
    ("returns", "status"), [(5, STA_PLL), (0, STA_UNSYNC), (5, STA_UNSYNC), (-1, STA_PLL)]
)
def test_a_kernel_that_is_not_synchronised_or_refuses_states_nothing(
    returns: int, status: int
) -> None:
    assert error_ns_from(kernel(returns, status=status)) is None


def test_this_machine_answers_or_does_not_know() -> None:
    error_ns = kernel_error_ns()
    assert error_ns is None or 0 <= error_ns <= 16 * 10**9
