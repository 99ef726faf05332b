"""No test is about how fast the machine is: hypothesis has no deadline."""

import hypothesis

hypothesis.settings.register_profile("vscpwsd", deadline=None)
hypothesis.settings.load_profile("vscpwsd")
