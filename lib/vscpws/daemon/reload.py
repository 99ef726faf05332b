"""A reload: all files are read beside the loop, then what they say is put in force.

Files may lie on a disk that sleeps or on a file system of the network that doesn't answer, and to
compare the passwords of many users with the published one takes seconds: nobody's events wait for
that. One reload goes on at a time; of those asked for meanwhile one follows, for the files may have
changed since. It shares its turn with whoever else writes such a file and puts in force what he has
written: between its reading and its end nothing newer may come, for it would be undone.
"""

from __future__ import annotations

import logging
from collections import Counter
from typing import Any, Callable, List

from gevent.lock import BoundedSemaphore

from ..loop.aside import FileThread, NoAnswer
from ..model.errors import ConfigurationError, Problem, errors_of, oddities_of

__all__ = ["Reload"]

log = logging.getLogger(__name__)

_MOST_PROBLEMS = 50             # told to whoever asked for the reload; the log has all
_LONGEST = 30.0                 # s that files may take; a disk that has to wake up needs ten


class Reload:
    """``read()`` gives what is new and raises ``ConfigurationError`` with all that is wrong with
    it; it runs in a native thread. ``put_in_force(new)`` runs in the loop. ``turn`` is held for
    both. To be made in the loop.

    ``refused`` is whether the last reload was, ``problems`` why; ``counts`` are those that were
    ``done`` and ``refused``.
    """

    def __init__(self, read: Callable[[], Any], put_in_force: Callable[[Any], None],
                 turn: BoundedSemaphore):
        self.refused = False
        self.problems: List[str] = []
        self.counts = Counter(done=0, refused=0)
        self._read = read
        self._put_in_force = put_in_force
        self._files = FileThread()
        self._turn = turn
        self._waits = False

    def __call__(self) -> None:
        """Reload, or return at once if one waits for its turn already. Whatever is wrong is logged,
        and then nothing changes."""
        if self._waits:
            return
        self._waits = True
        with self._turn:
            self._waits = False
            self._reload()

    def aside(self, function: Callable[..., Any], *args: Any) -> Any:
        """The result of a function that reads or opens files; only the caller waits.

        Raises ``ConfigurationError`` if that takes too long.
        """
        try:
            return self._files.run(_LONGEST, function, *args)
        except NoAnswer:
            raise ConfigurationError([Problem(
                "", "", "no answer from the disk or the network within %g s" % _LONGEST)]) from None

    def _reload(self) -> None:
        log.info("reload")
        try:
            new = self.aside(self._read)
        except ConfigurationError as error:
            self.refused = True
            errors = errors_of(error.problems)
            self.problems = [str(problem) for problem in errors[:_MOST_PROBLEMS]]
            self.counts["refused"] += 1
            for problem in oddities_of(error.problems):
                log.warning("%s", problem)
            for problem in errors:
                log.error("reload refused, the old settings stay: %s", problem)
            return
        self.refused, self.problems = False, []
        self._put_in_force(new)
        self.counts["done"] += 1        # last: whoever asked for it waits for this
