"""The driver block's interface, put in place in a file of driver blocks, or in a new one."""

from __future__ import annotations

import re
from typing import List, Optional
from xml.sax.saxutils import escape, quoteattr

from ..config.driverblock import DriverBlock

__all__ = ["is_sample", "new_file", "with_interface"]

_NEW = """\
<?xml version="1.0" encoding="UTF-8"?>
<!--
    The driver blocks of vscpwsd, in the VSCP daemon's own form: a whole vscpd.conf works as well.
    Each enabled block is one CAN interface; doc/configuration.md describes them. Without a <guid>
    it has one that is made from this host's MAC address.
-->
<driver enable="true">
    <name>%s</name>
    <config>%s</config>
</driver>
"""
_OF_THE_SAMPLE = "so that it runs on a machine without CAN"
_CHILD = re.compile(r"(<config\s*>)(.*?)(</config\s*>)", re.DOTALL | re.IGNORECASE)
_ATTRIBUTE = re.compile(r"(\sconfig\s*=\s*)(\"[^\"]*\"|'[^']*')", re.IGNORECASE)
_END = re.compile(r"</driver\s*>", re.IGNORECASE)


def is_sample(text: str) -> bool:
    """Whether a file of driver blocks is the one that comes with the program."""
    return _OF_THE_SAMPLE in " ".join(text.split())


def new_file(channel: str) -> str:
    """A file with one block, which is called as its interface, or ``can``."""
    return _NEW % (escape(channel if re.match(r"\w+\Z", channel) else "can"), escape(channel))


def with_interface(text: str, block: DriverBlock, channel: str) -> Optional[str]:
    """The file's text with another interface in the block's configuration string; None where it is
    not written as usual, and somebody had better do it by hand."""
    begin = _offset(text, block.line)
    if begin is None:
        return None
    end = _END.search(text, begin)
    head = text.find(">", begin) + 1
    own = text[begin:head] if text[begin:head].endswith("/>") else (
        text[begin:end.end()] if end else "")
    child, attribute = _CHILD.search(own), _ATTRIBUTE.search(own[:head - begin])
    if child and child.group(2).strip():
        new = own[:child.start(2)] + escape(channel) + own[child.end(2):]
    elif attribute:
        new = own[:attribute.start(2)] + quoteattr(channel) + own[attribute.end(2):]
    else:
        return None
    return text[:begin] + new + text[begin + len(own):]


def _offset(text: str, line: int) -> Optional[int]:
    """Where the ``<driver`` begins whose tag ends, as the parser counts, in that line."""
    lines: List[str] = text.split("\n")
    start = sum(len(each) + 1 for each in lines[:line])
    found = [match.start() for match in re.finditer(r"<driver[\s>]", text[:start], re.IGNORECASE)]
    return found[-1] if found else None

