"""The library in a host written in C, as VSCP's daemons call it."""

import json
import os
import signal
import ssl
import subprocess
import sys

import pytest
import websocket

from certificate import make_certificate
from driverstage import Host, asan, client_of, host_program, library, until, write_files

LAYOUTS = (56, 64)
NS = "ns=1767225600123456000"           # what host.c writes, in what an event keeps: µs
GUID = "FF:FF:FF:FF:FF:FF:FF:FE:01:02:03:04:05:06:07:08"


@pytest.fixture(params=LAYOUTS)
def layout(request):
    return request.param


@pytest.fixture
def files(tmp_path, layout):
    return write_files(tmp_path, **{"event-layout": layout})


def fields_of(text):
    """The fields of a ws1 event."""
    return text.partition(";")[2].split(",")


def test_events_of_the_host_come_to_ws1_and_ws2_clients(files, layout):
    path, port = files
    with Host(layout=layout) as host:
        handle = host.open(path)
        first, second = client_of(port), client_of(port, "/ws2")
        assert host.ask("write", handle, 10, 6, 1, "8881FF") == "0"
        fields = fields_of(first.recv())
        assert fields[:3] == ["96", "10", "6"] and fields[6:] == [GUID, "0x88", "0x81", "0xFF"]
        assert fields[4:6] == ["2026-01-02T03:04:05Z", "123456"]
        event = json.loads(second.recv())["event"]
        assert (event["vscpHead"], event["vscpClass"], event["vscpType"], event["vscpGuid"],
                event["vscpData"]) == (96, 10, 6, GUID, [0x88, 0x81, 0xFF])
        first.close(), second.close()
        assert host.close(handle) == 0


def test_a_frame_with_nanoseconds_is_told_as_its_date(tmp_path):
    path, port = write_files(tmp_path, **{"vscpd-version": "15.1.1"})
    with Host(layout=64) as host:
        handle = host.open(path)
        client = client_of(port)
        assert host.ask("write", handle, 1040, 300, 0, "") == "0"
        assert fields_of(client.recv())[:5] == ["96", "1040", "300", fields_of(
            "E;0,0,0,1")[3], "2026-01-01T00:00:00Z"]


@pytest.mark.parametrize("path_of_client", ["/ws1", "/ws2"])
def test_events_of_clients_come_to_the_host_in_the_form_it_has(files, layout, path_of_client):
    path, port = files
    with Host(layout=layout) as host:
        handle = host.open(path)
        client = client_of(port, path_of_client)
        if path_of_client == "/ws1":
            client.send("E;96,10,6,7,2026-01-01T00:00:00.123456Z,77,-:07:01,1,2,0xFF")
        else:
            client.send(json.dumps({"type": "EVENT", "event": {
                "vscpHead": 96, "vscpClass": 10, "vscpType": 6, "vscpTimeStamp": 77,
                "vscpDateTime": "2026-01-01T00:00:00.123456Z", "vscpGuid": "-:07:01",
                "vscpData": [1, 2, 255]}}))
        seen = host.asked("read", handle, 5000)
        assert client.recv().startswith(("+;EVENT", '{"type":"+"', '{"type": "+"'))
        assert (seen["class"], seen["type"], seen["size"], seen["data"], seen["crc"], seen["obid"]
                ) == ("10", "6", "3", "0102FF", "0", "0")
        assert seen["guid"] == "00" * 14 + "0701"
        if layout == 64:
            assert "ns=" + seen["ns"] == NS
            assert (seen["head"], seen["year"], seen["month"]) == (str(96 | 0x100), "65535", "255")
        else:
            assert (seen["head"], seen["year"], seen["month"], seen["day"], seen["hour"],
                    seen["timestamp"]) == ("96", "2026", "1", "1", "0", "77")


def test_an_event_without_data_has_a_null_pointer_and_all_fields(files, layout):
    path, port = files
    with Host(layout=layout) as host:
        handle = host.open(path)
        client = client_of(port)
        client.send("E;0,1024,1,0,,0,-:01")
        seen = host.asked("read", handle, 5000)
        assert (seen["size"], seen["data"]) == ("0", "NULL")


def test_reading_waits_as_long_as_it_is_told_and_not_at_all_for_0(files, layout):
    with Host(layout=layout) as host:
        handle = host.open(files[0])
        assert host.ask("read", handle, 0) == "32"
        assert host.ask("read", handle, 20) == "32"


