"""How many inputs a fuzzer tries: few and always the same ones in `make test`, many at random in `make fuzz`."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

LONG = "fuzz"
"""Name of the hypothesis profile of `make fuzz`."""
_LONGER = 10

settings.register_profile(LONG, deadline=None, max_examples=2_000)


def examples(number: int) -> settings:
    """A decorator beside `@given`: try `number` inputs, or in the long profile ten times as many, each time others."""
    is_long = settings.get_current_profile_name() == LONG
    return settings(
        max_examples=number * _LONGER if is_long else number,
        derandomize=not is_long,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
    )
