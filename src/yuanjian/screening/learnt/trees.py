"""Trees as arrays, and what they say; no class of any library."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Nodes = npt.NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Trees:
    """Nodes of all trees in one row: a sample goes left where its feature is <= the threshold.

    A leaf is its own left and right child; ``roots`` [K] are the first nodes.
    """

    feature: Nodes
    threshold: Floats
    left: Nodes
    right: Nodes
    value: Floats
    roots: Nodes

    def values(self, samples: npt.ArrayLike) -> Floats:
        """The leaf value of each sample in each tree: [n, F] → [n, K]; samples are compared as float32."""
        seen = np.asarray(samples, np.float32).astype(np.float64)
        rows = np.arange(len(seen))[:, None]
        node = np.broadcast_to(self.roots, (len(seen), self.roots.size))
        while True:
            goes_left = seen[rows, self.feature[node]] <= self.threshold[node]
            child = np.where(goes_left, self.left[node], self.right[node])
            if (child == node).all():
                return self.value[node]
            node = child

    def some(self, trees: slice) -> Trees:
        """Some of the trees."""
        return replace(self, roots=self.roots[trees])

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """As arrays of an artefact."""
        return {item.name: getattr(self, item.name) for item in fields(self)}

    @classmethod
    def of(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> Trees:
        """Out of the arrays of an artefact."""
        return cls(**{item.name: arrays[item.name] for item in fields(cls)})