def test_the_codes_are_vscp_s(files, layout):
    with Host(layout=layout) as host:
        for wrong in (0, 1, -1, 4711):
            assert host.ask("write", wrong, 10, 6, 0, "01") == "35"
            assert host.ask("read", wrong, 0) == "35"
            assert host.close(wrong) == 35
        handle = host.open(files[0])
        assert host.ask("write-null", handle) == host.ask("read-null", handle) == "34"
        assert host.close(handle) == 0 and host.close(handle) == 35
        assert host.ask("write", handle, 10, 6, 0, "01") == "35"
        assert host.ask("read", handle, 100) == "35"
        assert host.open(files[0]) not in (0, handle)


def test_two_handles_are_two_servers(tmp_path):
    for name in "ab":
        (tmp_path / name).mkdir()
    (one, port), (other, _) = (write_files(tmp_path / name) for name in "ab")
    with Host() as host:
        first, second = host.open(one), host.open(other)
        client = client_of(port)
        assert host.ask("write", second, 20, 3, 0, "01") == "0"
        assert host.ask("write", first, 20, 4, 0, "01") == "0"
        assert fields_of(client.recv())[2] == "4"
        assert host.open(one) == 0                  # its port is taken
        assert "address in use" in (tmp_path / "a" / "log").read_text()
        assert host.close(second) == 0
        assert host.ask("write", first, 20, 5, 0, "01") == "0"
        assert fields_of(client.recv())[2] == "5"


def test_a_full_queue_is_waited_for_and_then_an_error(files, layout):
    path, port = files
    options = json.loads(path.read_text())
    path.write_text(json.dumps(dict(options, **{"host-queue-size": 16})))
    with Host(layout=layout) as host:
        handle = host.open(path)
        client = client_of(port)
        for _ in range(16):
            client.send("E;0,10,6,0,,0,-:01,1")
            assert client.recv() == "+;EVENT"
        client.send("E;0,10,6,0,,0,-:01,1")
        assert client.recv() == "-;EVENT;3;Transmit buffer full."
        assert host.asked("read", handle, 0)["class"] == "10"
        client.send("E;0,10,6,0,,0,-:01,1")
        assert client.recv() == "+;EVENT"
        done = host.asked("flood", handle, 2000, 2, 1000, 0)
        assert done["done"] == "2000"


def test_data_that_are_too_long_for_the_host_go_to_the_clients_alone(tmp_path):
    path, port = write_files(tmp_path, **{"host-data-size": 150})
    with Host() as host:
        handle = host.open(path)
        one, other = client_of(port), client_of(port)
        for size in (151, 150):
            one.send("E;0,1024,6,0,,0,-:01" + ",1" * size)
            assert one.recv() == "+;EVENT"
            assert len(fields_of(other.recv())) == 7 + size
        assert host.asked("read", handle, 1000)["size"] == "150"
        assert host.ask("read", handle, 0) == "32"
    assert "151 data bytes: see host-data-size" in (tmp_path / "log").read_text()


@pytest.mark.parametrize("real, believed", [(64, 56), (56, 64)])
def test_the_wrong_layout_is_noticed_and_said(tmp_path, real, believed):
    path, _ = write_files(tmp_path, **{"event-layout": believed})
    with Host(layout=real) as host:
        handle = host.open(path)
        assert host.ask("write", handle, 10, 6, 1 if real == 56 else 0, "0102") == "34"
        log = tmp_path / "log"
        until(lambda: "event was refused" in log.read_text())
        assert "event-layout %d" % believed in log.read_text()


def test_an_event_that_can_t_be_is_refused(files, layout):
    with Host(layout=layout) as host:
        handle = host.open(files[0])
        assert host.ask("write-size", handle, 5) == "34"        # and no data
        assert host.ask("write-size", handle, 600) == "34"
        assert host.ask("write", handle, 10, 300, 0, "01") == "34"
        assert host.ask("write", handle, 10, 6, 13, "01") == "34"       # a month
        assert host.ask("write", handle, 10, 6, 12, "01") == "0"


def test_an_event_for_any_interface_goes_to_the_host(files, layout):
    path, port = files
    guid = "FF" * 7 + "FE" + "0102030405060708"
    with Host(layout=layout) as host:
        handle = host.open(path, "01" * 16)
        client = client_of(port)
        client.send("E;0,542,5,0,,0,-%s,1" % "".join(
            ",%d" % byte for byte in bytes.fromhex(guid)))
        assert client.recv() == "+;EVENT"
        assert host.asked("read", handle, 1000)["data"] == guid + "01"


