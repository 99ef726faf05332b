"""A hundred thousand events each way, without loss; a tenth of it where not all is tested."""

import json
import os
import threading

import pytest

from driverstage import Host, client_of, write_files

COUNT = 100000 if os.environ.get("VSCPWSD_TEST_ALL") else 10000


class Reader(threading.Thread):
    """Reads the numbers in the data of a client's events."""

    def __init__(self, client, number_of):
        super().__init__(daemon=True)
        self.numbers = []
        self._client, self._number_of = client, number_of
        self.start()

    def run(self):
        while len(self.numbers) < COUNT:
            self.numbers.append(self._number_of(self._client.recv()))


def of_ws1(text):
    return int("".join(byte[2:] for byte in text.split(",")[7:11]), 16)


def of_ws2(text):
    return int.from_bytes(bytes(json.loads(text)["event"]["vscpData"][:4]), "big")


@pytest.mark.parametrize("layout", [56, 64])
@pytest.mark.parametrize("path, number_of", [("/ws1", of_ws1), ("/ws2", of_ws2)])
def test_from_the_host_to_a_client(tmp_path, layout, path, number_of):
    configuration, port = write_files(tmp_path, **{"event-layout": layout})
    with Host(layout=layout) as host:
        handle = host.open(configuration)
        reader = Reader(client_of(port, path), number_of)
        assert host.asked("flood", handle, COUNT, 1, 1000, 0, timeout=120)["done"] == str(COUNT)
        reader.join(120)
        assert reader.numbers == list(range(COUNT))


def test_from_threads_of_the_host_each_in_its_order(tmp_path):
    configuration, port = write_files(tmp_path)
    with Host() as host:
        handle = host.open(configuration)
        reader = Reader(client_of(port), of_ws1)
        assert host.asked("flood", handle, COUNT, 4, 500, 0, timeout=120)["done"] == str(COUNT)
        reader.join(120)
        for part in range(4):
            share = range(part * COUNT // 4, (part + 1) * COUNT // 4)
            assert [number for number in reader.numbers if number in share] == list(share)


@pytest.mark.parametrize("layout, path, threads", [(56, "/ws1", 1), (64, "/ws2", 4)])
def test_from_a_client_to_the_host(tmp_path, layout, path, threads):
    configuration, port = write_files(tmp_path, **{"event-layout": layout})
    with Host(layout=layout) as host:
        handle = host.open(configuration)
        client = client_of(port, path)
        host.send("collect", handle, COUNT, threads)
        refused = send(client, path, range(COUNT))
        while refused:          # the host was slower for a while: as a client does, again
            refused = send(client, path, refused)
        answer = dict(each.split("=") for each in host.line(120).split()[1:])
        assert (answer["got"], answer["once"]) == (str(COUNT), str(COUNT))


def send(client, path, numbers):
    """Those that were refused."""
    numbers, refused = list(numbers), []
    window = 1000
    for start in range(0, len(numbers), window):
        piece = numbers[start:start + window]
        for number in piece:
            data = list(number.to_bytes(4, "big"))
            client.send("E;0,10,6,0,,0,-:01,%d,%d,%d,%d" % tuple(data) if path == "/ws1" else
                        json.dumps({"type": "EVENT", "event": {
                            "vscpClass": 10, "vscpType": 6, "vscpGuid": "-:01",
                            "vscpData": data}}))
        for number in piece:
            answer = client.recv()
            if not answer.startswith(("+", '{"type":"+"', '{"type": "+"')):
                refused.append(number)
    return refused
