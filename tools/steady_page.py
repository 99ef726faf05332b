"""Looks whether a page that stays open needs more and more: see ``tools/steady-page``."""

from __future__ import annotations

import argparse
import datetime
import pathlib
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "test"), str(ROOT / "lib")]

from browser import steady  # noqa: E402
from browser.chromium import chromium  # noqa: E402
from system.clients import Ws1  # noqa: E402
from system.daemon import Daemon, driver_block  # noqa: E402

MOST_GROWTH = 0.05              # of the heap; what is being drawn just then is as much


def main() -> int:
    arguments = argparse.ArgumentParser(prog="tools/steady-page", description=__doc__)
    arguments.add_argument("--minutes", type=float, default=15)
    minutes = arguments.parse_args().minutes
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        with Daemon(folder, driver_block(config="virtual:steady"),
                    settings=steady.SETTINGS) as daemon, (
                chromium(folder / "profile")) as browser, Ws1(daemon.port) as bus:
            steady.log_in(browser, daemon.port)
            browser.execute_cdp_cmd("Performance.enable", {})
            steady.fill(browser, bus)
            version = browser.capabilities["browserVersion"].partition(".")[0]
            print("%s, Chromium %s: %g minutes of %d events/s\n" % (
                datetime.date.today(), version, minutes, steady.RATE))
            print("| minute | events | heap, MiB | elements | listeners |")
            print("| ---: | ---: | ---: | ---: | ---: |")
            try:
                samples = steady.watch(browser, bus, 60 * minutes, min(60, 6 * minutes), tell)
            except AssertionError:
                print(daemon.log(), file=sys.stderr)
                raise
    print("\nThe heap has grown by %.1f %%." % (100 * steady.growth(samples)))
    return int(steady.growth(samples) > MOST_GROWTH)


def tell(sample: steady.Sample) -> None:
    print("| %.0f | %d | %.1f | %d | %d |" % (
        sample.at / 60, sample.sent, sample.heap / 2**20, sample.elements, sample.listeners),
        flush=True)


if __name__ == "__main__":
    sys.exit(main())
