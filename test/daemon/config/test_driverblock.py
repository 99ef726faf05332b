"""Driver blocks: both shapes, anywhere in a file, and which of them run."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vscpws.daemon.config.driverblock import choose_blocks, read_driver_blocks
from vscpws.model.errors import ConfigurationError, Oddity

DATA = Path(__file__).with_name("data")


@pytest.fixture
def read(tmp_path):
    def read_text(text):
        path = tmp_path / "vscpd.conf"
        path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
        return read_driver_blocks(str(path))
    return read_text


def names(blocks):
    return [block.name for block in blocks]


def reasons(error):
    return [(problem.where, problem.reason) for problem in error.value.problems]


def test_the_documented_example_block_is_read_and_taken():
    (block,), odd = choose_blocks(read_driver_blocks(str(DATA / "seed_example.xml")))
    assert not odd
    assert (block.name, block.path, block.config, block.guid, block.enabled) == (
        "socketcan1", "/usr/lib/vscpl2drv_tcpiplink.so", "can",
        "FF:FF:FF:FF:FF:FF:FF:FE:B8:27:EB:0A:11:02:00:00", True)
    assert block.line == 1


def test_a_whole_file_in_the_attribute_shape_yields_our_block():
    path = str(DATA / "whole_vscpd.conf")
    blocks = read_driver_blocks(path)
    assert names(blocks) == ["logger", "socketcan1", "tcpiplink1", "spare"]
    (block,), _ = choose_blocks(blocks, file=path)
    assert (block.name, block.path, block.config) == (
        "socketcan1", "/usr/lib/vscp/drivers/level2/vscpl2drv-websocksrv.so", "can0")


@pytest.mark.parametrize("text", [
    '<driver enable="true"><name>a</name><path>p</path><config>c</config><guid>g</guid></driver>',
    '<DRIVER ENABLE="TRUE"><Name>a</Name><PATH>p</PATH><cOnfig>c</cOnfig><GUID>g</GUID></DRIVER>',
    '<driver enable="true" name="a" path="p" config="c" guid="g"/>',
    '<Driver Enable="True" NAME="a" Path-Driver="p" path-config="x" Config="c" GUID="g"/>',
    '<driver enable="true" name="a" path="p"><config> c\n</config><guid>g</guid></driver>',
    '<driver enable="true" name="a" path="" path-driver="p" config="c" guid="g"/>',
    '<x><y><driver enable="true" name="a" path="p" config="c" guid="g" other="o"/></y></x>',
    '<level2driver><driver enable="true" name="a" path="p" config="c" guid="g"/></level2driver>',
    '<Level2Driver Enable="TRUE"><driver enable=" true " name="a" path="p" config="c" guid="g"/>'
    '</Level2Driver>',
    '<driver enable="true"><name>a</name><path>p</path><sub><name>no</name></sub>'
    '<config><![CDATA[c]]></config><guid>g</guid>stray</driver>',
    '<?xml version="1.0" encoding="ISO-8859-1"?>\n<driver enable="true" name="a" path="p" '
    'config="c" guid="g"/>',
])
def test_every_shape_of_a_block(read, text):
    (block,), _ = choose_blocks(read(text))
    assert (block.name, block.path, block.config, block.guid) == ("a", "p", "c", "g")
    assert block.enabled and not block.excluded


def test_blanks_in_a_name_become_underscores(read):
    assert names(read('<driver name=" my can  1 "/>')) == ["my_can__1"]


def test_a_block_knows_its_line_and_its_number(read):
    first, second, third = read(
        '<v>\n<driver/>\n<driver name="a"/>\n\n<driver\nname="b"/></v>')
    assert [(block.line, block.number) for block in (first, second, third)] == [
        (2, 0), (3, 0), (5, 1)]


@pytest.mark.parametrize("enable, on", [
    ('enable="true"', True), ('enable="TRUE"', True), ('enable="false"', False),
    ('enable="1"', False), ('enable="yes"', False), ('enable=""', False), ("", False),
])
def test_a_block_is_enabled_only_where_it_says_true(read, enable, on):
    block, = read('<driver %s name="a"/>' % enable)
    assert block.enabled is on


@pytest.mark.parametrize("text, taken", [
    # every enabled one
    ('<driver enable="true" name="a"/><driver enable="true" name="b"/><driver name="c"/>',
     ["a", "b"]),
    # only ours, where one is surely ours
    ('<driver enable="true" name="a" path="x.so"/>'
     '<driver enable="true" name="b" path="/l/vscpl2drv-WebSockSrv.so"/>'
     '<driver enable="true" name="c" path-driver="websocksrv"/>', ["b", "c"]),
    # one that is ours but not enabled doesn't count for that
    ('<driver enable="true" name="a" path="x.so"/>'
     '<driver enable="false" name="b" path="websocksrv"/>', ["a"]),
    # not ours: Level I, and what is under a Level II list that is off
    ('<level1driver enable="true"><driver enable="true" name="a" path="websocksrv"/>'
     '</level1driver><driver enable="true" name="b"/>', ["b"]),
    ('<level2driver enable="false"><driver enable="true" name="a" path="websocksrv"/>'
     '</level2driver><driver enable="true" name="b"/>', ["b"]),
    ('<level2driver enable="no"><x><driver enable="true" name="a"/></x></level2driver>'
     '<level2driver enable="true"><driver enable="true" name="b"/></level2driver>', ["b"]),
])
def test_which_blocks_are_taken(read, text, taken):
    assert names(choose_blocks(read("<v>%s</v>" % text))[0]) == taken


@pytest.mark.parametrize("wanted", ["my can", "my_can", " my can "])
def test_the_block_asked_for_by_name_is_taken_alone(read, wanted):
    blocks = read('<v><driver enable="true" name="a" path="websocksrv"/>'
                  '<driver enable="true" name="my can"/></v>')
    assert names(choose_blocks(blocks, wanted)[0]) == ["my_can"]


def test_a_block_asked_for_by_name_need_not_be_enabled_but_that_is_said(read):
    blocks = read('<v><driver enable="true" name="a"/><driver name="b"/></v>')
    taken, [oddity] = choose_blocks(blocks, "b")
    assert names(taken) == ["b"]
    assert str(oddity).endswith("/vscpd.conf: driver b, line 1: not enabled, but taken because it "
                                "was asked for by name")


def test_of_namesakes_the_enabled_one_is_meant(read):
    blocks = read('<v><driver name="b" config="x"/><driver enable="true" name="b" config="y"/></v>')
    assert [block.config for block in choose_blocks(blocks, "b")[0]] == ["y"]


def test_a_block_without_a_name_is_skipped_with_a_message(read):
    taken, odd = choose_blocks(read('<v>\n<driver enable="true"><name> </name></driver>'
                                    '<driver enable="true" name="b"/></v>'), file="vscpd.conf")
    assert names(taken) == ["b"]
    assert odd == [("vscpd.conf", "line 2", "driver block without a name, skipped")]
    assert isinstance(odd[0], Oddity)


@pytest.mark.parametrize("text", [
    "<?xml version='1.0' encoding='%s'?><a/>" % ("x" * 5000),
    "<driver><name>%s</name></driver>" % ("x" * 5000),
    "<driver enable='true' name='%s'/>" % ("x" * 5000) * 2,
])
def test_nothing_in_a_file_makes_a_message_long(read, text):
    with pytest.raises(ConfigurationError) as error:
        choose_blocks(read("<all>%s</all>" % text if "driver" in text else text))
    assert all(len(str(problem)) < 500 for problem in error.value.problems)


@pytest.mark.parametrize("text, wanted, parts", [
    ("<v/>", None, ["no driver block to run", "no <driver> element at all"]),
    ('<v><driver name="a"/><level1driver><driver enable="true" name="b"/></level1driver>'
     '<level2driver enable="false"><driver enable="true" name="c"/></level2driver>\n'
     '<driver enable="true"/></v>', None,
     ["a (not enabled)", "b (in <level1driver>)", "c (in a <level2driver> that is not enabled)",
      "line 2 (has no name)"]),
    ('<driver enable="true" name="a"/>', "b", ["called 'b'", "found: a (enabled)"]),
    ('<level1driver><driver enable="true" name="a"/></level1driver>', "a", ["in <level1driver>"]),
    ('<level2driver enable="false"><driver enable="true" name="a"/></level2driver>', "a",
     ["not enabled)"]),
    ("<v>%s</v>" % ('<driver name="a"/>' * 25), None, ["and 5 more"]),
])
def test_none_left_is_an_error_that_lists_what_was_found(read, text, wanted, parts):
    with pytest.raises(ConfigurationError) as error:
        choose_blocks(read(text), wanted, "vscpd.conf")
    problem, = error.value.problems
    assert problem.file == "vscpd.conf"
    for part in parts:
        assert part in problem.reason


def test_two_blocks_of_one_name_are_refused(read):
    with pytest.raises(ConfigurationError) as error:
        choose_blocks(read('<v><driver enable="true" name="a b"/>\n'
                           '<driver enable="true" name="a_b"/></v>'))
    assert reasons(error) == [
        ("driver a_b, line 2", "the driver block in line 1 has the same name")]


def test_more_blocks_than_can_be_told_apart_are_refused(read):
    blocks = read("<v>%s</v>" % "".join(
        '<driver enable="true" name="n%d"/>' % number for number in range(257)))
    assert len(choose_blocks(blocks[:256])[0]) == 256
    with pytest.raises(ConfigurationError, match="257 driver blocks to run, at most 256"):
        choose_blocks(blocks)


@pytest.mark.parametrize("text, line, part", [
    ("<v>\n<driver>\n</v>", 3, "mismatched tag"),
    ("", 1, "no element found"),
    ("no xml", 1, "syntax error"),
    ("<v>\n&nothing;</v>", 2, "undefined entity"),
    ('<!DOCTYPE v [<!ENTITY a "b">]>\n<v>&a;</v>', 1, "document types"),
    ('<?xml version="1.0"?>\n<!DOCTYPE v SYSTEM "file:///etc/passwd"><v/>', 2, "document types"),
    ('<!DOCTYPE v [<!ENTITY a SYSTEM "file:///etc/passwd">]><v>&a;</v>', 1, "document types"),
    ('<!DOCTYPE v [<!ENTITY % a SYSTEM "http://localhost/x"> %a;]><v/>', 1, "document types"),
    ('<?xml version="1.0" encoding="klingon"?><v/>', 1, "encoding"),
    (b"<v>\n\xff</v>", 2, "not well-formed"),
])
def test_bad_xml_is_refused_with_its_line(read, text, line, part):
    with pytest.raises(ConfigurationError) as error:
        read(text)
    problem, = error.value.problems
    assert problem.file.endswith("vscpd.conf")
    assert problem.where == "line %d" % line
    assert part in problem.reason


def test_a_missing_file_and_a_huge_one_are_refused(tmp_path, read):
    with pytest.raises(ConfigurationError, match="No such file or directory"):
        read_driver_blocks(str(tmp_path / "missing"))
    with pytest.raises(ConfigurationError, match="larger than 1 MiB"):
        read("<v>%s</v>" % (" " * (1 << 20)))


def test_a_deep_file_is_no_trouble(read):
    depth = 20000
    text = "<a>" * depth + '<driver enable="true" name="a"/>' + "</a>" * depth
    assert names(read(text)) == ["a"]


PIECES = st.lists(st.sampled_from([
    "<driver>", "</driver>", '<driver enable="true" name="a"/>', "<level1driver>",
    "</level1driver>", '<level2driver enable="false">', "</level2driver>", "<name>", "</name>",
    "x", "<v>", "</v>", "&amp;", "<![CDATA[", "]]>", "<!--", "-->", "<!DOCTYPE v>", "\n", "<?a b?>",
])).map("".join)


@settings(deadline=None)
@given(st.one_of(st.binary(), st.text().map(lambda text: text.encode("utf-8", "replace")),
                 PIECES.map(lambda text: ("<v>%s</v>" % text).encode())))
def test_whatever_the_file_holds_only_a_configuration_error_comes_out(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any.xml"
    path.write_bytes(content)
    try:
        blocks = read_driver_blocks(str(path))
        taken, _ = choose_blocks(blocks)
    except ConfigurationError as error:
        assert error.problems
    else:
        assert taken and set(taken) <= set(blocks)
