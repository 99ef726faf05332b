"""The recipes of doc/proxy.md, taken from there and run: below a path, with TLS, with an Origin."""

import os
import re
import socket
import ssl
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest
import websocket

import needs
from certificate import make_certificate
from local import free_port, listens, wait_until
from login import crypto_text
from system.daemon import Daemon, driver_block

PAGE = (Path(__file__).resolve().parents[2] / "doc" / "proxy.md").read_text(encoding="utf-8")
HOST = "home.example"
NGINX = """daemon off; pid %(folder)s/pid; error_log %(folder)s/error.log;
events {}
http {
access_log off;
client_body_temp_path %(folder)s/b; proxy_temp_path %(folder)s/p;
fastcgi_temp_path %(folder)s/f; uwsgi_temp_path %(folder)s/u; scgi_temp_path %(folder)s/s;
%(recipe)s
}
"""


def recipe(language, number=0):
    return re.findall(r"^```%s\n(.*?)^```" % language, PAGE, re.M | re.S)[number]


@pytest.fixture(scope="module")
def daemon(tmp_path_factory):
    block = driver_block(config="virtual:proxied")
    with Daemon(tmp_path_factory.mktemp("daemon"), block) as running:
        yield running


@contextmanager
def running(command, port, **options):
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, **options)
    try:
        assert wait_until(lambda: listens(port) or process.poll() is not None, 60)
        assert process.poll() is None, "%s ended with %s" % (command[0], process.poll())
        yield
    finally:
        process.terminate()
        process.wait(60)


def connected(url, port, context=None, origin=None):
    """A websocket to the proxy at ``port`` of this host, whatever host the URL names."""
    sock = socket.create_connection(("127.0.0.1", port), timeout=60)
    if context:
        sock = context.wrap_socket(sock, server_hostname=HOST)
    try:
        return websocket.create_connection(url, socket=sock, origin=origin,
                                           suppress_origin=origin is None)
    except websocket.WebSocketException:
        sock.close()
        raise


def logs_in(client):
    sid = client.recv().split(";")[2]
    client.send("C;AUTH;%s;%s" % (sid, crypto_text("admin", "secret", sid)))
    assert client.recv().startswith("+;AUTH1;0;")
    client.send("C;OPEN")
    assert client.recv() == "+;OPEN"
    client.close()


class TestNginx:
    @pytest.fixture
    def proxy(self, daemon, tmp_path):
        """Port and client's TLS context of an nginx that runs the recipe."""
        nginx = needs.tool("nginx")
        port = free_port()
        certificate, key = make_certificate(tmp_path, HOST)
        text = recipe("nginx")
        for old, new in (("listen 443 ssl", "listen 127.0.0.1:%d ssl" % port),
                         ("/etc/ssl/home.example.pem", certificate),
                         ("/etc/ssl/private/home.example.key", key),
                         ("127.0.0.1:8884", "127.0.0.1:%d" % daemon.port)):
            assert text.count(old) == 1
            text = text.replace(old, new)
        file = tmp_path / "nginx.conf"
        file.write_text(NGINX % {"folder": tmp_path, "recipe": text})
        command = [nginx, "-p", str(tmp_path), "-c", str(file)]
        checked = subprocess.run(command + ["-t"], stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT, timeout=60)
        assert checked.returncode == 0, checked.stdout.decode()
        with running(command, port):
            yield port, ssl.create_default_context(cafile=certificate)

    def test_a_client_logs_in_through_tls_below_a_path(self, proxy):
        logs_in(connected("wss://%s/house/ws1" % HOST, *proxy))

    def test_a_page_of_the_proxy_s_host_may_connect_and_no_other(self, proxy):
        logs_in(connected("wss://%s/house/ws1" % HOST, *proxy, origin="https://%s" % HOST))
        with pytest.raises(websocket.WebSocketBadStatusException) as refused:
            connected("wss://%s/house/ws1" % HOST, *proxy, origin="https://elsewhere.example")
        assert refused.value.status_code == 403


class TestCaddy:
    @pytest.fixture
    def caddy(self, tmp_path):
        """Runs caddy on a Caddyfile's text, with nothing of the user's own."""
        program = needs.tool("caddy")
        home = dict(os.environ, HOME=str(tmp_path), XDG_DATA_HOME=str(tmp_path / "data"),
                    XDG_CONFIG_HOME=str(tmp_path / "config"))

        def command(action, text):
            file = tmp_path / "Caddyfile"
            file.write_text(text)
            return {"args": [program, action, "--adapter", "caddyfile", "--config", str(file)],
                    "env": home, "cwd": str(tmp_path)}
        return command

    @pytest.mark.parametrize("number", [0, 1])
    def test_a_recipe_is_valid(self, caddy, tmp_path, number):
        authority = make_certificate(tmp_path)[0]
        text = recipe("caddy", number).replace("/etc/vscp/cert.pem", authority)
        done = subprocess.run(**caddy("validate", text), stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=60)
        assert done.returncode == 0, done.stdout.decode()

    def test_a_client_logs_in_below_a_path(self, caddy, daemon):
        port = free_port()
        text = "{\n    admin off\n}\n" + recipe("caddy").replace(
            HOST, "http://%s:%d" % (HOST, port)).replace("8884", str(daemon.port))
        run = caddy("run", text)
        with running(run.pop("args"), port, **run):
            logs_in(connected("ws://%s:%d/house/ws1" % (HOST, port), port,
                              origin="http://%s:%d" % (HOST, port)))
