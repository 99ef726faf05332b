"""The highest rate that a stage sustains without loss.

Found by stepping: double until something is lost or late, then halve the distance (as a ratio) a
few times. The runs after the first begin near its result, so that a median costs little more.
"""

from __future__ import annotations

from typing import Callable, List, Optional

from stage import Run

__all__ = ["maximum", "narrow_maximum"]

_HALVINGS = 3
_LOWEST = 5.0                   # events/s; below it we give up
_NARROW = 1.12                  # step of a search near a known result


def maximum(attempt: Callable[[float], Run], start: float) -> Optional[Run]:
    """The best run of a search from ``start`` events/s on; None if nothing is sustained."""
    run = attempt(start)
    best = run if run.ok else None
    good, bad = (start, None) if run.ok else (None, start)
    while bad is None:
        run = attempt(good * 2)
        if run.ok:
            good, best = good * 2, run
        else:
            bad = good * 2
    while good is None:
        if bad / 2 < _LOWEST:
            return None
        run = attempt(bad / 2)
        if run.ok:
            good, best = bad / 2, run
        else:
            bad /= 2
    for _ in range(_HALVINGS):
        middle = (good * bad) ** 0.5
        run = attempt(middle)
        if run.ok:
            good, best = middle, run
        else:
            bad = middle
    return best


def narrow_maximum(attempt: Callable[[float], Run], near: float, step: float = _NARROW
                   ) -> Optional[Run]:
    """The same near the rate that a search has found, in steps of this ratio."""
    runs: List[Run] = [attempt(near)]
    while runs[-1].ok:
        runs.append(attempt(runs[-1].rate * step))
    if len(runs) > 1:
        return runs[-2]
    while not runs[-1].ok:
        if runs[-1].rate / step < _LOWEST:
            return None
        runs.append(attempt(runs[-1].rate / step))
    return runs[-1]
