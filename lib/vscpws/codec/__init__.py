"""The forms on the wire: CAN frames, ws1 texts, ws2 JSON and websocket frames; pure functions.

The two protocols have one face (see ``message``), so that the session is written once.
"""
