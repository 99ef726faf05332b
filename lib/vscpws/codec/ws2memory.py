"""ws2: what is asked of the memory, STATE, HISTORY and NAMES. They are this server's own.

::

    -> {"type":"CMD","command":"STATE","args":{"class":10,"type":6,"guid":"…","max_age":86400}}
    <- {"type":"+","command":"STATE","args":{"count":37,"time":"2026-11-26T07:20:11Z"}}
    <- {"type":"STATE","age":12.4,"restored":false,"event":{…}}
    -> {"type":"CMD","command":"HISTORY","args":{"guid":"…","class":10,"type":6,"index":0,
                                                 "hours":24,"step":60}}
    <- {"type":"+","command":"HISTORY","args":{"from":"…","step":60,"unit":"°C",
                                               "min":[…],"mean":[…],"max":[…]}}
    -> {"type":"CMD","command":"HISTORY","args":{"sensors":[{"guid":"…",…},{"guid":"…",…}]}}
    <- {"type":"+","command":"HISTORY","args":{"sensors":[{"from":"…",…},{"from":"…",…}]}}

Keys that are not known are passed over; class, type and guid may be called as in events.
"""

from __future__ import annotations

import json
import math
from typing import Any, Callable, Dict, Iterable, List, Optional

from ..model.errors import BadSyntax
from ..model.event import Event, format_datetime
from ..model.memory import Answer, HistoryQuery, Query, Sensor, State
from .jsonvalues import guid, number

__all__ = ["histories_text", "history_queries", "history_query", "history_text", "state_query",
           "state_text"]

_SPELLINGS = {"class": ("class", "vscpClass"), "type": ("type", "vscpType"),
              "guid": ("guid", "vscpGuid")}
_PLACE = ("index", "zone", "subzone")
_LONGEST_STEP = 86400           # s
#: Of one HISTORY: a panel's plots have them all at once, and it is half a megabyte.
_MOST_SENSORS = 16
_MOST_STEPS = _MOST_SENSORS * 24 * 60       # of all of them, each with its own hours
_EVENT = len('{"type":"EVENT",')
_REPLY = '{"type":"+","command":%s,"args":%s}'


def state_query(args: Any) -> Query:
    """Raises ``BadSyntax``."""
    args = {} if args is None else args
    try:
        _check_object(args)
        node = _value(args, "guid")
        return Query(_optional(args, "class", 0xFFFF), _optional(args, "type", 0xFFFF),
                     None if node is None else guid(node), _seconds(args.get("max_age")))
    except ValueError as error:
        raise BadSyntax(str(error)) from None


def state_text(state: State, event: Callable[[Event], str]) -> str:
    """A state's message; ``event`` writes that of its event."""
    return '{"type":"STATE","age":%.1f,"restored":%s,%s' % (
        state.age, "true" if state.restored else "false", event(state.event)[_EVENT:])


def history_query(args: Any) -> HistoryQuery:
    """Raises ``BadSyntax``."""
    try:
        _check_object(args)
        sensor = Sensor(_needed_guid(args), number(_value(args, "class"), 0xFFFF),
                        number(_value(args, "type"), 0xFFFF),
                        *(_optional(args, part, 0xFF) for part in _PLACE))
        query = HistoryQuery(sensor)
        if args.get("hours") is not None:
            query = query._replace(hours=_positive(args["hours"]))
        if args.get("step") is not None:
            query = query._replace(step=number(args["step"], _LONGEST_STEP))
        if query.step < 1:
            raise ValueError("step is no time")
        return query
    except ValueError as error:
        raise BadSyntax(str(error)) from None


def history_queries(args: Any) -> Optional[List[HistoryQuery]]:
    """Those of a question about several sensors, ``None`` where it is about one. Raises
    ``BadSyntax``, also for more than a question may be about."""
    sensors = args.get("sensors") if isinstance(args, dict) else None
    if sensors is None:
        return None
    if not isinstance(sensors, list) or not 1 <= len(sensors) <= _MOST_SENSORS:
        raise BadSyntax("sensors: not a list of 1 to %d" % _MOST_SENSORS)
    queries = [history_query(each) for each in sensors]
    if sum(query.hours * 3600 / query.step for query in queries) > _MOST_STEPS:
        raise BadSyntax("more than %d steps of all sensors" % _MOST_STEPS)
    return queries


def history_text(name: str, answer: Answer) -> str:
    return _REPLY % (json.dumps(name), _history(answer))


def histories_text(name: str, answers: Iterable[Answer]) -> str:
    """In the order of the question."""
    return _REPLY % (json.dumps(name), '{"sensors":[%s]}' % ",".join(map(_history, answers)))


def _history(answer: Answer) -> str:
    points = answer.points
    return json.dumps({
        "from": format_datetime(answer.start * 1000000), "step": answer.step, "unit": answer.unit,
        "min": points.least, "mean": points.mean, "max": points.greatest}, separators=(",", ":"))


def _check_object(args: Any) -> None:
    if not isinstance(args, dict):
        raise ValueError("the arguments are no object")


def _value(args: Dict[str, Any], name: str) -> Any:
    return next((args[key] for key in _SPELLINGS.get(name, (name,)) if args.get(key) is not None),
                None)


def _optional(args: Dict[str, Any], name: str, limit: int) -> Optional[int]:
    value = _value(args, name)
    return None if value is None else number(value, limit)


def _needed_guid(args: Dict[str, Any]) -> bytes:
    value = _value(args, "guid")
    if value is None:
        raise ValueError("whose history? There is no guid")
    return guid(value)


def _seconds(value: Any) -> Optional[float]:
    return None if value is None else _finite(value)


def _positive(value: Any) -> float:
    if _finite(value) == 0:
        raise ValueError("0 is no time")
    return float(value)


def _finite(value: Any) -> float:
    """A JSON number of 0 and more, in whole or not."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError("not a number: %.40r" % (value,))
    if value < 0:
        raise ValueError("a time is not negative")
    return float(value)
