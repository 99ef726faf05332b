"""For all tests: property tests judge what is found and not how long a busy machine took for it."""

from hypothesis import HealthCheck, settings

settings.register_profile("vscpwsd", deadline=None,
                          suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("vscpwsd")
