"""The INI file: every option with its default, a valid and an invalid value; and its traps."""

import os

import pytest
from configobj import ConfigObj
from configobj.validate import ValidateError
from hypothesis import given, settings
from hypothesis import strategies as st

from optiontable import TABLE
from vscpws.daemon.config import ini as module
from vscpws.daemon.config.checks import CHECKS
from vscpws.daemon.config.ini import read_ini
from vscpws.daemon.config.options import OPTIONS, default_text
from vscpws.daemon.process.samples import demo_folder


@pytest.fixture
def read(tmp_path):
    def read_text(text):
        path = tmp_path / "vscpwsd.ini"
        path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
        ini, problems = read_ini(str(path))
        assert all(problem.file == str(path) for problem in problems)
        return ini, [(problem.where, problem.reason) for problem in problems]
    return read_text


def put(section, key, value):
    return "%s\n%s = %s\n" % ("[%s]" % section if section else "", key, value)


def test_the_table_has_every_option():
    assert [(row[0], row[1]) for row in TABLE] == [
        (option.section, option.key) for option in OPTIONS]


@pytest.mark.parametrize("section, key, default", [row[:3] for row in TABLE])
def test_the_default_of_each_option(read, section, key, default):
    ini, problems = read("")
    assert not problems
    if default is None:                             # a file beside the INI file
        default = "%s/%s" % (ini.folder, {"key-file": "vscp.key", "path-users": "users.json"}[key])
    value = ini.options[section, key]
    assert (value, type(value)) == (default, type(default))


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.key)
def test_a_default_written_out_is_the_default(read, option):
    text = put(option.section, option.key, default_text(option))
    assert read(text) == read("")


@pytest.mark.parametrize("section, key, valid, value", [(row[0], row[1], row[3], row[4])
                                                        for row in TABLE])
def test_a_valid_value_of_each_option(read, section, key, valid, value):
    for text in (valid, '"%s"' % valid, "'%s'   # why" % valid):
        ini, problems = read(put(section, key, text))
        assert not problems
        assert ini.options[section, key] == value
        assert type(ini.options[section, key]) is type(value)


@pytest.mark.parametrize("section, key, invalid", [
    (row[0], row[1], text) for row in TABLE for text in row[5]])
def test_an_invalid_value_of_each_option(read, section, key, invalid):
    ini, problems = read(put(section, key, invalid))
    (where, reason), = problems
    assert where == ("[%s] %s" % (section, key) if section else key)
    assert repr(invalid)[1:40] in reason
    assert (section, key) not in ini.options


@pytest.mark.parametrize("line, policy", [
    ("", ""), ("''", ""), (";", ";"), ("default-src 'none'", "default-src 'none'"),
    ("default-src 'self'; script-src 'self' 'unsafe-inline' https://cdn.example:443/x/*.js",
     "default-src 'self'; script-src 'self' 'unsafe-inline' https://cdn.example:443/x/*.js"),
    ("\"default-src 'self'\"  # ours", "default-src 'self'"),
    ("upgrade-insecure-requests;;frame-ancestors  *;", "upgrade-insecure-requests;;"
                                                       "frame-ancestors  *;"),
])
def test_a_content_policy_is_taken_as_it_is_written(read, line, policy):
    ini, problems = read("content-policy = " + line)
    assert not problems
    assert ini.options["", "content-policy"] == policy


@given(st.text(st.sampled_from("a-; '\t\r\n\x0b\x85\u2028,:/*") | st.characters(), max_size=20))
def test_no_content_policy_ends_its_header(text):
    try:
        taken = CHECKS["policy"](text)
    except ValidateError:
        return
    assert taken == text and all(" " <= letter <= "~" for letter in taken) and "," not in taken


@pytest.mark.parametrize("text, listen", [
    ("ws://localhost:8884", ("localhost", 8884, False)),
    ("ws://localhost", ("localhost", 8884, False)),
    ("WSS://Example.Org/", ("example.org", 8884, True)),
    ("ws://0.0.0.0:80", ("0.0.0.0", 80, False)),
    ("ws://[::]:65535", ("::", 65535, False)), ("ws://[::1]", ("::1", 8884, False)),
    ("ws://my_host-1:1", ("my_host-1", 1, False)), ("ws://a.b.:1", ("a.b.", 1, False)),
])
def test_where_to_listen(read, text, listen):
    ini, problems = read("interface = " + text)
    assert not problems
    assert ini.options["", "interface"] == listen


