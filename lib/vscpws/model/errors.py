"""The errors, by who is to blame.

::

    VscpError               a client's message is refused; carries the VSCP error code and its text
      BadSyntax             1
      UnknownCommand        2
      TransmitBufferFull    3
      OutOfMemory           4
      NotAuthorized         5
      NotAuthorizedToSend   6
      NotAllowed            7
      ParseError            8
      UnknownType           9
      GeneralError         10
    ConfigurationError      a file is wrong; carries every problem found, not only the first

What reads something gives back a ``Problem`` for each thing that is wrong, or an ``Oddity`` where
it is only strange; whoever has called it says so.

A codec renders a ``VscpError`` into a negative reply; nobody parses its text.
"""

from __future__ import annotations

from typing import Iterable, List, NamedTuple

__all__ = [
    "BadSyntax", "ConfigurationError", "GeneralError", "NotAllowed", "NotAuthorized",
    "NotAuthorizedToSend", "Oddity", "OutOfMemory", "ParseError", "Problem", "TransmitBufferFull",
    "UnknownCommand", "UnknownType", "VscpError", "errors_of", "oddities_of",
]


class VscpError(Exception):
    """A refused message: ``code`` and ``text`` go to the client, ``detail`` to the log; if it is
    ``told``, to the client as well, where the protocol has room for it."""

    code = 10
    text = "General error."

    def __init__(self, detail: str = "", told: bool = False):
        super().__init__(detail or self.text)
        self.detail = detail
        self.told = told


class BadSyntax(VscpError):
    code, text = 1, "Syntax error."


class UnknownCommand(VscpError):
    code, text = 2, "Unknown command."


class TransmitBufferFull(VscpError):
    code, text = 3, "Transmit buffer full."


class OutOfMemory(VscpError):
    code, text = 4, "Problem allocating memory."


class NotAuthorized(VscpError):
    code, text = 5, "Not authorized."


class NotAuthorizedToSend(VscpError):
    code, text = 6, "Not authorized to send events."


class NotAllowed(VscpError):
    code, text = 7, "Not allowed to do that."


class ParseError(VscpError):
    code, text = 8, "Parse error, invalid format."


class UnknownType(VscpError):
    code, text = 9, 'Unknown type, only know "COMMAND" and "EVENT".'


class GeneralError(VscpError):
    code, text = 10, "General error."


class Problem(NamedTuple):
    """One thing wrong in one file: where (a key, an element, a user; may be empty) and why."""

    file: str
    where: str
    reason: str

    def __str__(self) -> str:
        return ": ".join(part for part in self if part)


class Oddity(Problem):
    """A problem that keeps nothing from running: it is taken as it is written, but hardly meant
    so."""


def errors_of(problems: Iterable[Problem]) -> List[Problem]:
    """Those that are more than odd: what is written doesn't count."""
    return [problem for problem in problems if not isinstance(problem, Oddity)]


def oddities_of(problems: Iterable[Problem]) -> List[Problem]:
    """The others."""
    return [problem for problem in problems if isinstance(problem, Oddity)]


class ConfigurationError(Exception):
    """All that is wrong with the configuration, and what is odd besides; ``str()`` gives one line
    per problem."""

    def __init__(self, problems: Iterable[Problem]):
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))
