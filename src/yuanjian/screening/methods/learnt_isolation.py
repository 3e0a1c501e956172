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

    Measures: ``rank`` share of these that were less isolated, ``score`` of Liu et al. (2008), IEEE ICDM.
    Days with fewer than ``least`` numbers known are not judged.
    """
    samples = days.describe(task)
    known = np.isfinite(samples).sum(axis=2)
    hits = []
    for s, subject in enumerate(task.subjects):
        artefact = task.trained(s)
        judged = np.flatnonzero(known[s] >= task.params["least"])
        z = normal(artefact, subject.outlet.outlet, samples[s, judged])
        scores = isolation(artefact, z)
        ranks = norms.rank(scores, artefact.arrays["kept"])
        for at in np.flatnonzero(ranks >= task.params["from"]):
            start = task.time(24 * int(judged[at]))
            measures = {"rank": float(ranks[at]), "score": float(scores[at])}
            words = {"what": _words(z[at], subject.outlet.medium), "artefact": artefact.words}
            hits.append(Hit(subject, (s,), start, start + DAY, measures, words, artefact.hash.encode()))
    return hits


def normal(artefact: Artefact, outlet: int, samples: Floats) -> Floats:
    """Features of one outlet in spreads from what is usual for it."""
    row = norms.rows_of(artefact.facts)[outlet]
    return norms.scaled(samples, artefact.arrays["centre"][row], artefact.arrays["spread"][row])


def isolation(artefact: Artefact, samples: Floats) -> Floats:
    """Score of each row, near 1 for what is isolated at once; the negative of scikit-learn's."""
    depth = Trees.of(artefact.arrays).values(samples).mean(axis=1)
    return np.asarray(2.0 ** (-depth / float(artefact.arrays["depth"])))


def _words(z: Floats, medium: str) -> Words:
    """The numbers farthest from usual."""
    chinese, english = [], []
    for feature in np.argsort(-np.abs(z), kind="stable")[:NAMED]:
        zh, en = days.described(int(feature), medium)
        chinese.append(f"{zh}（{z[feature]:+.1f}）")
        english.append(f"{en} ({z[feature]:+.1f})")
    return "、".join(chinese), ", ".join(english)
