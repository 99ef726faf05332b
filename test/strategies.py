"""What hypothesis makes events of."""

from __future__ import annotations

from hypothesis import strategies as st

from vscpws.model.event import Event

#: Any event that a server may send; the time in whole seconds, as it is written.
EVENTS = st.builds(
    Event,
    head=st.integers(0, 0xFFFF), vscp_class=st.integers(0, 0xFFFF),
    vscp_type=st.integers(0, 0xFFFF), obid=st.integers(0, 0xFFFFFFFF),
    datetime=st.integers(1, 253402300798).map(lambda second: second * 1000000),
    timestamp=st.integers(0, 0xFFFFFFFF),
    guid=st.binary(min_size=16, max_size=16), data=st.binary(max_size=512))
