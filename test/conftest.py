"""For all tests: property tests judge what is found and not how long a busy machine took for it.

A test has the same name in every process, whatever masks and secrets it was given by chance.
"""

import re

try:
    from hypothesis import HealthCheck, settings
except ImportError:         # a guest machine has what its own tests need
    pass
else:
    settings.register_profile("vscpwsd", deadline=None,
                              suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("vscpwsd")


_UNFIT = re.compile("[0-9A-Fa-f]{8}|[\\w-]{40}|[\ud800-\udfff]")     # by chance, or not to be written


def pytest_make_parametrize_id(config, val, argname):
    if isinstance(val, bytes) or isinstance(val, str) and _UNFIT.search(val):
        return argname          # pytest numbers those that are alike
    return None
