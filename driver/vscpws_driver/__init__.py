"""Where the driver library is installed; ``python -m vscpws_driver`` prints its path."""

from pathlib import Path

__all__ = ["PATH"]

#: Of the library that VSCP's daemon loads.
PATH = Path(__file__).resolve().parent / "vscpl2drv-websocksrv.so"
