"""What an end of the hub is doing, as everybody is told of it: status, health, metrics, the log."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, Mapping

__all__ = ["EndStatus"]


@dataclass(frozen=True)
class EndStatus:
    """``kind`` is what the end is (``bus``), ``name`` which; ``state`` one word, ``reason`` why.

    ``usable`` says whether events flow, ``required`` whether the whole is ill where they don't.
    ``details`` are what only this kind has: texts, numbers, and groups of numbers.
    """

    kind: str
    name: str
    state: str
    reason: str = ""
    since_seconds: float = 0.0          # how long the state has lasted
    usable: bool = True
    required: bool = True
    details: Mapping[str, Any] = field(default_factory=dict)

    def as_dict(self) -> Dict[str, Any]:
        """All of it in one, fit for JSON."""
        return {"kind": self.kind, "name": self.name, "state": self.state, "reason": self.reason,
                "since_seconds": round(self.since_seconds, 3), "usable": self.usable,
                "required": self.required, **self.details}
