"""Driver blocks: the ``<driver>`` elements of a vscpd-style XML file, and which of them to run.

A block comes in two shapes, as the VSCP daemon's files have had it over the years::

    <driver enable="true">                  <driver enable="true" name="can1"
        <name>can1</name>                           path-driver="/usr/lib/…websocksrv.so"
        <path>/usr/lib/…websocksrv.so</path>        config="can0" guid="FF:…:00" />
        <config>can0</config>
        <guid>FF:…:00</guid>
    </driver>

It may stand anywhere; whatever else the file holds is ignored. The file is read as a stream of
elements, so that a large or deep one costs little and every message can name a line. Document
types, entities and external references are refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Dict, List, Optional, Sequence, Tuple
from xml.sax import SAXException, SAXParseException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl, Locator

import defusedxml.sax
from defusedxml import DefusedXmlException

from ...model.errors import ConfigurationError, Oddity, Problem
from .files import read_file

__all__ = ["DriverBlock", "NoBlocks", "choose_blocks", "plain_name", "read_driver_blocks"]

OUR_DRIVER = "websocksrv"       # in the path of a block that is surely meant for this program
MAX_BLOCKS = 256                # that can be run at once
_LISTED = 20                    # blocks that an error lists at most
_SHOWN = 60                     # characters of a name that a message shows
_FIELDS = {"name": "name", "path": "path", "path-driver": "path", "config": "config",
           "guid": "guid"}
_IN_LEVEL1 = "in <level1driver>"
_SWITCHED_OFF = "in a <level2driver> that is not enabled"


@dataclass(frozen=True)
class DriverBlock:
    """One ``<driver>`` element, as written but with surrounding blanks gone."""

    name: str                   # blanks as _; empty: the block has none
    path: str = ""
    config: str = ""            # the configuration string
    guid: str = ""
    enabled: bool = False
    excluded: str = ""          # why it can never be taken; empty: it can
    number: int = 0             # place among the named blocks that can be taken, from 0
    file: str = ""
    line: int = 0               # 0: the file has no lines that tell

    def where(self) -> str:
        """The block's place, for a message."""
        return "driver %s%s" % (self.name[:_SHOWN], ", line %d" % self.line if self.line else "")


class NoBlocks(ConfigurationError):
    """There is none to run."""


def plain_name(name: str) -> str:
    """A driver's name as variables and ``--driver`` use it: each blank is a ``_``."""
    return re.sub(r"\s", "_", name.strip())


def read_driver_blocks(path: str) -> Tuple[DriverBlock, ...]:
    """All driver blocks of a file, in its order, whether or not they can be run.

    Raises ``ConfigurationError`` if the file can't be read, is no XML or isn't harmless.
    """
    content = read_file(path)
    reader = _Reader(path)
    try:
        defusedxml.sax.parseString(content, reader, forbid_dtd=True)
    except SAXParseException as error:
        raise _failure(path, error.getLineNumber(), error.getMessage()) from None
    except DefusedXmlException:
        raise _failure(path, reader.line(), "document types (<!DOCTYPE …>), entities and external "
                       "references are not allowed") from None
    except (SAXException, ValueError, LookupError) as error:    # such as a curious encoding
        raise _failure(path, reader.line(), str(error)[:200]) from None
    return tuple(reader.blocks)


def choose_blocks(blocks: Sequence[DriverBlock], name: Optional[str] = None,
                  file: str = "") -> Tuple[Tuple[DriverBlock, ...], List[Problem]]:
    """The blocks to run, the one called ``name`` or else every enabled one; and what is odd.

    Where any enabled block has ``websocksrv`` in its path only such are taken. A block without a
    name is skipped. ``file`` is for the messages alone.

    Raises ``NoBlocks`` if none is left, and ``ConfigurationError`` if more than 256 are or two of
    those taken have the same name.
    """
    odd: List[Problem] = [
        Oddity(file, "line %d" % block.line, "driver block without a name, skipped")
        for block in blocks if not block.name and not block.excluded]
    possible = [block for block in blocks if block.name and not block.excluded]
    taken = _named(possible, plain_name(name)) if name is not None else _enabled(possible)
    if not taken:
        raise NoBlocks([Problem(file, "", _none_left(blocks, name))])
    if len(taken) > MAX_BLOCKS:
        raise ConfigurationError([Problem(file, "", "%d driver blocks to run, at most %d"
                                          % (len(taken), MAX_BLOCKS))])
    _refuse_namesakes(taken, file)
    odd += [Oddity(block.file, block.where(), "not enabled, but taken because it was asked for by "
                   "name") for block in taken if not block.enabled]
    return tuple(taken), odd


