"""A daemon that remembers, as a page sees it: answers to STATE, HISTORY and NAMES.

They are given in the browser, between the page and the real daemon, so that a test says what is
known, and how long ago it was.
"""

from __future__ import annotations

import json

__all__ = ["guid", "remember", "state"]

_SCRIPT = """
{
  const memory = %s;
  const Real = window.WebSocket;
  const now = Date.now();
  window.asked = [];
  const answers = {
    STATE: () => [{type: "+", command: "STATE", args: {count: memory.states.length, time: ""}},
      ...memory.states],
    NAMES: () => [{type: "+", command: "NAMES", args: memory.names}],
    HISTORY: ({guid, hours, step}) => {
      const count = hours * 3600 / step;
      const from = Math.floor(now / 60000) * 60000 - count * step * 1000;
      const known = memory.history[guid];
      const list = by => known === undefined ? [] : Array.from({length: count}, (_, at) =>
        known.gap && at > count * .6 && at < count * .7 ? null
          : known.value + by + known.swing * Math.sin(at / 90));
      return [{type: "+", command: "HISTORY", args: {from: new Date(from).toISOString(), step,
        unit: known?.unit ?? "", min: list(-.2), mean: list(0), max: list(.2)}}];
    },
  };
  window.WebSocket = class extends Real {
    send(text) {
      const {command, args} = JSON.parse(text);
      if (command) window.asked.push(command);
      if (!(command in answers)) return super.send(text);
      setTimeout(() => answers[command](args).forEach(
        message => this.onmessage({data: JSON.stringify(message)})));
    }
  };
}
"""


def guid(nickname: int) -> str:
    return ":".join(["00"] * 15 + ["%02X" % nickname])


def state(vscp_class: int, vscp_type: int, data, nickname: int = 0, age: float = 3600,
          restored: bool = False) -> dict:
    """What STATE tells of an event that came ``age`` seconds ago."""
    return {"type": "STATE", "age": age, "restored": restored, "event": {
        "vscpHead": 96, "vscpObId": 1, "vscpDateTime": "2026-01-02T03:04:05Z", "vscpTimeStamp": 0,
        "vscpClass": vscp_class, "vscpType": vscp_type, "vscpGuid": guid(nickname),
        "vscpData": list(data), "vscpNote": ""}}


def remember(browser, states=(), history=None, names=None) -> None:
    """From the next page on the daemon remembers this.

    ``history`` has by GUID a ``value``, its ``swing`` around that, its ``unit``, and whether there
    is a ``gap`` in it.
    """
    memory = {"states": list(states), "history": history or {},
              "names": names or {"nodes": [], "zones": []}}
    browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument",
                            {"source": _SCRIPT % json.dumps(memory)})
