"""The command line from outside: every answer is text for people, never a traceback."""

import itertools
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import needs
from local import free_port
from vscpws import __version__
from vscpws.access.credentials import verify_password
from vscpws.daemon import cli
from vscpws.daemon.arguments import read_options
from vscpws.daemon.process.packages import NEEDED
from vscpws.model.errors import ConfigurationError

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = str(ROOT / "vscpwsd.py")


def run(*args, **options):
    options.setdefault("stdin", subprocess.DEVNULL)
    options.setdefault("stdout", subprocess.PIPE)
    done = subprocess.run([sys.executable, SCRIPT, *args], stderr=subprocess.PIPE, timeout=60,
                          universal_newlines=True, **options)
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    return done


@pytest.fixture
def conf(tmp_path):
    """Files of a daemon that could run."""
    (tmp_path / "vscpd.conf").write_text(
        '<driver enable="true"><name>a</name><config>virtual:a</config></driver>')
    (tmp_path / "vscpwsd.ini").write_text(
        "interface = ws://localhost:%d\nkey-file = key\npath-users = users.json\n" % free_port())
    (tmp_path / "key").write_text((ROOT / "conf" / "vscp.key").read_text())
    (tmp_path / "users.json").write_text((ROOT / "conf" / "users.json").read_text())
    return tmp_path


def options(conf):
    return ["--config", str(conf / "vscpd.conf"), "--ini", str(conf / "vscpwsd.ini"),
            "--pidfile", str(conf / "pid")]


def test_version_and_help_go_to_standard_output():
    assert run("--version").stdout == "vscpwsd %s\n" % __version__
    text = run("--help").stdout
    for option in ("--config", "--ini", "--driver", "--foreground", "--debug", "--pidfile",
                   "--user", "--group", "--check-config", "--make-key", "--make-password",
                   "--make-cert", "--setup", "--monitor", "--state", "--filter", "--login",
                   "--key-file", "--ca"):
        assert option in text


@pytest.mark.parametrize("args, text", [
    (["--bogus"], "--bogus: unknown option; see --help"),
    (["--bogus=1", "start"], "--bogus: unknown option; see --help"),
    (["--moniter", "x"], "--moniter: unknown option; did you mean --monitor?"),
    (["--conf", "x"], "--conf: unknown option; did you mean --config?"),
    (["-x"], "-x: unknown option; see --help"),
    (["begin"], "begin: unknown action; there are start, stop, restart, reload, status"),
    (["statsu"], "statsu: unknown action; did you mean status?"),
    (["start", "stop"], "start, stop: only one of them at a time"),
    (["start", "now"], "now: unknown action; there are start, stop, restart, reload, status"),
    (["--config"], "-c/--config: needs a value"), (["--make-key"], "--make-key: needs a value"),
    (["--make-key", ""], "--make-key: needs a value"), (["-t", "--ini="], "--ini: needs a value"),
    ([""], "'': unknown action; there are start, stop, restart, reload, status"),
    (["status", "--json=1"], "--json: takes no value"),
    (["--setup", "--port", "x"], "--port: 'x' is not in 1-65535"),
    (["--setup", "--port", "0"], "--port: '0' is not in 1-65535"),
    (["--setup", "--lan", "--loopback"], "--loopback: contradicts the option before it"),
    (["--setup", "--tls", "--no-tls"], "--no-tls: contradicts the option before it"),
    (["--setup", "--admin-password-stdin", "--admin-password-file", "x"],
     "--admin-password-file: contradicts the option before it"),
])
def test_wrong_usage_is_one_line_and_2(args, text):
    done = run(*args)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "vscpwsd: %s\n" % text


@pytest.mark.parametrize("args", [["--version"], ["--help"], ["status"]])
def test_a_reader_that_goes_away_is_no_traceback(args):
    reading, writing = os.pipe()
    os.close(reading)
    run(*args, stdout=writing)
    os.close(writing)


def test_check_config_shows_what_would_run(conf):
    done = run("--check-config", *options(conf))
    assert (done.returncode, done.stderr) == (0, "")
    assert "virtual:a" in done.stdout
    assert "ws://localhost:" in done.stdout
    assert not (conf / "pid").exists()


