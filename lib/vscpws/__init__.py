"""vscpwsd: a VSCP websocket server (ws1 and ws2) for CAN.

The rooms, from the inside out; imports run only in this direction::

    model                  the words: event, GUID, filter, errors (pure values)
    codec   access         the forms on the wire; who may (pure)
    session                one client's protocol life (pure)
    hub     bus     web    greenlets: fan-out, CAN, websockets and HTTP
    config  process        what to run; how to run as a daemon
    app     cli            the wiring; options and exit codes
"""

__version__ = "0.1.0"
