"""For all tests: property tests judge what is found and not how long a busy machine took for it.

A test has the same name in every process, whatever masks and secrets it was given by chance.
"""

import os
import re
import signal

import pytest

try:
    from hypothesis import HealthCheck, settings
except ImportError:         # a guest machine has what its own tests need
    pass
else:
    settings.register_profile("vscpwsd", deadline=None,
                              suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("vscpwsd")


@pytest.fixture(scope="session", autouse=True)
def measured_alone():
    """Coverage is that of the tests' own process. Older versions of pytest-cov measure what it
    starts, too: in another folder without our settings, and with words where none are expected."""
    for name in [name for name in os.environ if name.startswith("COV_CORE_")]:
        del os.environ[name]


@pytest.fixture(autouse=True)
def with_signals():
    """What ignores a signal hands that on to all that it starts: a shell does in the background,
    ``nohup`` does, and so do commands that an earlier test ran in this process. What is to be ended
    by one would go on."""
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGALRM):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_configure(config):
    # Of tests that are run two at a time, the order is ours and not that of their number in a file.
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False


def pytest_collection_modifyitems(items):
    """Those that take longest come first, so that at the end nobody waits for one of them."""
    items.sort(key=_rank)


def _rank(item):
    if item.get_closest_marker("browser"):
        return 1
    long = item.nodeid.startswith(("test/bench/", "test/driver/", "test/system/"))
    return 0 if long or any(map(item.get_closest_marker, ("uml", "debian"))) else 2


_BY_CHANCE = re.compile(r"[0-9A-Fa-f]{8}|[\w-]{40}")


def pytest_make_parametrize_id(config, val, argname):
    if isinstance(val, bytes) or isinstance(val, str) and _BY_CHANCE.search(val):
        return argname          # pytest numbers those that are alike
    return None


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """What was captured may hold what is no text; a report goes from process to process."""
    report = (yield).get_result()
    report.sections = [(name, text.encode("utf-8", "backslashreplace").decode("utf-8"))
                       for name, text in report.sections]
