"""``vscpwsd.py --monitor``: a ws2 client of ours that prints events for people or for pipes.

::

    arguments       what the command line can say
    plan            what is made of it
    target          the URL
    connection      one websocket: TCP, TLS, handshake, ping, close
    subscriber      ws2 on it: log in, filter, open, events
    lines           an event as a line
    retry           whether and when a lost server is tried again
    run             all of it, again and again until somebody ends it

Blocking sockets and nothing of gevent: it has one connection and nothing else to do.
"""