def _named(possible: Sequence[DriverBlock], name: str) -> List[DriverBlock]:
    """Whoever asks for a block by name wants it, even if it is not enabled."""
    namesakes = [block for block in possible if block.name == name]
    enabled = [block for block in namesakes if block.enabled]
    return enabled or namesakes


def _enabled(possible: Sequence[DriverBlock]) -> List[DriverBlock]:
    enabled = [block for block in possible if block.enabled]
    ours = [block for block in enabled if OUR_DRIVER in block.path.lower()]
    return ours or enabled


def _refuse_namesakes(taken: Sequence[DriverBlock], file: str) -> None:
    first: Dict[str, DriverBlock] = {}
    problems = []
    for block in taken:
        if first.setdefault(block.name, block) is not block:
            problems.append(Problem(file, block.where(), "the driver block in line %d has the same "
                                    "name" % first[block.name].line))
    if problems:
        raise ConfigurationError(problems)


def _none_left(blocks: Sequence[DriverBlock], name: Optional[str]) -> str:
    wanted = "no driver block to run" if name is None else (
        "no driver block called %r to run" % plain_name(name)[:_SHOWN])
    found = ["%s (%s)" % (block.name[:_SHOWN] or "line %d" % block.line, _state(block))
             for block in blocks[:_LISTED]]
    if len(blocks) > _LISTED:
        found.append("and %d more" % (len(blocks) - _LISTED))
    return "%s; found: %s" % (wanted, ", ".join(found) or "no <driver> element at all")


def _state(block: DriverBlock) -> str:
    if block.excluded:
        return block.excluded
    if not block.name:
        return "has no name"
    return "enabled" if block.enabled else "not enabled"


def _failure(path: str, line: Optional[int], reason: str) -> ConfigurationError:
    return ConfigurationError([Problem(path, "line %d" % (line or 1), reason)])


class _Open:
    """A ``<driver>`` element that is being read; ``depth`` is its place in the tree."""

    def __init__(self, depth: int, line: int, attributes: Dict[str, str], excluded: str):
        self.depth = depth
        self.line = line
        self.attributes = attributes
        self.excluded = excluded
        self.children: Dict[str, List[str]] = {}

    def value(self, field: str) -> str:
        """The first that says anything: child elements, then attributes."""
        texts = ["".join(parts) for key, parts in self.children.items() if _FIELDS[key] == field]
        texts += [text for key, text in self.attributes.items() if _FIELDS.get(key) == field]
        return next(filter(None, (text.strip() for text in texts)), "")


class _Reader(ContentHandler):
    """Collects driver blocks from the stream of elements."""

    def __init__(self, file: str):
        super().__init__()
        self.blocks: List[DriverBlock] = []
        self._file = file
        self._locator: Optional[Locator] = None
        self._depth = 0
        self._number = 0
        self._excluded: List[Tuple[int, str]] = []      # elements whose drivers are not ours
        self._open: List[_Open] = []                    # drivers, the innermost last
        self._text: Optional[List[str]] = None          # of the field that is being read

    def setDocumentLocator(self, locator: Locator) -> None:
        self._locator = locator

    def line(self) -> int:
        """The line that is being read, from 1."""
        return self._locator and self._locator.getLineNumber() or 1

    def startElement(self, name: str, attrs: AttributesImpl) -> None:
        name = name.lower()
        self._depth += 1
        self._text = None
        attributes: Dict[str, str] = {}
        for key, value in attrs.items():
            attributes.setdefault(key.lower(), value)
        if name == "level1driver":
            self._excluded.append((self._depth, _IN_LEVEL1))
        elif name == "level2driver" and not _is_on(attributes.get("enable", "true")):
            self._excluded.append((self._depth, _SWITCHED_OFF))
        elif name == "driver":
            excluded = self._excluded[-1][1] if self._excluded else ""
            self._open.append(_Open(self._depth, self.line(), attributes, excluded))
        elif self._open and self._depth == self._open[-1].depth + 1 and name in _FIELDS:
            self._text = self._open[-1].children.setdefault(name, [])

    def characters(self, content: str) -> None:
        if self._text is not None:
            self._text.append(content)

    def endElement(self, name: str) -> None:
        self._text = None
        if self._open and self._open[-1].depth == self._depth:
            self._finish(self._open.pop())
        if self._excluded and self._excluded[-1][0] == self._depth:
            self._excluded.pop()
        self._depth -= 1

    def _finish(self, element: _Open) -> None:
        block = DriverBlock(
            name=plain_name(element.value("name")),
            path=element.value("path"),
            config=element.value("config"),
            guid=element.value("guid"),
            enabled=_is_on(element.attributes.get("enable", "")),
            excluded=element.excluded,
            number=self._number,
            file=self._file,
            line=element.line)
        self.blocks.append(block)
        if block.name and not block.excluded:
            self._number += 1


def _is_on(text: str) -> bool:
    return text.strip().lower() == "true"
