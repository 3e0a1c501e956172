"""What is probably behind a clue: somebody cheats, an instrument is broken, or upkeep went wrong.

Numbers about the time of a clue (`circumstances`) and what models said of it within a day; a multinomial
logistic regression of them, its temperature set on cases kept aside. It orders an analyst's thoughts and
decides nothing (design proposal [D]; the three kinds: patent CN110245880A).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from yuanjian.screening.learnt.artefact import Artefact

Floats = npt.NDArray[np.float64]
KINDS: dict[str, tuple[str, str]] = {
    "cheat": ("排污单位造假", "cheating by the enterprise"),
    "fault": ("仪器或传输故障", "fault of instrument or transmission"),
    "upkeep": ("运维异常", "upkeep gone wrong"),
}
NOT_HEARD = frozenset({"exceedance", "power"})
"""Classes whose clues are not judged and whose models are not heard: nobody falsified data there."""
NUMBERS: dict[str, tuple[str, str]] = {
    "missing": ("数据缺失的比例", "share of values missing"),
    "all_missing": ("全部因子同时缺失的比例", "share of hours without anything"),
    "flagged": ("带异常标识的比例", "share of values flagged"),
    "frozen": ("同时固化不变的数据项比例", "share of series that stand still"),
    "maintained": ("前后一天内的维护标记", "maintenance marked within a day"),
    "calibrated": ("前后一天内的校准、核查标记", "calibration marked within a day"),
    "reported": ("前后一天内报过故障、中断", "fault or loss reported within a day"),
    "stopped": ("标记停运的比例", "share marked as stopped"),
    "opened": ("开始前一天内开过门", "door opened in the day before"),
    "visits": ("期间平均每天开门次数", "openings a day meanwhile"),
    "night": ("夜间开始", "began at night"),
    "length": ("持续时间", "length"),
    "lower": ("浓度低于此前一周", "concentration lower than the week before"),
    "higher": ("浓度高于此前一周", "concentration higher than the week before"),
    "load": ("生产负荷", "load of production"),
    "near": ("此前接近或超过限值", "near or above the limit before"),
    "breadth": ("涉及因子的比例", "share of the factors named"),
    "models": ("发声模型数", "number of models that speak"),
}
"""The numbers, with the words an explanation uses."""
TELLING = 0.05
"""A reason adds at least this much to the logarithm of the odds."""


@dataclass(frozen=True)
class Reason:
    """A number (or a model's finding) that speaks for the kind, and how much (logarithm of the odds).

    ``more``: by being more than usual among the examples, not less.
    """

    feature: str
    value: float
    more: bool
    weight: float


@dataclass(frozen=True)
class Opinion:
    """Probability of each kind, the likeliest one, and what speaks for it, strongest first."""

    chances: Mapping[str, float]
    kind: str
    because: tuple[Reason, ...]


def vector(artefact: Artefact, described: Mapping[str, float]) -> Floats:
    """The features of the artefact in its order; models it does not know are left out."""
    return np.array([described.get(name, 0.0) for name in artefact.facts["features"]])


def chances(artefact: Artefact, samples: Floats) -> Floats:
    """Probabilities [n, K] in the order of `KINDS`: softmax of (W x + b) times the inverse temperature."""
    scores = samples @ artefact.arrays["weights"].T + artefact.arrays["bias"]
    return softmax(artefact.arrays["beta"] * scores)


def softmax(scores: Floats) -> Floats:
    """Probabilities [n, K] out of scores [n, K]."""
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def judge(artefact: Artefact, described: Mapping[str, float], most: int = 4) -> Opinion:
    """What the clue probably is and why: what lifts the odds of that kind above the mean of all kinds.

    That a model said nothing counts, but is no reason to tell.
    """
    x = vector(artefact, described)
    found = chances(artefact, x[None, :])[0]
    best = int(found.argmax())
    weights = artefact.arrays["weights"]
    lifts = (weights[best] - weights.mean(axis=0)) * (x - artefact.arrays["usual"]) * artefact.arrays["beta"]
    names = artefact.facts["features"]
    order = [at for at in np.argsort(-lifts) if names[at] in NUMBERS or x[at] > 0][:most]
    because = tuple(
        Reason(
            names[at], float(x[at]), bool(x[at] > artefact.arrays["usual"][at]), round(float(lifts[at]), 3)
        )
        for at in order
        if lifts[at] >= TELLING
    )
    kinds = list(KINDS)
    return Opinion({kind: float(found[at]) for at, kind in enumerate(kinds)}, kinds[best], because)