@pytest.mark.parametrize("text", [
    "ws://localhost:0", "ws://localhost:65536", "ws://localhost:x", "ws://:8884", "ws://*:8884",
    "ws://localhost/ws1", "ws://user@localhost", "ws://localhost?x", "ws://[::1", "ws://[x]",
    "ws://[1:2]", "ws://-a", "ws://a b", "ws:localhost", "wsx://localhost", "8884",
])
def test_where_not_to_listen(read, text):
    _, problems = read("interface = " + text)
    assert [where for where, _ in problems] == ["interface"]


@pytest.mark.parametrize("text, where, reason", [
    ("max_clients = 5", "max_clients", "unknown key; did you mean max-clients?"),
    ("wibble = 5", "wibble", "unknown key"),
    ("[tls]\nmax-clients = 5", "[tls] max-clients",
     "unknown key here; it belongs to the top, before the first section"),
    ("login-time = 5", "login-time", "unknown key here; it belongs to [limits]"),
    ("[logging]\nlevel = info", "[logging] level", "unknown key; did you mean log-level?"),
    ("[limit]\nlogin-time = 5", "[limit]", "unknown section; did you mean limits?"),
    ("[DEFAULT]\nlogin-time = 5", "[DEFAULT]", "unknown section"),
    ("[interface]\nx = 5", "[interface]", "unknown section"),
    ("[tls]\n[[cert]]\nx = 5", "[tls] [[cert]]", "unknown section"),
    ("[variables]\n[[a]]", "[variables] [[a]]", "unknown section"),
    ("write = false", "write", "a key of the C++ driver: nothing is written back into a "
     "configuration: leave it out"),
    ("Encryption = aes128", "Encryption", "a key of the C++ driver: logins are always AES-128 as "
     "the protocols have it, and wss:// in interface encrypts all else: leave it out"),
    ("enable_rest = false", "enable_rest", "a key of the C++ driver: there is no REST here, "
     "clients use ws1 or ws2: leave it out"),
    ("rx-filter = 0,10", "rx-filter", "a key of the C++ driver: what is taken from the CAN bus is "
     "NAME_filter and NAME_mask in [variables], what a user gets is filter and mask of his entry "
     "in the user file"),
    ("[logging]\nfile-log-level = debug", "[logging] file-log-level",
     "a key of the C++ driver: write it as log-level in [logging] of the INI file"),
    ("[logging]\nconsole-pattern = %v", "[logging] console-pattern",
     "a key of the C++ driver: lines of the log have one form: leave it out"),
    ("file-pattern = %v", "file-pattern",
     "a key of the C++ driver: lines of the log have one form: leave it out"),
    ("[tls]\ncertificate = a.pem", "[tls] certificate",
     "a key of the C++ driver: write it as cert in [tls] of the INI file"),
    ("tls-certificate = a.pem", "tls-certificate",
     "a key of the C++ driver: write it as cert in [tls] of the INI file"),
    ("[ssl]\nca_file = a.pem", "[ssl] ca_file",
     "a key of the C++ driver: write it as ca in [tls] of the INI file"),
    ("tls = cert.pem", "tls", "a section: write [tls]"),
    ("__many__ = 1", "__many__", "unknown key"),
    ("max-clients = 5\nmax-clients = 6", "line 2", "Duplicate keyword name"),
    ("[tls]\n[tls]", "line 2", "Duplicate section name"),
    ("what is this", "line 1", "Invalid line ('what is this') (matched as neither section nor "
     "keyword)"),
    ("[tls\nx = 1", "line 1", "Invalid line ('[tls') (matched as neither section nor keyword)"),
    ("web-root = 'x", "line 1", "Parse error in value"),
    ("web-root = '''a\nb'''", "web-root", "more than one line"),
    ("web-root = '''a", "line 1", "Parse error in multiline value"),
    ("a\0b = 1", "line 1", "control character"),
    ("a\x0cb = 1", "line 1", "control character"),
    (b"\n\na = \xff", "line 3", "not UTF-8"),
    ("a = " + "x" * 4096, "line 1", "longer than 4096 characters"),
    ("web-root = /srv/a#b", "line 1", "a value with '#' in it needs quotes, a comment a blank "
     "before it"),
    ("[variables]\nx_config = {\"interface\": \"a#b\"}", "line 2",
     "a value with '#' in it needs quotes, a comment a blank before it"),
])
def test_what_is_wrong_is_said_with_its_place(read, text, where, reason):
    assert read(text)[1] == [(where, reason)]


