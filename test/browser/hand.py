"""What a user's hand does on a page that may still be moving: it waits until it is taken.

WebDriver looks once: what isn't there yet, isn't shown or is made anew at that moment is an error
there, and a press of which the element slips away between down and up is lost without one.
"""

from __future__ import annotations

from typing import Any, Callable, Union

import local
import needs
from browser.chromium import AT, PATIENCE, shadow

__all__ = ["Eventually", "Hand", "eventually"]

#: A selector, of which each is looked for in the shadow of the one before it; or what finds it.
Place = Union[str, Callable[[], Any]]
Eventually = Callable[..., None]

#: A click that comes to another element, for the page moved under it, is none.
_WATCH = """
const [element] = arguments;
window.watch?.abort();
if (element.disabled || element.ariaDisabled === 'true') return false;
window.watch = new AbortController();
window.isPressed = false;
window.addEventListener('click', click => {
  window.isPressed = click.composedPath().includes(element);
  if (window.isPressed) return;
  click.preventDefault();
  click.stopImmediatePropagation();
}, {capture: true, once: true, signal: window.watch.signal});
return true;"""
#: Of a page that has gone, as a link's, it is not known; it has gone by the press.
_PRESSED = "window.watch?.abort(); return window.isPressed ?? true"
_TAP = """
const [element] = arguments;
if (element.disabled || element.ariaDisabled === 'true'
    || !element.checkVisibility()) return false;
element.click();
return true;"""


def eventually(condition: Callable[[], object], what: str = "", seconds: float = PATIENCE) -> None:
    """Waits for a condition, and says what it was if it doesn't come.

    An element that isn't there yet, or any more, or isn't shown, or is covered is a condition that
    doesn't hold; so is one whose shadow isn't, which only the page's own language tells of.
    """
    exceptions = needs.module("selenium.common.exceptions")
    not_now = (exceptions.NoSuchElementException, exceptions.StaleElementReferenceException,
               exceptions.ElementNotInteractableException, exceptions.JavascriptException,
               exceptions.ElementClickInterceptedException,
               exceptions.InvalidElementStateException)
    last = []

    def holds():
        del last[:]
        try:
            return condition()
        except not_now as error:
            last.append(error.msg)
            return False
    assert local.wait_until(holds, seconds), " ".join(
        [what or "the condition never came true", *map(str, last)])


class Hand:
    """On the pages of a browser. Each place is found anew until it takes what is done to it."""

    def __init__(self, browser: Any, eventually: Eventually = eventually):
        self.browser, self.eventually = browser, eventually

    def at(self, *places: Place) -> Any:
        """The element; one that isn't there is an error that ``eventually`` waits for to go."""
        found = places[0]() if callable(places[0]) else shadow(self.browser, *places)
        if found is None:
            exceptions = needs.module("selenium.common.exceptions")
            raise exceptions.NoSuchElementException("no element at %s" % (places,))
        return found

    def text(self, *selectors: str) -> str:
        return self.browser.execute_script(
            AT + "return at(arguments[0]).textContent", selectors).strip()

    def texts(self, selector: str) -> list:
        return self.browser.execute_script(
            "return [...document.querySelectorAll(arguments[0])].map(at => at.textContent.trim())",
            selector)

    def is_shown(self, *places: Place) -> bool:
        return self.at(*places).is_displayed()

    def press(self, *places: Place) -> None:
        """Press it with the pointer, once."""
        def pressed():
            element = self.at(*places)
            if not self.browser.execute_script(_WATCH, element):
                return False
            element.click()
            return self.browser.execute_script(_PRESSED)
        self.eventually(pressed, "%s took no press:" % (places,))

    def tap(self, *places: Place) -> None:
        """Press it in the moment that it is found: it is hit, however fast it moves. So is what
        has text of the page in its slot, above which WebDriver sees the element around it."""
        self.eventually(lambda: self.browser.execute_script(_TAP, self.at(*places)),
                        "%s took no press:" % (places,))

    def keys(self, keys: str, *places: Place) -> None:
        """Press keys on it, once."""
        def pressed():
            element = self.at(*places)
            if not element.is_enabled():
                return False
            element.send_keys(keys)
            return True
        self.eventually(pressed, "%s took no keys:" % (places,))

    def keys_at_focus(self, keys: str) -> None:
        self.keys(keys, lambda: self.browser.switch_to.active_element)

    def write(self, text: str, *places: Place) -> None:
        """Type it into a field, instead of what was there."""
        def written():
            field = self.at(*places)
            field.clear()
            field.send_keys(text)
            return field.get_attribute("value") == text
        self.eventually(written, "%s took no text:" % (places,))

    def unfold(self, menu: str) -> None:
        """Open a menu. A press on one that is open would close it."""
        def is_open():
            return self.at(menu).get_attribute("open") is not None

        def opened():
            if not is_open():
                self.press(menu + " > summary")
            return is_open()
        self.eventually(opened, "%s did not open" % menu)
