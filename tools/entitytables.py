"""What becomes which entity in Home Assistant, as tables, from the program's own."""

from __future__ import annotations

from typing import Dict, List, Tuple

from vscpws.mqtt.homeassistant.kinds import BINARY, EVENT, KINDS, PAIRS, PULSES, SINGLES
from vscpws.mqtt.homeassistant.measurements import DATA, MEASURED, SensorForm

__all__ = ["tables"]


def tables() -> str:
    """Both tables, with their headings."""
    return "\n".join([
        "### Measurements", "",
        "Of the classes 10-14, 60-64, 65-69, 70-74, 1040 and 1060.", "",
        *_sensors(MEASURED), "", "Of class 15:", "", *_sensors(DATA), "",
        "### Everything else", "", *_others()])


def _sensors(forms: Dict[int, SensorForm]) -> List[str]:
    lines = ["| type | name | device class | unit | state class |",
             "| --- | --- | --- | --- | --- |"]
    for number, form in forms.items():
        unit = form.unit + (", or the one heard first" if form.unit_of_first else "")
        lines.append("| %d | %s | %s | %s | %s |" % (
            number, form.name, form.device_class or "-", unit or "-", form.state_class))
    return lines


def _others() -> List[str]:
    lines = ["| VSCP | name | entity | device class | says |", "| --- | --- | --- | --- | --- |"]
    for types, stem, says in _rows():
        kind = KINDS[stem]
        entity = kind.platform + (", diagnostic" if kind.diagnostic else "")
        lines.append("| %s | %s | %s | %s | %s |" % (
            types, kind.name, entity, kind.device_class or "-", says))
    lines.append("| 508/*, 506/* | Error, Diagnostic | event, diagnostic | - | error, diagnostic |")
    return lines


def _rows() -> List[Tuple[str, str, str]]:
    """Types, stem, and what is said, in the order of the kinds."""
    types: Dict[str, List[Tuple[int, int]]] = {
        "button": [(20, 1)], "heartbeat": [(20, 9), (20, 5)]}
    says: Dict[str, List[str]] = {}
    for which, pair in PAIRS.items():
        types.setdefault(pair.stem, []).append(which)
        says.setdefault(pair.stem, []).append("%s at %d/%d" % (pair.value, *which))
    for which, single in SINGLES.items():
        types.setdefault(single.stem, []).append(which)
    for which, (stem, _) in PULSES.items():
        types.setdefault(stem, []).append(which)
    return [(", ".join("%d/%d" % which for which in types[stem]), stem,
             ", ".join(says.get(stem, ())) or _says(stem)) for stem in KINDS]


def _says(stem: str) -> str:
    kind = KINDS[stem]
    if kind.platform == EVENT:
        return ", ".join(kind.options)
    if kind.off_delay:
        return "ON, %d s later OFF" % kind.off_delay
    if kind.platform == BINARY:
        return "ON unless byte 0 is 0"
    return "when it was heard" if kind.device_class == "timestamp" else "the value"
