"""Days of an outlet unlike all it has shown: an isolation forest over sixty numbers of a day."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from yuanjian.screening.learnt import days, norms
from yuanjian.screening.learnt.artefact import Artefact
from yuanjian.screening.learnt.trees import Trees
from yuanjian.screening.scene import DAY
from yuanjian.screening.task import Hit, Task, Words

Floats = npt.NDArray[np.float64]
NAMED = 3
"""Features a claim names."""


def isolated_days(task: Task) -> list[Hit]:
    """Complete days that are isolated sooner than those kept aside in training.

    A forest for each group of numbers, so that one odd factor is not lost among ordinary ones; the group that
    is rarest counts. Measures: ``rank`` share of the days kept aside whose rarest group was less rare,
    ``score`` of that group as in Liu et al. (2008), IEEE ICDM. Days with fewer than ``least`` numbers known
    are not judged.
    """
    samples = days.describe(task)
    known = np.isfinite(samples).sum(axis=2)
    hits = []
    for s, subject in enumerate(task.subjects):
        artefact = task.trained(s)
        judged = np.flatnonzero(known[s] >= task.params["least"])
        z = normal(artefact, subject.outlet.outlet, samples[s, judged])
        scores = isolation(artefact, z)
        rare = rarity(artefact, scores)
        ranks = norms.rank(rare.max(axis=1), artefact.arrays["kept"])
        for at in np.flatnonzero(ranks >= task.params["from"]):
            start = task.time(24 * int(judged[at]))
            group = int(rare[at].argmax())
            measures = {"rank": float(ranks[at]), "score": float(scores[at, group])}
            words = {"what": _words(z[at], group, subject.outlet.medium), "artefact": artefact.words}
            hits.append(Hit(subject, (s,), start, start + DAY, measures, words, artefact.hash.encode()))
    return hits


def normal(artefact: Artefact, outlet: int, samples: Floats) -> Floats:
    """Features of one outlet in spreads from what is usual for it."""
    row = norms.rows_of(artefact.facts)[outlet]
    return norms.scaled(samples, artefact.arrays["centre"][row], artefact.arrays["spread"][row], days.HIGHEST)


def isolation(artefact: Artefact, samples: Floats) -> Floats:
    """Score of each row in each group, [n, G]; near 1 for what is isolated at once."""
    usual = artefact.arrays["depth"]
    depths = Trees.of(artefact.arrays).values(samples).reshape(len(samples), usual.size, -1)
    return np.asarray(2.0 ** (-depths.mean(axis=2) / usual))


def rarity(artefact: Artefact, scores: Floats) -> Floats:
    """Rank of each score among those kept of its group, [n, G]."""
    kept = artefact.arrays["kept_groups"]
    return np.stack([norms.rank(scores[:, g], kept[:, g]) for g in range(kept.shape[1])], axis=1)


def _words(z: Floats, group: int, medium: str) -> Words:
    """The numbers of the group farthest from usual."""
    chinese, english = [], []
    own = [feature for feature in range(len(days.GROUPS)) if days.GROUPS[feature] == group]
    for feature in sorted(own, key=lambda feature: -abs(z[feature]))[:NAMED]:
        zh, en = days.described(feature, medium)
        chinese.append(f"{zh}（{z[feature]:+.1f}）")
        english.append(f"{en} ({z[feature]:+.1f})")
    return "、".join(chinese), ", ".join(english)