def test_check_config_shows_no_secret(conf):
    text = run("-t", *options(conf)).stdout
    assert (conf / "key").read_text().strip()[:16] not in text
    for user in json.loads((conf / "users.json").read_text())["users"]:
        assert user["password"][:16] not in text


@pytest.mark.parametrize("action", [["-t"], ["start"], ["-f"], ["restart"], ["reload"]])
def test_all_that_is_wrong_is_said_at_once_and_is_2(conf, action):
    (conf / "vscpwsd.ini").write_text("interface = http://x\nmax-clients = many\nbogus = 1\n")
    done = run(*action, *options(conf))
    assert done.returncode == 2
    assert done.stdout == ""
    for key in ("interface", "max-clients", "bogus"):
        [line] = [line for line in done.stderr.splitlines() if ": %s: " % key in line]
        assert line.startswith("vscpwsd: %s" % conf)


def test_users_and_key_are_checked_too(conf):
    (conf / "users.json").write_text("no JSON")
    (conf / "key").write_text("no hex")
    done = run("-t", *options(conf))
    assert done.returncode == 2
    assert str(conf / "users.json") in done.stderr
    assert str(conf / "key") in done.stderr


def test_the_faults_of_all_files_are_told_in_one_round(conf):
    (conf / "vscpwsd.ini").write_text("max-clients = many\nkey-file = key\n[limits]\nx = 1\n")
    (conf / "key").write_text("no hex")
    (conf / "vscpd.conf").write_text(
        "<vscpd><driver/><driver enable='true'><name>one</name><config>slcn:/dev/ttyS0</config>"
        "<guid>x</guid></driver></vscpd>")
    users = json.loads((conf / "users.json").read_text())
    users["users"] = [dict(users["users"][0], remtoes="-10.0.0.0/8", rights="root")]
    (conf / "users.json").write_text(json.dumps(users))
    done = run("-t", *options(conf))
    assert done.returncode == 2
    for part in ("max-clients", "[limits] x", "vscpd.conf", "not a GUID: 'x'",
                 "did you mean slcan?", "not a key",
                 "user 'admin': rights: unknown right 'root'; left out",
                 "user 'admin': unknown key 'remtoes': is remotes meant?; left out"):
        assert part in done.stderr, done.stderr


def test_check_config_shows_what_each_user_may_do(conf):
    done = run("-t", *options(conf))
    text = done.stdout[done.stdout.index("Users from %s" % (conf / "users.json")):]
    [line] = [line for line in text.splitlines() if line.split()[0] == "user"]
    assert line.split(None, 1)[1].startswith("tcpip, websockets, web,")


def test_an_unknown_key_of_a_user_is_a_warning(conf):
    users = json.loads((conf / "users.json").read_text())
    users["users"][0]["pin"] = 4711
    (conf / "users.json").write_text(json.dumps(users))
    done = run("-t", *options(conf))
    assert done.returncode == 0
    assert "user 'admin': unknown key 'pin' is ignored" in done.stderr
    assert "4711" not in done.stderr


def test_what_is_odd_is_told_once_on_the_terminal_and_once_in_the_log_file(conf):
    with open(conf / "vscpwsd.ini", "a") as ini:
        ini.write("[logging]\nfile-path = log\n[variables]\na_filter = 0,10\n")
    (conf / "pid.status").mkdir()           # where the socket for status belongs
    line = "%s: [variables] a_filter: a filter without a mask lets everything pass" % (
        conf / "vscpwsd.ini")
    other = "status will tell less, for there can be no socket %s" % (conf / "pid.status")
    process = subprocess.Popen([sys.executable, SCRIPT, "-f", *options(conf)],
                               stderr=subprocess.PIPE, universal_newlines=True)
    seen = []
    for text in process.stderr:
        seen.append(text)
        if " ws2 at " in text:
            process.terminate()
    process.stderr.close()
    assert process.wait(60) == 0
    log = (conf / "log").read_text()
    for text in (line, other):
        assert "".join(seen).count(text) == log.count(" WARNING " + text) == 1
        assert any(said.startswith("vscpwsd: WARNING: " + text) for said in seen)


def test_commands_that_need_only_a_setting_say_nothing_of_what_is_odd(conf):
    with open(conf / "vscpwsd.ini", "a") as ini:
        ini.write("[variables]\na_filter = 0,10\n")
    assert "a_filter" in run("-t", *options(conf)).stderr
    assert run("stop", *options(conf)).stderr == ""
    said = run("--monitor", *options(conf), env=dict(os.environ, VSCPWSD_PASSWORD="x")).stderr
    assert "a_filter" not in said and "can't connect" in said.lower()


