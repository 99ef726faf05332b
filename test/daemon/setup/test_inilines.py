import pytest
from configobj import ConfigObj
from hypothesis import given
from hypothesis import strategies as st

from vscpws.daemon.process.samples import demo_folder
from vscpws.daemon.setup.inilines import with_option, without_option

NAMES = st.sampled_from(["a", "b", "c"])
SECTIONS = st.sampled_from(["", "tls", "limits"])
LINES = st.one_of(
    st.builds("{} = {}".format, NAMES, st.sampled_from(["1", "x y", '"q # r"'])),
    st.builds("#{} = old".format, NAMES), st.just(""), st.just("# words, a = b among them"))
VALUES = st.sampled_from(["ws://0.0.0.0:1", "/a b/c", "/with#sign", "x"])


def sample():
    with open(demo_folder() + "/vscpwsd.ini", encoding="utf-8") as file:
        return file.read()


def parsed(text):
    return ConfigObj(text.split("\n"), list_values=False, interpolation=False)


def said(text, section, key):
    config = parsed(text)
    return (config.get(section, {}) if section else config).get(key)


@pytest.mark.parametrize("section, key, value", [
    ("", "interface", "wss://0.0.0.0:8884"), ("", "max-clients", "7"), ("tls", "cert", "a b.crt"),
    ("tls", "key", "a#b.key"), ("limits", "drain-time", "3"), ("variables", "a_interface", "can0"),
    ("metrics", "listen", "localhost:1")])
def test_an_option_of_the_sample_says_what_it_is_told_and_the_rest_stays(section, key, value):
    before, text = sample(), with_option(sample(), section, key, value)
    assert said(text, section, key).strip('"') == value
    old, new = before.split("\n"), text.split("\n")
    assert len([line for line in new if line not in old]) == 1
    assert len(new) - len(old) in (0, 1)
    assert with_option(text, section, key, value) == text


def test_a_new_value_stands_below_the_comment_that_shows_the_default():
    lines = with_option(sample(), "tls", "cert", "mine.crt").split("\n")
    assert lines[lines.index("cert = mine.crt") - 1] == "#cert ="


def test_a_section_that_is_not_there_is_made_at_the_end():
    assert with_option("a = 1\n", "tls", "cert", "x") == "a = 1\n\n[tls]\ncert = x\n"


def test_the_option_of_another_section_is_another_option():
    text = with_option("[a]\nkey = 1\n[tls]\nkey = 2\n[b]\nkey = 3\n", "tls", "key", "9")
    assert text == "[a]\nkey = 1\n[tls]\nkey = 9\n[b]\nkey = 3\n"
    assert without_option(text, "b", "key") == text.replace("key = 3", "#key = 3")


@pytest.mark.parametrize("text", ["a = 1\r\nb = 2\r\n", "\ufeffb = 2", "'b' = 2", "b=2 # why"])
def test_a_line_is_found_however_it_is_written(text):
    assert said(with_option(text, "", "b", "5").lstrip("\ufeff"), "", "b") == "5"


@given(st.lists(LINES, max_size=6), st.lists(LINES, max_size=6), SECTIONS, NAMES, VALUES)
def test_what_is_put_is_read_and_nothing_else_changes(top, tls, section, key, value):
    def unique(lines):
        keys = [line.partition(" =")[0] for line in lines]
        return [line for number, line in enumerate(lines)
                if "=" not in line or line[0] == "#" or keys[number] not in keys[:number]]

    text = "\n".join([*unique(top), "[tls]", *unique(tls), ""])
    put = with_option(text, section, key, value)
    assert said(put, section, key).strip('"') == value
    gone = without_option(put, section, key)
    assert said(gone, section, key) is None
    for config in (parsed(put), parsed(gone)):
        for where, old in [("", parsed(text)), ("tls", parsed(text)["tls"])]:
            for name in old.scalars:
                if (where, name) != (section, key):
                    assert (config[where] if where else config)[name] == old[name]
