"""The hand waits for what moves, and does nothing twice."""

from __future__ import annotations

import urllib.parse

import pytest

from browser import hand
from browser.hand import Hand

pytestmark = pytest.mark.browser

PAGE = """<!doctype html><title>hand</title><style>button { position: fixed; left: 50px; top: 50px;
width: 90px; height: 40px }</style><button id="it">it</button><script>
window.pressed = [];
addEventListener('click', ({target}) => pressed.push(target.id || target.localName));
const it = document.querySelector('#it');
%s</script>"""
PRESSED = "return window.pressed"


@pytest.fixture
def show(browser):
    def show(script, html=""):
        browser.get("data:text/html," + urllib.parse.quote(PAGE % script + html))
        return Hand(browser)
    return show


@pytest.mark.parametrize("script", [
    "it.remove(); setTimeout(() => document.body.append(it), 300);",
    "it.hidden = true; setTimeout(() => { it.hidden = false; }, 300);",
    "it.disabled = true; setTimeout(() => { it.disabled = false; }, 300);",
    "it.ariaDisabled = 'true'; it.onclick = () => it.ariaDisabled && pressed.push('too soon');"
    "setTimeout(() => { it.ariaDisabled = null; }, 300);",
    "const anew = () => document.querySelector('#it').replaceWith(it.cloneNode(true));"
    "const often = setInterval(anew, 3); setTimeout(() => clearInterval(often), 300);"],
    ids=["absent", "hidden", "disabled", "not yet enabled", "made anew"])
@pytest.mark.parametrize("way", ["press", "tap"])
def test_a_press_waits_until_it_is_taken(show, browser, script, way):
    getattr(show(script), way)("#it")
    assert browser.execute_script(PRESSED) == ["it"]


def test_a_press_waits_until_nothing_is_above(show, browser):
    show("""
        const above = document.createElement('button');
        document.body.append(above);
        setTimeout(() => above.remove(), 300);""").press("#it")
    assert browser.execute_script(PRESSED) == ["it"]


@pytest.mark.parametrize("when", ["pointermove", "pointerdown"])
def test_a_press_that_another_element_would_get_is_done_again(show, browser, when):
    show("""
        const other = document.createElement('button'); other.id = 'other';
        addEventListener('%s', () => { document.body.append(other); it.style.top = '150px'; },
                         {once: true});""" % when).press("#it")
    assert browser.execute_script(PRESSED) == ["it"]


def test_a_press_may_end_the_page(show, browser):
    show("it.addEventListener('click', () => { location.hash = 'gone'; });").press("#it")
    show("", '<a href="about:blank">away</a>').press("a")
    hand.eventually(lambda: browser.current_url == "about:blank")


def test_what_never_takes_a_press_is_said(show, browser):
    show("it.disabled = true;")
    once = Hand(browser, lambda condition, what: hand.eventually(condition, what, 0))
    with pytest.raises(AssertionError, match="#it.* took no press"):
        once.press("#it")
    assert browser.execute_script(PRESSED) == []


def test_what_is_asked_of_an_element_waits_for_it(show):
    page = show("it.remove(); setTimeout(() => document.body.append(it), 300);")
    hand.eventually(lambda: page.is_shown("#it") and page.at("#it").is_enabled())


def test_a_menu_that_is_open_stays_open(show, browser):
    page = show("", '<details id="menu"><summary>menu</summary><p>in it</p></details>')
    for _ in range(2):
        page.unfold("#menu")
        assert page.is_shown("#menu p")
    assert browser.execute_script(PRESSED) == ["summary"]


def test_a_text_is_whole_though_the_field_was_made_anew(show, browser):
    page = show("""
        it.outerHTML = '<input id="field" value="before">';
        document.querySelector('#field').addEventListener('input', ({target}) => {
          if (target.value === 'ne') target.outerHTML = '<input id="field">';
        });""")
    page.write("new text", "#field")
    assert page.at("#field").get_attribute("value") == "new text"


def test_keys_wait_for_a_field_that_can_be_typed_into(show):
    page = show("""
        it.outerHTML = '<input id="field" disabled>';
        setTimeout(() => { document.querySelector('#field').disabled = false; }, 300);""")
    page.keys("once", "#field")
    assert page.at("#field").get_attribute("value") == "once"