def test_a_broken_user_is_told_and_the_rest_is_fine(conf):
    users = json.loads((conf / "users.json").read_text())
    users["users"].append({"name": "anna"})
    (conf / "users.json").write_text(json.dumps(users))
    done = run("-t", *options(conf))
    assert done.returncode == 0
    assert "user 'anna': password: missing; left out" in done.stderr


def test_the_published_key_on_a_network_is_2_and_says_what_mends_it(conf):
    ini = conf / "vscpwsd.ini"
    ini.write_text(ini.read_text().replace("localhost", "0.0.0.0"))
    done = run("start", *options(conf))
    assert done.returncode == 2
    assert "--make-key" in done.stderr and "--make-password" in done.stderr


def test_a_missing_configuration_is_2_and_names_the_file(tmp_path):
    done = run("-t", "-c", str(tmp_path / "none.conf"), "--ini", str(tmp_path / "none.ini"))
    assert done.returncode == 2
    assert "none.conf: No such file or directory" in done.stderr


@pytest.mark.parametrize("option", ["--user", "--group"])
def test_an_unknown_user_or_group_is_2(conf, option):
    done = run("start", *options(conf), option, "no-such-name")
    assert done.returncode == 2
    assert done.stderr == "vscpwsd: %s: no %s no-such-name\n" % (option, option[2:])


def test_a_pid_file_that_cannot_be_had_is_1(conf):
    done = run("start", *options(conf)[:4], "--pidfile", str(conf / "no" / "pid"))
    assert done.returncode == 1
    assert done.stderr == "vscpwsd: can't use the PID file %s: No such file or directory\n" % (
        conf / "no" / "pid")


def test_a_daemon_needs_a_pid_file(conf):
    done = run("start", *options(conf)[:4], "--pidfile", "")
    assert done.returncode == 1
    assert "PID file" in done.stderr


@pytest.mark.parametrize("content, code, text", [
    (None, 3, "vscpwsd: not running\n"), ("", 3, "vscpwsd: not running\n"),
    ("4711\n", 1, "vscpwsd: not running, but process 4711 left its PID file %s\n"),
])
def test_status_of_a_daemon_that_does_not_run(tmp_path, content, code, text):
    path = tmp_path / "pid"
    if content is not None:
        path.write_text(content)
    done = run("status", "--pidfile", str(path))
    assert done.returncode == code
    assert done.stdout == (text % path if "%" in text else text)


def test_status_that_cannot_be_had_is_4(tmp_path):
    (tmp_path / "file").write_text("")
    done = run("status", "--pidfile", str(tmp_path / "file" / "pid"))
    assert done.returncode == 4
    assert "unknown" in done.stdout


def test_stop_without_a_daemon_is_done_already_whatever_the_configuration(tmp_path):
    done = run("stop", "--pidfile", str(tmp_path / "pid"), "-c", "/no/such", "--ini", "/no/such")
    assert (done.returncode, done.stdout) == (0, "vscpwsd: not running\n")


def test_stop_says_what_a_dead_daemon_has_left(tmp_path):
    (tmp_path / "pid").write_text("4711\n")
    done = run("stop", "--pidfile", str(tmp_path / "pid"), "-c", "/no/such", "--ini", "/no/such")
    assert (done.returncode, done.stdout) == (
        0, "vscpwsd: not running; the PID file that process 4711 left is removed\n")


def test_each_action_says_what_it_has_done(conf):
    pids = []

    def say(action, pattern):
        done = run(action, *options(conf))
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        match = re.fullmatch(pattern, done.stdout)
        assert match, done.stdout
        pids.extend(match.groups())

    say("start", r"vscpwsd: running as process (\d+)\n")
    try:
        say("reload", r"vscpwsd: reloaded\n")
        say("restart", r"vscpwsd: stopped, it was process (\d+)\n"
            r"vscpwsd: running as process (\d+)\n")
    finally:
        say("stop", r"vscpwsd: stopped, it was process (\d+)\n")
    assert pids[0] == pids[1] != pids[2] == pids[3]


