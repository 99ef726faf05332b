"""A gevent hub in a native thread, so that the test itself may block and wait."""

from __future__ import annotations

import queue
import threading
from collections import deque

import gevent

__all__ = ["TIMEOUT", "HubThread"]

TIMEOUT = 30                    # s; no test waits that long if all is well


class HubThread:
    """``with HubThread(run, stop) as thread``: runs ``run(ready)`` in a thread with a hub.

    The block begins when ``run`` has called ``ready``; at its end ``stop()`` is called in the
    thread. ``result`` is what ``run`` returned.
    """

    def __init__(self, run, stop):
        self.result = None
        self._run = run
        self._stop = stop
        self._calls = deque()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._main, daemon=True)

    def __enter__(self):
        self._thread.start()
        assert self._ready.wait(TIMEOUT)
        return self

    def __exit__(self, *exception):
        if self.running:
            self.call(self._stop)
        self.join(TIMEOUT)
        assert not self.running

    @property
    def running(self):
        return self._thread.is_alive()

    def join(self, seconds):
        """Wait until ``run`` has returned, at most so long."""
        self._thread.join(seconds)

    def call(self, function):
        """The result of ``function``, run in a greenlet of the thread."""
        answer = queue.Queue()
        self._calls.append((function, answer))
        self._watcher.send()
        result, error = answer.get(timeout=TIMEOUT)
        if error:
            raise error
        return result

    def until(self, condition):
        """Wait until ``condition()`` holds in the thread."""
        def wait():
            with gevent.Timeout(TIMEOUT - 1):
                while not condition():
                    gevent.sleep(0.005)
        self.call(wait)

    def _main(self):
        self._watcher = gevent.get_hub().loop.async_()
        self._watcher.start(lambda: gevent.spawn(self._run_calls))
        try:
            self.result = self._run(self._ready.set)
        finally:
            self._watcher.close()
            gevent.get_hub().destroy(destroy_loop=True)     # it has two descriptors

    def _run_calls(self):
        while self._calls:
            function, answer = self._calls.popleft()
            try:
                answer.put((function(), None))
            except BaseException as error:
                answer.put((None, error))
