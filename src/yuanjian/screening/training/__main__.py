"""``python -m yuanjian.screening.training CODE…``: the artefacts that the cases of the catalogue use.

From the data in ``catalogue/<code>/training/``, laid out as a case; writes ``catalogue/<code>/trained.npz``.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import cast

from yuanjian.screening import cases, catalogue, training
from yuanjian.screening.learnt.artefact import Artefact
from yuanjian.screening.model import Model


def from_example(model: Model, root: Traversable | None = None) -> Artefact:
    """What a model learns from the example beside its cases."""
    example = cases.one(model.code, (root or catalogue.folder()) / model.code / "training")
    return training.train(model, example.readings, example.registry, start=example.start, end=example.end)


def main(codes: Sequence[str]) -> int:
    """Train the models named."""
    models = catalogue.load()
    for code in codes:
        artefact = from_example(models[code])
        artefact.save(cast("Path", catalogue.folder() / code / "trained.npz"))
        print(code, artefact.hash[:12], dict(artefact.facts["metrics"]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
