import gc
import weakref

import gevent
import pytest
from gevent.event import Event as Flag

from vscpws.loop.crew import Crew


@pytest.fixture
def crew():
    crew = Crew()
    yield crew
    crew.dismiss()
    gevent.sleep(0)


def work(crew, *jobs):
    """Have the jobs begun in the event loop's greenlet, one after the other."""
    begun = Flag()

    def begin():
        for job in jobs:
            crew.work(job)
        begun.set()
    gevent.get_hub().loop.run_callback(begin)
    begun.wait()


def test_work_begins_in_its_order_each_when_the_one_before_ends_or_waits(crew):
    order, flag = [], Flag()

    def waits():
        order.append("waits")
        flag.wait()
        order.append("has waited")
    work(crew, waits, lambda: order.append("doesn't wait"))
    assert order == ["waits", "doesn't wait"]
    flag.set()
    gevent.sleep(0.001)
    assert order == ["waits", "doesn't wait", "has waited"]


def test_one_greenlet_does_all_work_that_doesn_t_wait(crew):
    workers = []
    work(crew, *[lambda: workers.append(gevent.getcurrent())] * 1000)
    assert len(workers) == 1000 and len(set(workers)) == 1
    assert workers[0] is not gevent.get_hub()


def test_there_are_as_many_as_have_to_wait_and_few_of_them_stay(crew):
    workers, flag = [], Flag()

    def waits():
        workers.append(gevent.getcurrent())
        flag.wait()
    work(crew, *[waits] * 1000)
    assert len(set(workers)) == 1000
    flag.set()
    gevent.sleep(0.001)
    assert sum(not worker.dead for worker in workers) <= 8
    work(crew, waits)
    assert workers[-1] in workers[:-1]      # one of those that stayed


def test_work_that_fails_is_logged_and_costs_nobody_else(crew, caplog):
    done = []
    work(crew, lambda: 1 // 0, lambda: done.append(1))
    assert done == [1] and "ZeroDivisionError" in caplog.text


def test_nothing_is_kept_of_work_that_is_done(crew):
    class Job:
        def __call__(self):
            pass
    job = Job()
    gone = weakref.ref(job)
    work(crew, job)
    del job
    gc.collect()
    assert gone() is None


def test_dismissed_they_end_those_that_work_when_that_is_done(crew):
    workers, flag = [], Flag()

    def waits():
        workers.append(gevent.getcurrent())
        flag.wait()
    work(crew, waits, lambda: workers.append(gevent.getcurrent()))
    crew.dismiss()
    gevent.sleep(0.001)
    assert [worker.dead for worker in workers] == [False, True]
    flag.set()
    gevent.sleep(0.001)
    assert workers[0].dead


def test_work_that_comes_after_is_done_by_those_that_end_with_it(crew):
    workers = []

    def works():
        workers.append(gevent.getcurrent())
    work(crew, works)
    crew.dismiss()
    gevent.sleep(0.001)
    work(crew, works, works)
    assert len(set(workers)) == 3 and all(worker.dead for worker in workers)
