"""What the registered tier promises: the settings and the numbers that follow from them."""

import math
from dataclasses import dataclass
from statistics import NormalDist

from beacon_node.errors import ConfigurationError

RENYI_UNIT = 1e-8  # budgets are whole numbers of these: sums are exact, whatever their order
RHO_UNIT = 1e-7
_MOST_UNITS = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Bounds:
    """The settings of the registered tier.

    `alpha`, `beta`: a test that wrongly accuses a share alpha of non-members of membership finds
    at most a share beta of the members, from all answers to one account. `order` of the Rényi
    divergence, `epsilon` of the geometric noise. Counts below `threshold` are not shown.

    `fill_share` of the budget is kept for what the draws that stand for exhausted people tell.
    `rho` caps each person's zero-concentrated differential privacy loss for one account.
    All accounts together have `pool` times an account's budgets, and each may use one part in
    `share` of what the others have left there. Those of one organisation, and those through one
    broker, have `institution` times an account's, and each may use one part in as many of what the
    others have left there.

    `completeness` is the least predicted share of people really counted; `near`, in bases, the
    distance within which one account may ask about one group of people only.
    """

    alpha: float = 0.05
    beta: float = 0.15
    order: float = 5.0
    epsilon: float = 1.0
    threshold: int = 5
    fill_share: float = 0.02
    rho: float = 8.0
    pool: int = 3
    share: int = 3
    institution: int = 2
    completeness: float = 0.8
    near: int = 1_000_000
    smallest_group: int = 50

    def __post_init__(self) -> None:
        if not 0 < self.alpha < 1 or not 0 < self.beta < 1 or self.order <= 1:
            raise ConfigurationError("registered tier: 0 < alpha, beta < 1 and order > 1 must hold")
        if not 0 < self.epsilon <= 2 or not 0 <= self.fill_share < 1:
            raise ConfigurationError(
                "registered tier: epsilon must be in (0, 2] and fill_share in [0, 1)"
            )
        if self.budget <= 0:
            raise ConfigurationError(
                f"registered tier: power {self.beta} leaves no budget at false_positives "
                f"{self.alpha} (and order {self.order:g}); it must be larger"
            )
        self._refuse_overflow()

    def _refuse_overflow(self) -> None:
        if min(self.pool, self.share, self.institution) < 1:
            raise ConfigurationError(
                "registered tier: pool, share and institution must be at least 1"
            )
        parts = max(self.pool + self.share, 2 * self.pool, 2 * self.institution)
        if parts * max(self.budget / RENYI_UNIT, self.rho / RHO_UNIT) > _MOST_UNITS:
            raise ConfigurationError(
                "registered tier: worst_case or accounts_in_collusion is too large"
            )

    @property
    def budget(self) -> float:
        """Return the Rényi budget B of one person for one account.

        P1(A) <= (e^B P0(A))^((a-1)/a) for every event A if D_a(P1 || P0) <= B (van Erven &
        Harremoës 2014, from Hölder's inequality); B is what makes this beta at P0(A) = alpha.
        """
        return self.order / (self.order - 1) * math.log(self.beta) - math.log(self.alpha)

    @property
    def group_floor(self) -> int:
        """Return the noisy number of people a filter must at least select."""
        return max(self.smallest_group, 10 * self.threshold)

    def power(self, divergence: float) -> float:
        """Return the most a test can find of members at `alpha` false positives.

        `divergence` is the sum of all Rényi budgets its answers came from; a public tier of
        likelihood-ratio budget b adds b.
        """
        exponent = (divergence + math.log(self.alpha)) * (self.order - 1) / self.order
        return math.exp(min(0.0, exponent))

    def worst_case_power(self, rho: float) -> float:
        """Return the power against somebody who knows everything about all other people.

        Gaussian approximation for zero-concentrated differential privacy: mu = sqrt(2 rho).
        """
        normal = NormalDist()
        return normal.cdf(normal.inv_cdf(self.alpha) + math.sqrt(2 * rho))


DEFAULTS = Bounds()


@dataclass(frozen=True, slots=True)
class Limits:
    """What one account, or several together, may spend per person, in units.

    Each of several may spend one part in `share` of what the others leave. Alone: all of it.
    """

    renyi: int
    rho: int
    fill: int
    share: int = 1


def account_limits(bounds: Bounds) -> Limits:
    """Return the limits of one researcher's account on a person."""
    fill = math.floor(bounds.budget * bounds.fill_share / RENYI_UNIT)
    whole = math.floor(bounds.budget / RENYI_UNIT)
    rho = math.floor(bounds.rho / RHO_UNIT)
    return Limits(renyi=whole - fill, rho=rho, fill=fill)


def pool_limits(bounds: Bounds) -> Limits:
    """Return the limits of all accounts together."""
    return _together(bounds, bounds.pool, share=bounds.share)


def institution_limits(bounds: Bounds) -> Limits:
    """Return the limits of all accounts of one organisation, or of all through one broker."""
    return _together(bounds, bounds.institution, share=bounds.institution)


def _together(bounds: Bounds, times: int, *, share: int) -> Limits:
    one = account_limits(bounds)
    return Limits(one.renyi * times, one.rho * times, one.fill * times, share)
