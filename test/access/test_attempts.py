"""Failed logins by address, on a clock of our own."""

import pytest

from vscpws.access.attempts import Attempts

ADDRESS = "192.0.2.7"


class Clock:
    def __init__(self):
        self.time = 1000.0

    def __call__(self):
        return self.time


@pytest.fixture
def clock():
    return Clock()


def delay(attempts, clock, waited=1.0):
    """The delay of a failure that came so many seconds ago."""
    return attempts.delay(ADDRESS, clock.time - waited)


def failures(attempts, count, address=ADDRESS):
    for _ in range(count):
        attempts.failed(address)


def test_an_address_that_never_failed_waits_for_nothing(clock):
    attempts = Attempts(3, 600, clock)
    assert delay(attempts, clock) == 0
    assert not attempts.exhausted(ADDRESS)
    assert len(attempts) == 0


@pytest.mark.parametrize("limit", [0, 1, 20])
def test_the_delay_doubles_up_to_a_cap(clock, limit):
    attempts = Attempts(limit, 600, clock)
    delays = []
    for _ in range(8):
        attempts.failed(ADDRESS)
        delays.append(delay(attempts, clock))
    assert delays == [0, 1, 2, 4, 8, 8, 8, 8]


def test_an_address_is_exhausted_at_its_limit(clock):
    attempts = Attempts(3, 600, clock)
    failures(attempts, 2)
    assert not attempts.exhausted(ADDRESS)
    failures(attempts, 1)
    assert attempts.exhausted(ADDRESS)
    assert not attempts.exhausted("192.0.2.8")


def test_no_limit_is_never_exhausted(clock):
    attempts = Attempts(0, 600, clock)
    failures(attempts, 1000)
    assert not attempts.exhausted(ADDRESS)


def test_failures_leave_the_window_one_by_one(clock):
    attempts = Attempts(3, 600, clock)
    for _ in range(3):
        attempts.failed(ADDRESS)
        clock.time += 100
    assert attempts.exhausted(ADDRESS)          # at 0, 100, 200; now 300
    assert delay(attempts, clock) == 2
    clock.time += 299.9
    assert attempts.exhausted(ADDRESS)
    clock.time += 0.1
    assert not attempts.exhausted(ADDRESS)
    assert delay(attempts, clock) == 1
    attempts.failed(ADDRESS)
    assert attempts.exhausted(ADDRESS)


def test_an_address_is_forgotten_when_its_last_failure_has_left(clock):
    attempts = Attempts(3, 600, clock)
    failures(attempts, 5)
    clock.time += 600
    assert delay(attempts, clock) == 0
    assert not attempts.exhausted(ADDRESS)
    assert len(attempts) == 0


def test_failing_on_keeps_an_address_exhausted(clock):
    attempts = Attempts(3, 600, clock)
    for _ in range(100):
        failures(attempts, 1)
        clock.time += 150
    assert attempts.exhausted(ADDRESS)


def test_success_ends_the_delays_but_forgives_no_failure(clock):
    attempts = Attempts(5, 600, clock)
    failures(attempts, 4)
    attempts.succeeded(ADDRESS)
    assert delay(attempts, clock) == 0
    assert not attempts.exhausted(ADDRESS)
    failures(attempts, 1)
    assert delay(attempts, clock) == 0
    assert attempts.exhausted(ADDRESS)


def test_success_of_an_unknown_address_leaves_nothing(clock):
    attempts = Attempts(5, 600, clock)
    attempts.succeeded(ADDRESS)
    assert len(attempts) == 0


@pytest.mark.parametrize("one, other, same", [
    ("192.0.2.7", "::ffff:192.0.2.7", True),
    ("192.0.2.7", "192.0.2.8", False),
    ("2001:db8:0:1::1", "2001:db8:0:1:ffff:ffff:ffff:ffff", True),
    ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
    ("fe80::1%eth0", "fe80::1%eth1", True),
    ("unix", "unix", True),
    ("unix", "", False),
])
def test_which_addresses_count_as_one(clock, one, other, same):
    attempts = Attempts(1, 600, clock)
    attempts.failed(one)
    assert attempts.exhausted(other) is same


def test_the_table_is_bounded_and_forgets_the_oldest_failure(clock):
    attempts = Attempts(1, 600, clock, max_addresses=3)
    for last in (1, 2, 3, 1, 4):
        attempts.failed("192.0.2.%d" % last)
    assert len(attempts) == 3
    assert [last for last in range(1, 5) if attempts.exhausted("192.0.2.%d" % last)] == [1, 3, 4]