def test_reload_without_a_daemon_is_1(conf):
    done = run("reload", *options(conf))
    assert (done.returncode, done.stderr) == (1, "vscpwsd: not running\n")


def test_make_key_writes_a_key_once(tmp_path):
    path = tmp_path / "new.key"
    assert run("--make-key", str(path)).returncode == 0
    key = path.read_text()
    assert len(bytes.fromhex(key)) >= 16
    assert path.stat().st_mode & 0o777 == 0o600
    done = run("--make-key", str(path))
    assert done.returncode == 1
    assert path.read_text() == key


@pytest.mark.parametrize("mode, kept", [(0o640, 0o640), (0o600, 0o600), (0o644, 0o600)])
def test_who_may_read_a_key_stays_as_it_was_unless_everybody_may(conf, mode, kept):
    needs.root()
    path = conf / "key"
    os.chown(str(path), 0, 4711)
    path.chmod(mode)
    assert run("--make-key", str(path)).returncode == 0
    found = path.stat()
    assert (found.st_uid, found.st_gid, found.st_mode & 0o777) == (0, 4711, kept)


@pytest.mark.parametrize("option, file", [("--make-cert", "vscpwsd.key"), ("--make-key", "new")])
def test_a_new_secret_can_be_read_by_whom_the_others_can(conf, option, file):
    needs.root()
    os.chown(str(conf / "users.json"), 0, 4711)
    (conf / "users.json").chmod(0o640)
    done = run(option, str(conf if option == "--make-cert" else conf / file), *options(conf))
    assert (done.returncode, done.stderr) == (0, "")
    found = (conf / file).stat()
    assert (found.st_uid, found.st_gid, found.st_mode & 0o777) == (0, 4711, 0o640)


def paste(text, printed):
    """The INI file after what ``--make-cert`` said."""
    lines = text.splitlines()
    at = re.search(r"in place of line ([0-9]+)", printed)
    new = re.search(r"^interface = .*$", printed, re.M).group(0)
    if at:
        lines[int(at.group(1)) - 1] = new
    else:
        lines.insert(0, new)
    inside = re.search(r"section \[tls\], which begins in line ([0-9]+)", printed)
    if inside:
        start = int(inside.group(1))
        lines[start:] = [line for line in lines[start:]
                         if not re.match(r"\s*(cert|key)\s*=", line)]
        lines[start:start] = re.findall(r"^(?:cert|key) = .*$", printed, re.M)
    else:
        lines += printed[printed.index("[tls]"):].splitlines()
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("before, after", [
    ("", ""), ("", "[logging]\nlog-level = info\n"), ("", "[ tls ]\n"),
    ("# interface = x\n", "[tls]\n#cert = x\n[logging]\n"),
    ("", "[logging]\n[tls]\ncert = old\nkey = old\n[metrics]\n"),
])
def test_what_make_cert_prints_works_when_it_is_pasted(conf, before, after):
    ini = conf / "vscpwsd.ini"
    own_secrets(conf)
    ini.write_text(before + ini.read_text() + after)
    done = run("--make-cert", "--ini", str(ini))
    assert (done.returncode, done.stderr) == (0, "")
    ini.write_text(paste(ini.read_text(), done.stdout))
    done = run("-t", *options(conf))
    assert (done.returncode, done.stderr) == (0, "")
    assert "wss://0.0.0.0:" in done.stdout
    done = run("--make-cert", "--ini", str(ini))
    assert done.returncode == 1
    assert "exists already" in done.stderr


def own_secrets(conf):
    (conf / "key").write_text("00112233445566778899AABBCCDDEEFF")
    (conf / "key").chmod(0o600)
    entry = run("--make-password", "anna", "--ini", str(conf / "none"), stdin=None, input="x\n")
    (conf / "users.json").write_text('{"users": [%s]}' % entry.stdout)
    (conf / "users.json").chmod(0o600)


def test_make_cert_says_when_the_secrets_are_the_published_ones(conf):
    assert "First a key and passwords of your own" in run("--make-cert", *options(conf)).stdout


def test_make_cert_keeps_an_address_that_others_can_reach_and_needs_no_ini(conf, tmp_path):
    ini = conf / "vscpwsd.ini"
    ini.write_text("interface = ws://[fe80::7%eth0]:1234\n")
    assert "interface = wss://[fe80::7%eth0]:1234\n" in run("--make-cert", *options(conf)).stdout
    (tmp_path / "new").mkdir()
    done = run("--make-cert", str(tmp_path / "new"), "--ini", str(conf / "none"))
    assert "interface = wss://0.0.0.0:8884\n" in done.stdout


