"""The driver library as a distribution of its own: what ``pip install .[driver]`` adds.

It is compiled where it is installed, for it belongs to one Python.
"""

import importlib.util
import os
import sys
from pathlib import Path

from setuptools import Distribution, setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).resolve().parent
VERSION = (HERE / "VERSION").read_text(encoding="ascii").strip()
PACKAGE = "vscpws_driver"

spec = importlib.util.spec_from_file_location("vscpws_driver_build", HERE / "build.py")
building = importlib.util.module_from_spec(spec)
spec.loader.exec_module(building)


class BuildLibrary(build_py):
    def run(self):
        super().run()
        try:
            building.build(os.path.join(self.build_lib, PACKAGE), VERSION)
        except building.BuildFailed as error:
            sys.exit("vscpwsd: no driver library: %s" % error)


class Binary(Distribution):
    def has_ext_modules(self):
        return True


setup(
    name="vscpl2drv-websocksrv-python",
    version=VERSION,
    description="The VSCP websocket server as a Level II driver",
    license="MIT",
    python_requires=">=3.8",
    cmdclass={"build_py": BuildLibrary},
    distclass=Binary,
    packages=[PACKAGE],
    zip_safe=False,
)
