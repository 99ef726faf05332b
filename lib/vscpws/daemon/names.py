"""The file of names, loaded: what is wrong in it is told with its place, and the rest holds."""

from __future__ import annotations

import json
from typing import List, Mapping, Tuple

from ..files import read_regular
from ..model.errors import ConfigurationError, Problem
from ..reading.names import Names, parse_names

__all__ = ["load_names"]

_MOST = 1 << 20                 # bytes


def load_names(path: str, interfaces: Mapping[str, bytes]) -> Tuple[Names, List[Problem]]:
    """The names in a file, and what is wrong with it; none in one that can't be read.

    ``interfaces`` are the GUIDs (16 bytes) by name. An empty ``path`` is no file.
    """
    if not path:
        return Names(), []
    try:
        table = json.loads(read_regular(path, _MOST).decode("utf-8-sig"))
    except ConfigurationError as error:
        return Names(), list(error.problems)
    except UnicodeDecodeError as error:
        return Names(), [Problem(path, "", "not UTF-8 at byte %d" % error.start)]
    except json.JSONDecodeError as error:
        return Names(), [Problem(path, "line %d" % error.lineno, "not JSON: %s" % error.msg)]
    except (ValueError, RecursionError):
        return Names(), [Problem(path, "", "not JSON: too deep, or too long a number")]
    names, problems = parse_names(table, interfaces)
    return names, [Problem(path, place, reason) for place, reason in problems]