def test_a_name_that_is_this_host_alone_is_said(conf):
    code = ("import sys; sys.path.insert(0, %r)\n"
            "import socket\n"
            "socket.getaddrinfo = lambda *a, **k: [(2, 1, 6, '', ('127.0.1.1', 8884))]\n"
            "from vscpws.daemon import cli\n"
            "sys.exit(cli.main(sys.argv[1:]))\n" % str(ROOT / "lib"))
    (conf / "vscpwsd.ini").write_text(
        "interface = ws://house:8884\nkey-file = key\npath-users = users.json\n")
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code, "-t", *options(conf)],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60,
                          universal_newlines=True)
    assert (done.returncode, done.stderr) == (
        0, "vscpwsd: WARNING: interface: house is 127.0.1.1 on this host, so no other host can "
        "connect; all addresses are 0.0.0.0\n")


def test_make_password_prints_an_entry_that_the_user_file_takes(conf):
    done = run("--make-password", "anna", stdin=None, input="geheim\n")
    assert (done.returncode, done.stderr) == (0, "")
    (conf / "users.json").write_text(json.dumps({"users": [json.loads(done.stdout)]}))
    assert run("-t", *options(conf)).stderr == ""


@pytest.mark.parametrize("keys", [
    {"name": "admin", "password": "x"}, {"user": " admin", "credentials": "x"},
    {"name": "admin", "password": "x", "credentials": "x"}, {"name": "admin"}])
def test_make_password_keeps_all_else_of_a_user_who_is_there(conf, keys):
    entry = dict(keys, rights="admin", remotes=["+10.0.0.0/8"], note="ü \u202e", more={"a": [1]})
    (conf / "users.json").write_text(json.dumps({"users": [{"name": "anna"}, 7, entry]}))
    for encoding in ("utf-8", "ascii"):
        done = run("--make-password", "admin", *options(conf), stdin=None, input="geheim\n",
                   env=dict(os.environ, PYTHONIOENCODING=encoding))
        assert (done.returncode, done.stderr) == (0, "")
        assert "\u202e" not in done.stdout
        new = json.loads(done.stdout)
        changed = {key for key in keys if key in ("password", "credentials")} or {"password"}
        for key in changed:
            assert verify_password(new.pop(key), "admin", "geheim")
            entry.pop(key, None) if encoding == "ascii" else None
        assert new == {key: value for key, value in entry.items() if key not in changed}


@pytest.mark.parametrize("content", ["no JSON", "[]", '{"users": 7}', None])
def test_make_password_says_where_it_can_t_see_who_is_there(conf, content):
    if content is None:
        (conf / "users.json").unlink()
        os.mkfifo(str(conf / "users.json"))
    else:
        (conf / "users.json").write_text(content)
    done = run("--make-password", "admin", *options(conf), stdin=None, input="geheim\n")
    assert done.returncode == 0
    assert json.loads(done.stdout)["rights"] == "user"
    assert done.stderr.endswith("; if there is a user of this name, keep his rights and all else\n")


@pytest.mark.parametrize("args, text", [
    (["--check-config", "--make-key", "F"], "--make-key, --check-config: only one"),
    (["--monitor", "--make-password", "x"], "--monitor, --make-password: only one"),
    (["stop", "--check-config"], "--check-config, stop: only one"),
    (["reload", "--make-cert"], "--make-cert, reload: only one"),
    (["start", "--json"], "--json: only with status or --monitor or --state"),
    (["--json"], "--json: only with status or --monitor or --state"),
    (["stop", "--pidfile", ""], "--pidfile: stop needs one"),
    (["status", "--pidfile="], "--pidfile: status needs one"),
    (["start", "--make-key", "F"], "--make-key, start: only one"),
    (["start", "-t"], "--check-config, start: only one"),
    (["--demo", "--write-config"], "--demo: only with start or --check-config"),
    (["restart", "--demo"], "--demo: only with start or --check-config"),
    (["--filter", "10"], "--filter: only with --monitor"),
    (["--make-key", "F", "--key-file", "F"], "--key-file: only with --monitor"),
    (["status", "--login", "anna"], "--login: only with --monitor"),
    (["-t", "--ca", "F"], "--ca: only with --monitor"),
    (["--lan"], "--lan or --loopback: only with --setup"),
    (["start", "--no-tls"], "--tls or --no-tls: only with --setup"),
    (["-t", "--yes"], "--yes: only with --setup"),
    (["--make-key", "F", "--interface", "can0"], "--interface: only with --setup"),
    (["--setup", "--make-cert"], "--setup, --make-cert: only one"),
    (["--monitor", "--user", "anna"], "--user: not with --monitor: it is whom the daemon runs as"),
    (["--make-password", "anna", "--group", "x"], "--group: not with --make-password"),
])
def test_options_that_contradict_each_other_are_one_line_and_2(args, text):
    done = run(*args)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("vscpwsd: " + text) and done.stderr.count("\n") == 1


