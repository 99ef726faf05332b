"""Single lines of an INI file, put in place while all else of it stays as people wrote it."""

from __future__ import annotations

from typing import List, Optional, Tuple

__all__ = ["with_option", "without_option"]


def with_option(text: str, section: str, key: str, value: str) -> str:
    """The file's text with this option: in place of its line, or below the comment ``#key = …``
    that shows its default, or at the end of its section, which is made where there is none.

    Where the option says so already, the text is unchanged.
    """
    lines = text.split("\n")
    found, begin, end = _find(lines, section, key)
    if found is not None and _value(lines[found]) == value:
        return text
    line = "%s = %s" % (key, '"%s"' % value if "#" in value else value)
    if found is not None:
        lines[found] = line
    elif begin is None:
        lines[_after_text(lines, 0, len(lines)):] = ["", "[%s]" % section, line, ""]
    else:
        shown = next((number for number in range(begin, end)
                      if _key(lines[number].lstrip("# ")) == key
                      and lines[number].startswith("#")), None)
        place = _after_text(lines, begin, end) if shown is None else shown + 1
        lines.insert(place, line)
    return "\n".join(lines)


def without_option(text: str, section: str, key: str) -> str:
    """The file's text with the option's line as a comment, so that its default holds."""
    lines = text.split("\n")
    found = _find(lines, section, key)[0]
    if found is not None:
        lines[found] = "#" + lines[found].lstrip()
    return "\n".join(lines)


def _find(lines: List[str], section: str, key: str
          ) -> Tuple[Optional[int], Optional[int], int]:
    """Where the option's line is, where its section's lines begin, and where they end."""
    here, found, begin, end = "", None, None if section else 0, len(lines)
    for number, line in enumerate(lines):
        stripped = line.strip().lstrip("\ufeff")
        if stripped.startswith("["):
            if begin is not None and here == section:
                end = number
            here = stripped.partition("]")[0].strip("[ \"'")
            if here == section and begin is None:
                begin, end = number + 1, len(lines)
        elif here == section and found is None and _key(stripped) == key:
            found = number
    return found, begin, end


def _key(line: str) -> str:
    key, equals, _ = line.partition("=")
    return key.strip().strip("'\"") if equals else ""


def _value(line: str) -> str:
    value = line.partition("=")[2].strip()
    return value if value[:1] in ("'", '"') else value.partition(" #")[0].strip()


def _after_text(lines: List[str], begin: int, end: int) -> int:
    """The place behind the last line that isn't blank."""
    while end > begin and not lines[end - 1].strip():
        end -= 1
    return end
