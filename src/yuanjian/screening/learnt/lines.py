"""Straight lines fitted robustly, and how far a later point is from them, in closed form."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
TUKEY = 4.685
"""Residuals beyond so many spreads count nothing: 95 % efficiency for normal ones (Tukey's bisquare)."""
ROUNDS = 30


@dataclass(frozen=True, eq=False)
class Line:
    """y = x · coefficients; ``spread`` of the residuals, ``inverse`` (X'WX)^-1 [K, K], degrees of freedom."""

    coefficients: Floats
    inverse: Floats
    spread: float
    freedom: float

    def distance(self, given: Floats, values: Floats) -> Floats:
        """Residuals of new points in standard deviations of their prediction: spread · √(1 + x' V x)."""
        leverage = np.einsum("nk,kl,nl->n", given, self.inverse, given)
        return np.asarray((values - given @ self.coefficients) / (self.spread * np.sqrt(1.0 + leverage)))


@dataclass(frozen=True, eq=False)
class Prior:
    """What coefficients are before anything is seen: means and precisions (1 / deviation²; 0: anything)."""

    mean: Floats
    precision: Floats


def fit(given: Floats, values: Floats, prior: Prior, floor: float) -> Line:
    """Ridge regression towards the prior, reweighted with Tukey's bisquare: a few bad points do not move it.

    ``given`` [n, K] with n > K; ``floor``: nothing is measured better. Predictors that tell the same are told
    apart by the prior alone.
    """
    weights, robust = np.ones(len(values)), 1.0
    rest = values - given @ prior.mean
    for _ in range(ROUNDS):
        seen = (given * weights[:, None]).T @ given + robust**2 * np.diag(prior.precision)
        inverse = np.asarray(np.linalg.inv(seen), np.float64)
        moved = inverse @ (given * weights[:, None]).T @ rest
        away = rest - given @ moved
        robust = max(1.4826 * float(np.median(np.abs(away))), floor / 2)
        weights = np.clip(1.0 - (away / (TUKEY * robust)) ** 2, 0.0, None) ** 2
    freedom = max(float(weights.sum()) - given.shape[1], 2.0)
    weighted = float(np.sqrt((weights * away**2).sum() / freedom))
    return Line(prior.mean + moved, inverse, max(weighted, robust, floor), freedom)


def surprise(square: Floats | float, freedom: Floats | float) -> Floats:
    """-log10 P(T² ≥ square) of two independent standardised residuals with so many degrees of freedom.

    Hotelling's T² in two dimensions: (ν - 1) / (2 ν) · T² is F(2, ν - 1), whose tail is
    (1 + T² / ν)^(-(ν - 1) / 2) exactly.
    """
    return np.asarray((np.asarray(freedom) - 1.0) / 2.0 * np.log10(1.0 + np.asarray(square) / freedom))


def square_of(chance: float, freedom: float) -> float:
    """The T² that is exceeded with a probability: the inverse of `surprise`."""
    return float(freedom * (chance ** (-2.0 / (freedom - 1.0)) - 1.0))