ALONE = (["--monitor"], ["--setup"], ["--write-config"], ["--make-key", "F"],
         ["--make-password", "x"], ["--make-cert"], ["-t"], ["start"], ["stop"], ["restart"],
         ["reload"], ["status"])


@pytest.mark.parametrize("one, other", list(itertools.combinations(ALONE, 2)), ids=str)
def test_no_two_tools_or_actions_go_together(one, other):
    if not one[0].startswith("-"):
        with pytest.raises(SystemExit):
            read_options(one + other, None)
        return
    with pytest.raises(ConfigurationError, match="only one of them at a time"):
        read_options(other + one, None)         # an action behind --monitor would be its URL


@pytest.mark.parametrize("args", [*ALONE, [], ["--demo"], ["start", "--demo"], ["--demo", "-t"],
                                  ["status", "--json"], ["--monitor", "--json", "--filter", "10"]],
                         ids=str)
def test_what_goes_together_is_taken(args):
    assert read_options(args, None).command == {
        "-t": "check_config", "--demo": "start"}.get(
            (args or ["start"])[-1], (args or ["start"])[0].strip("-").replace("-", "_"))


def test_names_from_files_are_escaped_wherever_they_are_printed(conf):
    (conf / "users.json").write_text(json.dumps({"users": [
        {"name": "\033[2Ja\u202e\nvscpwsd: all is well", "rights": "user"}]}))
    done = run("-t", *options(conf))
    assert not set(done.stdout + done.stderr) & set("\033\u202e\r")
    assert "\nvscpwsd: all is well" not in done.stderr


def _install_requires():
    return re.search(r"install_requires=\[.*?\]", (ROOT / "setup.py").read_text(), re.S).group(0)


def test_the_packages_known_are_those_that_setup_asks_for():
    asked = set(re.findall(r'"([a-z-]+)>=', _install_requires())) | {"gevent"}
    assert asked == {pip for pip, _ in NEEDED.values()}


def test_make_password_refuses_what_cannot_log_in():
    done = run("--make-password", "a:b", stdin=None, input="geheim\n")
    assert done.returncode == 2
    assert "colon" in done.stderr


def test_check_config_tells_of_broken_settings_of_python_can_and_a_start_goes_on(conf):
    (conf / ".canrc").write_text("[default\n")
    environment = dict(os.environ, HOME=str(conf))
    done = run("--check-config", *options(conf), env=environment)
    lines = done.stderr.splitlines()
    assert done.returncode == 2
    assert [line for line in lines if ".canrc" in line and "can't be read" in line] == lines[-1:]


@pytest.mark.parametrize("error, code, text", [
    (PermissionError(13, "Permission denied", "/x"), 1, "vscpwsd: /x: Permission denied\n"),
    (OSError(28, "No space left on device"), 1, "vscpwsd: No space left on device\n"),
    (KeyboardInterrupt(), 1, "vscpwsd: interrupted\n"),
    (ModuleNotFoundError("x", name="gevent"), 1,
     "vscpwsd: the Python package gevent is missing: call tools/run, or tools/venv and then "
     ".venv/bin/python vscpwsd.py\n"),
    (ImportError("libffi.so: cannot open"), 1,
     "vscpwsd: can't load a Python package: libffi.so: cannot open\n"),
    (RuntimeError("oh"), 1, "vscpwsd: internal error: RuntimeError: oh\n"),
])
def test_every_failure_is_a_line_and_a_code(monkeypatch, capsys, error, code, text):
    def fail(_options):
        raise error

    monkeypatch.setattr(cli, "_status", fail)
    assert cli.main(["status"]) == code
    assert capsys.readouterr().err == text


