"""Trees of scikit-learn as arrays."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from yuanjian.screening.learnt.trees import Floats, Trees

Grown = tuple[Any, Floats]
"""A tree (``Tree`` of scikit-learn) with the value of its nodes."""


def as_arrays(trees: Iterable[Grown]) -> Trees:
    """All nodes in one row."""
    parts: list[tuple[Any, ...]] = []
    roots = [0]
    for tree, value in trees:
        first = roots[-1]
        here = np.arange(tree.node_count)
        leaf = tree.children_left < 0
        parts.append(
            (
                np.where(leaf, 0, tree.feature),
                np.where(leaf, 0.0, tree.threshold),
                np.where(leaf, here, tree.children_left) + first,
                np.where(leaf, here, tree.children_right) + first,
                value,
            )
        )
        roots.append(first + tree.node_count)
    feature, threshold, left, right, values = (np.concatenate(part) for part in zip(*parts, strict=True))
    nodes = [part.astype(np.int32) for part in (feature, left, right, np.array(roots[:-1]))]
    return Trees(nodes[0], threshold.astype(np.float64), nodes[1], nodes[2], values, nodes[3])
