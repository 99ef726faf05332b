import pytest

from vscpws.daemon.config.driverblock import read_driver_blocks
from vscpws.daemon.process.samples import demo_folder
from vscpws.daemon.setup.driverlines import is_sample, new_file, with_interface

CHILD = """<vscpd>
 <!-- <driver enable="true"><config>no</config></driver> -->
 <level2driver enable="true">
  <driver enable="false"><name>other</name><config>can7</config></driver>
  <driver enable="true">
   <name>one</name>
   <config>can0;x</config>
   <guid>00</guid></driver>
  <driver enable="false"><name>third</name><config>can8</config></driver>
 </level2driver>
</vscpd>
"""
ATTRIBUTE = '<a>\n<driver enable="true" name="one"\n  config="can0" guid="" />\n</a>\n'
MIXED = '<driver enable="true" name="one" config="can0"><guid>00</guid></driver>'


def blocks_of(tmp_path, text):
    path = tmp_path / "vscpd.conf"
    path.write_text(text, encoding="utf-8")
    return read_driver_blocks(str(path))


@pytest.mark.parametrize("text", [CHILD, ATTRIBUTE, MIXED])
@pytest.mark.parametrize("channel", ["can1", "slcan:/dev/tty<A&\"B>@125000"])
def test_the_block_gets_another_interface_and_all_else_stays(tmp_path, text, channel):
    before = blocks_of(tmp_path, text)
    block = next(block for block in before if block.name == "one")
    after = blocks_of(tmp_path, with_interface(text, block, channel))
    assert [each.config for each in after if each.name == "one"] == [channel]
    assert [each for each in before if each.name != "one"] == [
        each for each in after if each.name != "one"]


@pytest.mark.parametrize("text", [
    '<driver enable="true"><name>one</name></driver>',
    '<driver enable="true"><name>one</name><config/></driver>'])
def test_what_is_written_otherwise_is_left_to_people(tmp_path, text):
    block, = blocks_of(tmp_path, text)
    assert with_interface(text, block, "can1") is None


@pytest.mark.parametrize("channel, name", [
    ("can0", "can0"), ("slcan:/dev/ttyUSB0@125000", "can"), ("udp_multicast:239.0.0.1", "can")])
def test_a_new_file_has_one_block_that_runs(tmp_path, channel, name):
    block, = blocks_of(tmp_path, new_file(channel))
    assert (block.name, block.config, block.enabled, block.guid) == (name, channel, True, "")


def test_the_sample_is_known_and_a_new_file_is_none():
    with open(demo_folder() + "/vscpd.conf", encoding="utf-8") as file:
        assert is_sample(file.read())
    assert is_sample("<!-- plays a recorded log, so that it runs on a machine without CAN. -->")
    assert not is_sample(new_file("can0"))