def test_nothing_heavy_is_loaded_for_a_status(tmp_path):
    code = ("import sys; sys.path.insert(0, %r)\n"
            "from vscpws.daemon import cli\n"
            "cli.main(['status', '--pidfile', %r])\n"
            "print(sorted({'gevent', 'can', 'configobj', 'cryptography', 'daemon'}"
            " & set(sys.modules)))\n" % (str(ROOT / "lib"), str(tmp_path / "pid")))
    out = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, timeout=60).stdout
    assert out == b"vscpwsd: not running\n[]\n"


def test_nothing_of_gevent_is_loaded_before_the_fork(conf):
    code = ("import sys; sys.path.insert(0, %r)\n"
            "from vscpws.daemon import cli\n"
            "cli.daemonize.background = lambda work, keep: (7, ' '.join(\n"
            "    name for name in sys.modules if name.startswith('gevent')))\n"
            "sys.exit(cli.main(['start'] + %r))\n" % (str(ROOT / "lib"), options(conf)))
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code],
                          stderr=subprocess.PIPE, timeout=60)
    assert (done.returncode, done.stderr) == (7, b"")


def test_what_is_broken_in_the_daemon_s_start_reaches_the_terminal_and_the_log(
        conf, monkeypatch, capsys, caplog):
    def fail(*_args):
        raise cli.StartFailed("no bus today")

    monkeypatch.setattr(cli, "_run", fail)
    monkeypatch.setattr(cli.logs, "apply", lambda *_args, **_options: None)
    monkeypatch.setattr(cli.daemonize, "background",
                        lambda work, keep: (work(cli.daemonize.TerminalReport()), ""))
    assert cli.main(["start", *options(conf)]) == 1
    assert "vscpwsd: no bus today" in capsys.readouterr().err.splitlines()
    assert "start failed: no bus today" in caplog.messages
    assert not (conf / "pid").exists()


def one_bus(conf, channel):
    (conf / "vscpd.conf").write_text(
        '<driver enable="true"><name>house</name><config>%s</config></driver>' % channel)


def test_check_config_refuses_a_misspelt_kind_of_interface(conf):
    one_bus(conf, "slcn:/dev/ttyUSB0@125000")
    done = run("--check-config", *options(conf))
    assert done.returncode == 2
    assert "driver house: interface: 'slcn' is no kind of CAN interface; did you mean slcan?" \
        in done.stderr


@pytest.mark.parametrize("name, content, reason", [
    ("noise.log", "no log\n", "the log holds no frames; line 1: "),
    ("noise.asc", "no log\n", "the log holds no frames; line 1: "),
    ("noise.blf", "no log\n", "can't open the log"), ("x.pdf", "no log\n", "can't open the log"),
    ("empty.csv", "", "the log holds no frames"),
    ("other.log@can7", None, "holds no frames of can7, but of can0"),
])
def test_check_config_opens_recorded_logs(conf, name, content, reason):
    if content is None:
        (conf / name.partition("@")[0]).write_text("(1.0) can0 0C0A0601#01\n")
    else:
        (conf / name).write_text(content)
    one_bus(conf, "replay:" + name)
    done = run("--check-config", *options(conf))
    assert done.returncode == 2
    assert "driver house: recorded log %s" % (conf / name) in done.stderr
    assert reason in done.stderr


@pytest.mark.parametrize("make", [
    lambda path: path.mkdir(), lambda path: os.mkfifo(path),
    lambda path: path.symlink_to("/dev/zero")], ids=["folder", "pipe", "device"])
def test_check_config_refuses_a_log_that_is_no_file_and_does_not_hang(conf, make):
    make(conf / "house.log")
    one_bus(conf, "replay:house.log")
    done = run("--check-config", *options(conf))
    assert done.returncode == 2 and "not a regular file" in done.stderr


def test_check_config_takes_a_log_with_an_odd_first_line(conf):
    (conf / "house.log").write_text("# recorded at home\nDROPCOUNT: 5\n(1.0) can0 0C0A0601#01\n")
    one_bus(conf, "replay:house.log")
    assert run("--check-config", *options(conf)).returncode == 0
