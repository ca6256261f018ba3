"""What every test stands on."""

from hypothesis import HealthCheck, settings

from tests import compiled

# A law is about what holds, not about how fast a shared machine is just now; speed has the bench.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")
compiled.share_among_all_apps()
