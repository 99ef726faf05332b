"""For all tests: property tests judge what is found and not how long a busy machine took for it."""

try:
    from hypothesis import HealthCheck, settings
except ImportError:         # a guest machine has what its own tests need
    pass
else:
    settings.register_profile("vscpwsd", deadline=None,
                              suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("vscpwsd")
