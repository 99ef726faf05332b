"""Building and installing; ``pyproject.toml`` names the tools."""

import hashlib
import re
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).resolve().parent
VERSION = re.search(r'^__version__ = "([^"]+)"$',     # read, not imported: needs no dependency
                    (HERE / "lib/vscpws/__init__.py").read_text(encoding="utf-8"), re.M).group(1)
# pip takes the newest release, and builds it for minutes where it has no wheel: on Pythons that are
# past their end gevent's newest have none, on ARM sooner than elsewhere.
GEVENT = ["gevent>=22.10; python_version >= '3.11'",
          "gevent>=22.10,<26; python_version < '3.11'",
          "gevent<23; python_version < '3.10' and platform_machine == 'aarch64'"]
# What python-can's interfaces need, by the name that vscpws.can.adapters gives as advice.
ADAPTERS = {
    "serial": ["pyserial>=3.0"],
    "udp": ["msgpack>=1.0"],
    "gs_usb": ["gs-usb>=0.2.1", "pyusb>=1.0.2"],
    "canalystii": ["canalystii>=0.1.0"],
    "cantact": ["cantact>=0.0.7"],
    "neovi": ["python-ics>=2.12"],
    "nixnet": ["nixnet>=0.3.2"],
}
# What the MQTT bridge speaks with.
MQTT = ["paho-mqtt>=1.6.1"]
# The QR code that --setup shows.
QR = ["segno>=1.4.1"]
TEST = ["build", "hypothesis", "msgpack", "pyserial", "pytest>=7.2", "pytest-xdist>=3",
        "selenium>=4.11; python_version >= '3.10'", "websocket-client>=1.2", "websockets>=10.4",
        *MQTT, *QR]

# One release of mypy, so that all see the same; what it can't run on has ruff alone.
DEV = ["coverage[toml]>=7", "pytest-cov>=4", "ruff", *("%s; python_version >= '3.10'" % name
                 for name in ("mypy~=2.4", "types-defusedxml", "types-gevent"))]

# The library for VSCP's daemon, compiled where it is installed; it is a distribution of its own, so
# that nobody else needs a compiler. It comes from the sources beside this file.
DRIVER = ["vscpl2drv-websocksrv-python @ %s" % (HERE / "driver").as_uri()]

# What else is handed out, in the package: daemon/process/samples.py reads conf/, people the others.
SAMPLES = {"conf": "conf", "init": "init", "doc/man": "man"}
# The published secrets, by their SHA-256. Who has put his own in their place has a configuration in
# conf/ and no sample: it stays where it is, for everybody may read what is installed.
PUBLISHED = {
    "users.json": "0a11b2113adf7a082f611250bc05e726ffbb38004cabb004423e70a999739af2",
    "vscp.key": "8193c224a032c71f27a34c308dd1dfbbf8b2d968d1b19c09e7f00a9dd15ea02a",
}


def is_sample(folder):
    return folder.name != "conf" or all(
        hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
        for name, digest in PUBLISHED.items())


class BuildWithSamples(build_py):
    def run(self):
        super().run()
        if not getattr(self, "editable_mode", False):
            for source, name in SAMPLES.items():
                place = "%s/vscpws/samples/%s" % (self.build_lib, name)
                if is_sample(HERE / source):
                    self.copy_tree(str(HERE / source), place)
                else:
                    self.warn("%s has secrets of your own and is not packaged" % source)


setup(
    name="vscpwsd",
    version=VERSION,
    description="A VSCP websocket server (ws1 and ws2) for CAN",
    long_description=(HERE / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="MIT",
    python_requires=">=3.8",
    install_requires=[
        *GEVENT,
        "gevent-websocket>=0.10.1",
        "python-can>=4.1",
        "configobj>=5.0.8",
        "python-daemon>=2.3",
        "cryptography>=38",
        "defusedxml>=0.7",
    ],
    extras_require={**ADAPTERS, "driver": DRIVER, "mqtt": MQTT, "qr": QR, "test": TEST,
                    "dev": TEST + DEV},
    cmdclass={"build_py": BuildWithSamples},
    package_dir={"": "lib"},
    packages=find_packages("lib"),
    package_data={"vscpws": ["py.typed"],
                  "vscpws.reading": ["data/*"],
                  "vscpws.web": ["page/*", "page/monitor/*", "vscp/*"]},
    scripts=["vscpwsd.py"],
    zip_safe=False,
    keywords=["VSCP", "CAN", "websocket", "daemon"],
    classifiers=[
        "Development Status :: 4 - Beta",
        "Environment :: No Input/Output (Daemon)",
        "Operating System :: POSIX :: Linux",
        "Programming Language :: Python :: 3",
        "Topic :: Home Automation",
    ],
)