def test_the_table_has_room_for_4096_addresses(clock):
    attempts = Attempts(1, 600, clock)
    for number in range(5000):
        attempts.failed("192.0.%d.%d" % divmod(number, 256))
    assert len(attempts) == 4096


def test_a_check_that_passes_ends_the_delays(clock):
    attempts = Attempts(20, 600, clock)
    failures(attempts, 4)
    assert attempts.begin(ADDRESS)
    attempts.end(ADDRESS, passed=True)
    failures(attempts, 1)
    assert delay(attempts, clock) == 0


def test_it_tells_its_clock_s_time(clock):
    assert Attempts(3, 600, clock).now() == clock.time


def test_asking_does_not_keep_an_address_in_the_table(clock):
    attempts = Attempts(1, 600, clock, max_addresses=2)
    attempts.failed("192.0.2.1")
    attempts.failed("192.0.2.2")
    assert attempts.exhausted("192.0.2.1")
    attempts.succeeded("192.0.2.1")
    attempts.failed("192.0.2.3")
    assert not attempts.exhausted("192.0.2.1")
    assert attempts.exhausted("192.0.2.2")


def test_one_address_needs_bounded_room(clock):
    attempts = Attempts(3, 600, clock)
    failures(attempts, 10000)
    assert len(attempts._records[ADDRESS].failures) <= 6


def test_another_limit_counts_at_once_for_who_has_failed_already(clock):
    attempts = Attempts(8, 600, clock)
    failures(attempts, 7)
    attempts.set_limit(5)
    assert attempts.exhausted(ADDRESS)
    attempts.set_limit(30)
    assert not attempts.exhausted(ADDRESS)
    failures(attempts, 30)
    assert attempts.exhausted(ADDRESS)
    attempts.set_limit(0)
    assert not attempts.exhausted(ADDRESS)


# -- what the time tells -------------------------------------------------------------------------


@pytest.mark.parametrize("waited, remaining", [(0, 0.1), (0.04, 0.06), (0.1, 0), (5, 0)])
def test_no_failure_is_answered_sooner_than_a_tenth_of_a_second(clock, waited, remaining):
    attempts = Attempts(3, 600, clock)
    attempts.failed(ADDRESS)
    assert delay(attempts, clock, waited) == pytest.approx(remaining)


def test_a_grown_delay_holds_the_shortest(clock):
    attempts = Attempts(30, 600, clock)
    failures(attempts, 3)
    assert delay(attempts, clock, 0) == 2


# -- checks in flight ----------------------------------------------------------------------------


def test_no_more_checks_are_in_flight_than_failures_are_left(clock):
    attempts = Attempts(5, 600, clock)
    failures(attempts, 2)
    assert [attempts.begin(ADDRESS) for _ in range(5)] == [True, True, True, False, False]
    assert not attempts.exhausted(ADDRESS)      # they may yet be right
    assert attempts.begin("192.0.2.8")
    for passed in (False, True, False):
        attempts.end(ADDRESS, passed)
    assert [attempts.begin(ADDRESS) for _ in range(2)] == [True, False]
    attempts.end(ADDRESS, False)
    assert attempts.exhausted(ADDRESS) and not attempts.begin(ADDRESS)


@pytest.mark.parametrize("one, other, together", [
    ("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", True),
    ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
    ("::ffff:192.0.2.7", "192.0.2.7", True),
    ("fe80::1%eth0", "fe80::2%wlan0", True),
])
def test_checks_in_flight_are_counted_by_network_as_failures_are(clock, one, other, together):
    attempts = Attempts(1, 600, clock)
    assert attempts.begin(one)
    assert attempts.begin(other) is not together


def test_without_a_limit_any_number_is_in_flight(clock):
    attempts = Attempts(0, 600, clock)
    assert all(attempts.begin(ADDRESS) for _ in range(1000))


def test_the_end_of_a_check_wakes_all_that_wait_for_its_address_once(clock):
    attempts = Attempts(1, 600, clock)
    woken = []
    assert attempts.begin(ADDRESS) and attempts.begin("192.0.2.8")
    for name in "ab":
        attempts.on_end(ADDRESS, lambda name=name: woken.append(name))
    attempts.on_end("192.0.2.8", lambda: woken.append("other"))
    attempts.end(ADDRESS, True)
    assert woken == ["a", "b"]
    assert attempts.begin(ADDRESS)
    attempts.end(ADDRESS, True)
    assert woken == ["a", "b"]


def test_nothing_is_kept_of_checks_that_have_ended(clock):
    attempts = Attempts(3, 600, clock)
    for last in range(100):
        assert attempts.begin("192.0.2.%d" % last)
        attempts.end("192.0.2.%d" % last, True)
    assert not attempts._in_flight and not attempts._waiting and not len(attempts)
