"""A list in the user file: a JSON list of texts, or one text with commas."""

from __future__ import annotations

from typing import Any, Tuple

__all__ = ["MOST_ITEMS", "split_list"]

MOST_ITEMS = 256                # hosts or kinds of event of one user; each is looked at in turn


def split_list(value: Any, key: str) -> Tuple[str, ...]:
    """The items that aren't blank; none for ``None``.

    ``ValueError`` for anything but a list, and for one that is too long.
    """
    if value is None:
        return ()
    items = value.split(",") if isinstance(value, str) else value
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise ValueError("%s is neither a text nor a list of texts" % key)
    items = tuple(item.strip() for item in items if item.strip())
    if len(items) > MOST_ITEMS:
        raise ValueError("%d entries, at most %d" % (len(items), MOST_ITEMS))
    return items
