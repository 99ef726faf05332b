"""vscpwsd: a VSCP websocket server (ws1 and ws2) for CAN.

The rooms, from the inside out; imports run only from the later to the earlier ones::

    model           the words: event, GUID, filter, errors with their VSCP codes
    files           files that somebody named: read without waiting and only so far, written whole
    codec           the forms on the wire: CAN frames, recorded logs, ws1, ws2, websocket frames
    reading         an event for people: names, values with units, zones; the catalog
    demo            a small house that isn't there: nodes that react, for trying things out
    access          who may: users, rights, hosts, credentials, failed attempts
    port            what a session needs of the world, without having it
    questions       what a client asks of the memory, without input or output
    session         one client's protocol life, without input or output
    settings        the frozen settings that the wiring passes down
    loop            the event loop's helpers: turns, deadlines, sockets that are parked and the crew
                    that serves them, loops that are kept running, backoff, work aside, the way in
                    from native threads
    hub             events in, batches out: the hub, its ports and channels
    can             the CAN buses: an end of the hub
    memory          what is on now and what was: states, history, and their files
    mqtt.ports      what speaks through the MQTT bridge, and what it is given
    mqtt.forms      MQTT topics and payloads of events, out and in
    mqtt.homeassistanta house in Home Assistant: states, discovery, things that obey
    mqtt            the MQTT bridge: an end of the hub, its connection, several daemons on a broker
    web             websockets and HTTP: clients, their outboxes, the server, the pages
    service         hub, ends and web joined: the server without a process
    daemon.config   reading files: driver blocks, INI, options, and the settings of both
    daemon.process  detaching, PID file, logs, signals, the tools that write files
    daemon.setup    --setup: from what there is to a house, in one command
    watch           --monitor: a ws2 client that prints events
    daemon          what owns the process: command line, secrets, reload
    driver          the driver library's inside: a VSCP host as an end, in a thread of it
"""

__version__ = "0.1.0"