def test_the_host_s_guid_goes_to_events_without_one(files, layout):
    path, port = files
    with Host(layout=layout) as host:
        handle = host.open(path, "0102030405060708090A0B0C0D0E0F10")
        client = client_of(port)
        client.send("E;0,10,6,0,,0,-,1")
        assert host.asked("read", handle, 1000)["guid"] == "0102030405060708090A0B0C0D0E0000"
    with Host(layout=layout) as host:
        handle = host.open(path, "00" * 16)         # not given: made of the MAC address
        client = client_of(port)
        client.send("E;0,10,6,0,,0,-,1")
        assert host.asked("read", handle, 1000)["guid"].startswith("FFFFFFFFFFFFFFFE")


def test_what_is_written_before_the_close_still_goes_to_the_clients(files, layout):
    path, port = files
    with Host(layout=layout) as host:
        handle = host.open(path)
        client = client_of(port)
        assert host.asked("flood", handle, 2000, 1, 1000, 0)["done"] == "2000"
        assert host.close(handle) == 0
        for _ in range(2000):
            assert client.recv().startswith("E;")
        assert client.recv_data()[0] == 8


def test_a_client_that_does_nothing_holds_the_close_up_for_a_second(files, layout):
    path, port = files
    with Host(layout=layout) as host:
        handle = host.open(path)
        client = client_of(port)
        code, seconds = host.ask("close", handle).split()
        assert code == "0" and float(seconds) < 5
        assert client.recv_data()[0] == 8


def test_it_serves_with_tls(tmp_path):
    cert, key = make_certificate(tmp_path)
    path, port = write_files(tmp_path, tls={"certificate": cert, "private_key": key})
    text = path.read_text().replace("ws://127.0.0.1", "wss://127.0.0.1")
    path.write_text(text)
    with Host() as host:
        handle = host.open(path)
        client = websocket.create_connection("wss://127.0.0.1:%d/ws1" % port, timeout=20, sslopt={
            "cert_reqs": ssl.CERT_NONE})
        assert client.recv().startswith("+;AUTH0;")
        host.ask("traffic")
        client.sock.close()
        assert host.close(handle) == 0
        host.send("exit")
        assert host.process.wait(20) == 0


# ---- why not -----------------------------------------------------------------------------------


@pytest.mark.parametrize("change, said", [
    ({"interface": "localhost"}, "interface: 'localhost' is not ws://HOST:PORT"),
    ({"key-file": "none"}, "none: No such file"),
    ({"event-layout": 60}, "event-layout: '60' is none of auto, 56, 64"),
    ({"interface": "ws://0.0.0.0:8884"}, "refused to listen on 0.0.0.0"),
    ({"interface": "ws://no.such.host.invalid"}, "no.such.host.invalid"),
])
def test_the_log_says_why_there_is_no_handle(tmp_path, change, said):
    path, _ = write_files(tmp_path, **change)
    with Host() as host:
        assert host.open(path) == 0
        assert said in (tmp_path / "log").read_text()
        good, port = write_files(tmp_path)
        assert host.open(good)
        client_of(port).close()
    assert host.said == ""


@pytest.mark.parametrize("configuration", ["", "/no/such/file", "{", "{}", '{"interface": []}',
                                           "[]"])
def test_a_configuration_that_is_none_gives_no_handle(configuration):
    with Host() as host:
        assert host.open(configuration) == 0
    assert host.said == ""


def test_the_configuration_may_be_the_json_itself(tmp_path):
    path, port = write_files(tmp_path)
    content = dict(json.loads(path.read_text()), **{
        "key-file": str(tmp_path / "vscp.key"), "path-users": str(tmp_path / "users.json"),
        "logging": {"file-path": str(tmp_path / "log")}})
    with Host() as host:
        assert host.open("  " + json.dumps(content))
        client_of(port).close()


def test_the_console_is_logged_to_only_where_the_configuration_asks_for_it(tmp_path):
    path, _ = write_files(tmp_path, logging={"console-enable": True})
    with Host() as host:
        assert host.open(path)
    assert "INFO open: ws1 at" in host.said


def test_a_host_may_be_a_python_program(tmp_path):
    path, port = write_files(tmp_path)
    code = ("import ctypes, sys\n"
            "driver = ctypes.CDLL(sys.argv[1])\n"
            "driver.VSCPOpen.restype = ctypes.c_long\n"
            "driver.VSCPRead.argtypes = [ctypes.c_long, ctypes.c_void_p, ctypes.c_ulong]\n"
            "driver.VSCPClose.argtypes = [ctypes.c_long]\n"
            "handle = driver.VSCPOpen(sys.argv[2].encode(), bytes(16))\n"
            "event = ctypes.create_string_buffer(56)\n"
            "print(handle > 0, driver.VSCPRead(handle, event, 10), driver.VSCPClose(handle))\n")
    done = subprocess.run([sys.executable, "-c", code, library(), str(path)], timeout=60,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "True 32 0")


# ---- what hosts do -----------------------------------------------------------------------------


