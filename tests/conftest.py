"""One profile for all properties: no deadline on loaded machines, the same examples every time."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "seaway", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "fuzz", deadline=None, max_examples=20_000, suppress_health_check=list(HealthCheck)
)
settings.load_profile("seaway")
