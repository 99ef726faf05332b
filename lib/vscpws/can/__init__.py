"""The CAN buses: frames in, events out, and back, through python-can and SocketCAN.

::

    CanBus (canbus)      owner: opens, reopens with backoff, state, status
      Receiver (receive) frames -> filter -> batches of events
      Transmitter        bounded queue with an age limit -> frames
      Source (source)    where frames come from and go to, one of
        SocketCanSource    a SocketCAN interface
        AdapterSource      any other python-can interface, in native threads
        ReplaySource       a recorded log
        DemoSource         a simulated house
"""