@pytest.mark.parametrize("how", [
    (), ("fds=closed",), ("fds=folder",), ("nochild",), ("daemon", "fds=folder", "nochild")])
def test_nothing_of_the_host_is_touched(tmp_path, how):
    path, port = write_files(tmp_path)
    with Host(*how) as host:
        before = host.ask("state")
        handle = host.open(path)
        client = client_of(port)
        assert host.ask("write", handle, 10, 6, 0, "01") == "0"
        assert client.recv().startswith("E;96,10,6,")
        client.sock.close()         # in the middle of it
        assert host.asked("flood", handle, 500, 1, 100, 0)["done"] == "500"
        # Closed ones are held, or a socket would be the host's standard output.
        assert host.ask("state") == before.replace("closed,closed,closed", "open,open,open")
        assert host.close(handle) == 0
        assert host.ask("state") == before
    assert host.process.returncode == 0


def test_signals_come_to_the_host(tmp_path):
    path, _ = write_files(tmp_path)
    with Host() as host:
        assert host.ask("handle-signals") == ""
        host.open(path)
        for number in (signal.SIGINT, signal.SIGTERM):
            host.process.send_signal(number)
            assert host.line() == "signal %d" % number
    with Host() as host:
        host.open(path)
        host.process.send_signal(signal.SIGINT)
        assert host.process.wait(20) == -signal.SIGINT


def test_neither_the_environment_nor_the_locale_counts(tmp_path):
    path, port = write_files(tmp_path)
    with Host(environment={"PYTHONHOME": "/nowhere", "PYTHONPATH": "/nowhere", "LC_ALL": "C",
                           "PATH": "/nowhere"}) as host:
        assert host.open(path)
        client_of(port).close()


def test_threads_go_on_through_close_and_reopen(files, layout):
    with Host(layout=layout) as host:
        seen = host.asked("storm", 50, files[0])
        assert seen["failed"] == "0" and int(seen["reads"]) and int(seen["writes"])


def test_it_is_unloaded_and_loaded_again(files, layout):
    with Host(layout=layout) as host:
        for _ in range(10):
            handle = host.open(files[0])
            assert handle
            client = client_of(files[1])
            assert host.ask("write", handle, 10, 6, 0, "01") == "0"
            assert client.recv().startswith("E;")
            client.close()
            assert host.close(handle) == 0
            assert host.ask("reload") == "0"


@pytest.mark.parametrize("attempt", range(3))
def test_the_process_ends_without_a_close_under_traffic(files, layout, attempt):
    with Host(layout=layout) as host:
        host.open(files[0])
        client = client_of(files[1])
        host.ask("traffic")
        client.recv()
        host.send("exit")
        assert host.process.wait(20) == 0
    assert host.said == ""


def test_in_a_forked_child_every_call_is_an_error(files, layout):
    with Host(layout=layout) as host:
        host.open(files[0])
        assert host.ask("fork", files[0]) == "0"


def test_memory_descriptors_and_threads_stay_over_many_cycles(tmp_path):
    path, _ = write_files(tmp_path)
    count = int(os.environ.get("VSCPWSD_DRIVER_CYCLES", "100"))
    with Host() as host:
        seen = host.asked("cycles", count, path, timeout=count)
        assert (seen["failed"], seen["fds"], seen["threads"]) == ("0", "0", "0")
        assert int(seen["grown"]) < 256, seen      # KiB


def test_its_version_and_vendor_are_known(tmp_path):
    with Host() as host:
        assert host.ask("version").startswith("10000 ")


@pytest.mark.parametrize("sanitised", [False, True], ids=["preloaded", "compiled in"])
def test_the_address_sanitiser_has_nothing_to_report(files, layout, sanitised):
    flags = ("-fsanitize=address", "-fno-omit-frame-pointer") if sanitised else ()
    with Host(layout=layout, path=library(*flags), program=host_program(), environment={
            "LD_PRELOAD": asan(), "ASAN_OPTIONS": "detect_leaks=0:abort_on_error=1"}) as host:
        handle = host.open(files[0])
        client = client_of(files[1])
        for _ in range(20):
            client.send("E;0,1024,6,0,,0,-:01" + ",1" * 500)
            assert host.asked("read", handle, 5000)["size"] == "500"
            assert host.ask("write", handle, 10, 6, 0, "0102") == "0"
        client.close()
        assert host.close(handle) == 0
        assert host.asked("storm", 20, files[0])["failed"] == "0"
        assert host.ask("reload") == "0"
        assert host.open(files[0])
        host.ask("traffic")
        host.send("exit")
        assert host.process.wait(60) == 0
    assert host.said == ""
