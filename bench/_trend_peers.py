"""Change points by PELT (ruptures) and peer outliers by LOF (scikit-learn), in an interpreter that has them.

`python _trend_peers.py INPUT.npz` reads what `_trends.py` wrote and prints JSON: for each penalty the changes
of each series of daily logarithms, ``[series, day, size]``; for each outlet and month its local outlier
factor among the honest ones of its group.
"""

from __future__ import annotations

import json
import sys

import numpy as np
import ruptures
from sklearn.neighbors import LocalOutlierFactor

MIN_DAYS = 7


def changes(levels: np.ndarray, penalty: float) -> list[list[float]]:
    """Days on which the mean of a row changes by PELT with a cost of squares, and by how much."""
    found = []
    for row, own in enumerate(levels):
        known = np.flatnonzero(np.isfinite(own))
        if known.size < 6 * MIN_DAYS:
            continue
        values = own[known]
        noise = np.median(np.abs(np.diff(values))) / 0.954  # of a difference of two normal values
        scaled = values / max(noise, 1e-3)
        ends = ruptures.Pelt(model="l2", min_size=MIN_DAYS, jump=1).fit(scaled[:, None]).predict(pen=penalty)
        starts = [0, *ends[:-1]]
        means = [values[first:last].mean() for first, last in zip(starts, ends, strict=True)]
        found += [
            [row, int(known[at]), float(now - before)]
            for at, before, now in zip(starts[1:], means[:-1], means[1:], strict=True)
        ]
    return found


def factors(features: np.ndarray, peers: int) -> list[float]:
    """LOF of each row of one group, 1 where too few are known or the group is too small."""
    known = np.isfinite(features).all(axis=1)
    result = np.ones(len(features))
    if known.sum() > 8:
        centred = features[known] - np.median(features[known], axis=0)
        scale = 1.4826 * np.median(np.abs(centred), axis=0)
        model = LocalOutlierFactor(n_neighbors=min(peers, int(known.sum()) - 1))
        model.fit(centred / np.maximum(scale, 1e-3))
        result[known] = -model.negative_outlier_factor_
    return result.tolist()


def main(path: str) -> int:
    """Answer: of each falsified outlet among honest peers too."""
    with np.load(path) as given:
        levels, honest, bad, groups = (given[name] for name in ("levels", "honest", "bad", "groups"))
        penalties, k = given["penalties"].tolist(), int(given["k"])
    lof, lof_bad = np.ones(honest.shape[:2]), np.ones(honest.shape[:2])
    for group in np.unique(groups):
        rows = np.flatnonzero(groups == group)
        for month in range(honest.shape[1]):
            peers = honest[rows, month]
            lof[rows, month] = factors(peers, k)
            for place, row in enumerate(rows):
                mixed = peers.copy()
                mixed[place] = bad[row, month]
                lof_bad[row, month] = factors(mixed, k)[place]
    pelt = {str(penalty): changes(levels, penalty) for penalty in penalties}
    print(json.dumps({"pelt": pelt, "honest": lof.tolist(), "bad": lof_bad.tolist()}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
