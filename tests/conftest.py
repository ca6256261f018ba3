"""What every test stands on."""

from hypothesis import HealthCheck, settings

from tests import compiled

# A law is about what holds, not about how fast a shared machine is just now; speed has the bench. The same examples each time: whoever changes one line
# is told of that line. The search for what nobody thought of is another run: make laws
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
settings.register_profile(
    "wide", deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=1_000, print_blob=True
)
settings.load_profile("house")
compiled.share_among_all_apps()