def test_all_problems_are_reported_at_once(read):
    _, problems = read("max-clients = x\nwibble = 1\ninterface = y\n[logging]\nlog-level = z\n"
                       "[limits]\npong-wait = 0\n[wobble]\na = 1\n")
    assert sorted(where for where, _ in problems) == [
        "[limits] pong-wait", "[logging] log-level", "[wobble]", "interface", "max-clients",
        "wibble"]


@pytest.mark.parametrize("zone", ["%eth0", "%25eth0"])
def test_an_address_may_have_a_zone_as_a_url_or_as_ip_has_it(read, zone):
    ini, problems = read("interface = ws://[fe80::1%s]:80\n" % zone)
    assert problems == [] and ini.options["", "interface"].host == "fe80::1%eth0"


def test_broken_lines_and_wrong_values_are_reported_at_once(read):
    ini, problems = read("a\nmax-clients = x\nlogin = c#d\nkey-file = k\n[limits]\npong-wait = 0\n")
    assert [where for where, _ in problems] == [
        "line 3", "line 1", "max-clients", "[limits] pong-wait"]
    assert ini.options["", "key-file"].endswith("/k")


def test_all_broken_lines_are_reported_at_once(read):
    _, problems = read("a\nb\nmax-clients = 5\nc")
    assert [where for where, _ in problems] == ["line 1", "line 2", "line 4"]
    _, problems = read("a\0 = 1\nb = c#d\n")
    assert [where for where, _ in problems] == ["line 1", "line 2"]


def test_a_missing_file_is_a_problem(tmp_path):
    _, problems = read_ini(str(tmp_path / "missing.ini"))
    assert [str(problem) for problem in problems] == [
        "%s: No such file or directory" % (tmp_path / "missing.ini")]


@pytest.mark.parametrize("line", [
    "[" * 2000 + "]" * 2000 + "x", "[ " * 1000 + "] " * 1000 + "x", "[" * 8 + " " * 4000 + "]x",
    "[x" + " ]" * 2000, "x" * 4097, "debug = true" + " " * 4096 + "x",
])
def test_lines_that_the_parser_would_read_for_long_do_not_reach_it(read, line, monkeypatch):
    parsed = []
    monkeypatch.setattr(module, "ConfigObj", lambda lines, **options: parsed.extend(lines)
                        or ConfigObj(lines, **options))
    _, problems = read("debug = true\n" + line)
    assert len(problems) == 1 and "long" in problems[0][1]
    assert line not in parsed


@pytest.mark.parametrize("line", [
    "x".rjust(4096), "debug = true" + " " * 4000 + "x", "[[[[" + " " * 240 + "]]]]x"])
def test_the_longest_lines_that_reach_it_are_one_problem_each(read, line):
    assert len(read(line)[1]) == 1


def test_blanks_around_a_line_mean_nothing(read):
    ini, problems = read("\t debug = true \t\n  [limits] \n    login-attempts = 7  # seven \n")
    assert not problems
    assert (ini.options["", "debug"], ini.options["limits", "login-attempts"]) == (True, 7)


@pytest.mark.parametrize("line, value", [
    ("a_filter = 1,0x0000,0x0006,ff:ff:ff:ff:ff:ff:ff:01:00:00:00:00:00:00:00:00",
     "1,0x0000,0x0006,ff:ff:ff:ff:ff:ff:ff:01:00:00:00:00:00:00:00:00"),
    ("a_filter = '1,2' # temperatures", "1,2"),
    ("a_filter = 1,2\t# temperatures", "1,2"),
    ('a_filter = "a#b"', "a#b"),
    ("a_filter = 100%(x)s $y", "100%(x)s $y"),
    ('a_filter = {"interface": "can0", "mask": "0,0"}', '{"interface": "can0", "mask": "0,0"}'),
    ("a_filter = 'a\"b'", 'a"b'),
    ("a_filter =", ""),
    ("a_filter = # nothing", ""),
    ('a_filter = " x "', "x"),
    ("a_filter = \u00e5\u2028b", "\u00e5\u2028b"),
    ("a_filter = x\r", "x"),
])
def test_values_arrive_whole(read, line, value):
    ini, problems = read("[variables]\n%s\n" % line)
    assert not problems
    assert ini.variables == {"a_filter": value}


