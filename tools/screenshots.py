"""Makes the pictures of the pages: see ``tools/screenshots``."""

from __future__ import annotations

import pathlib
import sys
import tempfile
import time
from typing import Any, NamedTuple

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "test"), str(ROOT / "lib")]

import local  # noqa: E402
from browser.chromium import ACROSS, DESKTOP, PHONE, chromium, look, shadow  # noqa: E402
from system.daemon import Daemon, driver_block  # noqa: E402

WARM_UP = 100.0                 # s in which the demo has said what there is, and some more
IN_SIGHT = 150000               # ms of the plots
SHOWN = ROOT / "doc" / "img"
GERMAN = "de-DE"


class Picture(NamedTuple):
    """A look at a page; those that the documentation has are ``shown``."""

    name: str
    path: str
    scheme: str
    size: Any
    locale: str = "en-US"
    shown: bool = False


PICTURES = [
    Picture("monitor-light", "", "light", DESKTOP, shown=True),
    Picture("monitor-dark", "", "dark", DESKTOP, shown=True),
    Picture("monitor-phone-light", "", "light", PHONE, shown=True),
    Picture("monitor-phone-dark", "", "dark", PHONE, shown=True),
    Picture("monitor-across", "", "light", ACROSS),
    Picture("monitor-german", "", "light", DESKTOP, GERMAN),
    Picture("panel-light", "panel.html", "light", DESKTOP, shown=True),
    Picture("panel-dark", "panel.html", "dark", DESKTOP, shown=True),
    Picture("panel-phone-light", "panel.html", "light", PHONE, shown=True),
    Picture("panel-phone-dark", "panel.html", "dark", PHONE),
    Picture("panel-across", "panel.html", "light", ACROSS),
    Picture("panel-german", "panel.html", "light", PHONE, GERMAN),
]


def main() -> None:
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else SHOWN
    with tempfile.TemporaryDirectory() as scratch, Daemon(
            pathlib.Path(scratch), driver_block(name="house", config="demo:house"),
            settings={"names-file": ROOT / "conf" / "names.json"}) as daemon, chromium(
                pathlib.Path(scratch) / "profile") as browser:
        log_in(browser, daemon)
        time.sleep(WARM_UP)
        for picture in PICTURES:
            if picture.shown or folder != SHOWN:
                take(browser, daemon, picture, folder)


def log_in(browser: Any, daemon: Any) -> None:
    browser.get("http://localhost:%d/" % daemon.port)
    wait_for(browser, "#login-form")
    form = shadow(browser, "#login-form")
    form.find_element("css selector", "[name=user]").send_keys("admin")
    form.find_element("css selector", "[name=password]").send_keys("secret")
    form.find_element("css selector", "[name=remember]").click()
    form.find_element("css selector", "button").click()
    wait_for(browser, "#nodes .sensor")
    for wanted in ("Power", "Air"):                 # two plots
        browser.execute_script(
            "[...document.querySelectorAll('#nodes .sensor')].find(at => "
            "at.textContent.includes(arguments[0]))?.click()", wanted)


def take(browser: Any, daemon: Any, picture: Picture, folder: pathlib.Path) -> None:
    look(browser, picture.scheme, picture.size, picture.locale)
    browser.get("http://localhost:%d/%s" % (daemon.port, picture.path))
    wait_for(browser, "#events-rows .row:not([hidden])" if not picture.path else "vscp-value")
    browser.execute_script(
        "const plot = document.querySelector('vscp-plot');"
        "if (plot) plot.axis.span = arguments[0]", IN_SIGHT)
    time.sleep(4)                   # plots come with the past, rows with the events
    folder.mkdir(exist_ok=True)
    browser.save_screenshot(str(folder / (picture.name + ".png")))


def wait_for(browser: Any, selector: str) -> None:
    if not local.wait_until(lambda: browser.execute_script(
            "return document.querySelector(arguments[0])?.checkVisibility()", selector), 60):
        raise SystemExit("screenshots: there is no %s on %s" % (selector, browser.current_url))


if __name__ == "__main__":
    main()
