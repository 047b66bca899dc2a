"""The real sources of chance and time."""

import secrets
from datetime import UTC, datetime
from functools import lru_cache

import numpy as np


class SystemRandomness:
    """Randomness from the operating system."""

    def bytes(self, count: int) -> bytes:
        return secrets.token_bytes(count)


class OpenDPNoise:
    """Noise of privacy mechanisms: OpenDP's sampler, which no rounding of floats gives away.

    OpenDP is loaded with the first draw (0.2 s): programs that protect no counts never load it.
    """

    def geometric(self, epsilon: float) -> int:
        return int(_geometric(epsilon)(0))

    def binomial(self, count: int, *, probability: float) -> int:
        seed = int.from_bytes(secrets.token_bytes(32))
        generator = np.random.Generator(np.random.PCG64DXSM(seed))
        return int(generator.binomial(count, probability))


@lru_cache(4)
def _geometric(epsilon: float):
    """Return OpenDP's geometric mechanism for counts (sensitivity 1); refuses a wrong loss."""
    from opendp.domains import atom_domain
    from opendp.measurements import make_geometric
    from opendp.metrics import absolute_distance
    from opendp.mod import enable_features

    enable_features("contrib")
    space = atom_domain(T=int), absolute_distance(T=int)
    mechanism = make_geometric(*space, scale=1 / epsilon)
    if not mechanism.check(1, epsilon * (1 + 1e-9)):
        raise ArithmeticError("the noise is weaker than it must be")
    return mechanism


class SystemClock:
    """The machine's clock, in UTC."""

    def now(self) -> datetime:
        return datetime.now(UTC)