def test_a_byte_order_mark_is_no_part_of_a_key(read):
    ini, problems = read(b"\xef\xbb\xbfmax-clients = 7")
    assert not problems and ini.options["", "max-clients"] == 7


def test_relative_paths_begin_at_the_file_s_folder(read, tmp_path):
    ini, problems = read("key-file = keys/../my.key\nweb-root = /srv//www/\n[tls]\ncert = c.pem")
    assert not problems
    assert ini.options["", "key-file"] == str(tmp_path / "my.key")
    assert ini.options["", "web-root"] == "/srv/www"
    assert ini.options["tls", "cert"] == str(tmp_path / "c.pem")
    assert ini.folder == str(tmp_path)


LINES = st.lists(st.one_of(
    st.sampled_from(["[tls]", "[[tls]]", "[variables]", "[DEFAULT]", "[interface]", "tls = 1",
                     "__many__ = 1", "___many___ = 2", "max-clients = 1", "max-clients = '",
                     "'' = 1", '" = 2', "a_filter = '''", "'''", "= 3", "# x", "[]", "[[", "]]",
                     "interface = ws://[", "key-file = None"]),
    st.text(max_size=30),
    st.tuples(st.sampled_from([option.key for option in OPTIONS]), st.text(max_size=20)).map(
        " = ".join))).map("\n".join)


@settings(deadline=None)
@given(st.one_of(st.binary(), LINES.map(lambda text: text.encode("utf-8", "replace"))))
def test_whatever_the_file_holds_is_an_option_or_a_problem(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any.ini"
    path.write_bytes(content)
    ini, problems = read_ini(str(path))
    assert problems or len(ini.options) == len(OPTIONS)


def test_the_cpp_drivers_json_file_is_answered_in_one_line_that_has_each_key(read):
    text = (' \n{ "write": false, "max-clients": 9, "debug": 1, "tls": {"certificate": "a", '
            '"key": "b"}, "odd": [1] }\n')
    (where, reason), = read(text)[1]
    assert where == ""
    assert reason == (
        "JSON, not lines KEY = VALUE; the C++ driver's JSON configuration is not read as it is: "
        "doc/migration.md says for each of its keys where it goes; "
        "write: nothing is written back into a configuration: leave it out; "
        "max-clients, debug: write each as KEY = VALUE at the top; "
        "[tls] certificate: write cert in [tls]; [tls] key: write each as KEY = VALUE in [tls]; "
        "odd: unknown")


@pytest.mark.parametrize("sample", ["users.json", "names.json", "vscpd.conf", "vscp.key",
                                    "demo.log"])
def test_a_file_of_another_kind_is_one_line(sample):
    ini, problems = read_ini(os.path.join(demo_folder(), sample))
    problem, = problems
    assert problem.file.endswith(sample)
    assert len(str(problem)) < 300


@pytest.mark.parametrize("text", ["<a>\n" * 9, "-----BEGIN X-----\n" * 3 + "abc=\n",
                                  "words\n" * 5000, "{" + '"a": 1, ' * 500 + '"b": 2}'])
def test_so_is_anything_else(read, text):
    assert len(read(text)[1]) == 1
    assert len(read(text)[1][0][1]) < 400


def test_of_many_wrong_lines_in_a_right_file_some_are_told(read):
    problems = read("max-clients = 9\n" + "words\n" * 5000)[1]
    assert len(problems) == 21
    assert problems[20] == ("", "and 4980 more such lines")


@pytest.mark.parametrize("text", ["{", "{" * 5000, '{"a": [}', "{}"])
def test_json_of_any_kind_is_not_taken_for_an_ini_file(read, text):
    assert read(text)[1][0][1].startswith("JSON, not lines KEY = VALUE")
