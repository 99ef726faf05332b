"""A folder with working configuration files, to be spoilt one by one."""

import pytest

from vscpws.daemon.config.load import load

MAC = bytes.fromhex("B827EB0A1102")

BLOCK = """<driver enable="true"><name>can one</name><config>vcan0</config>
<guid>FF:FF:FF:FF:FF:FF:FF:FE:B8:27:EB:0A:11:02:00:00</guid></driver>"""


class Folder:
    """``load`` with texts instead of files."""

    def __init__(self, path):
        self.path = path
        self.config = str(path / "vscpd.conf")
        self.ini = str(path / "vscpwsd.ini")
        self.write("vscp.key", "2DBB079A38985AF00EBEEFE22F9FFA0E")
        self.write("users.json", "{}")

    def write(self, name, content):
        path = self.path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return str(path)

    def load(self, ini="", xml=BLOCK, driver=None, mac=MAC):
        self.write("vscpwsd.ini", ini)
        self.write("vscpd.conf", xml)
        return load(self.config, self.ini, driver, lambda: mac)


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path)
