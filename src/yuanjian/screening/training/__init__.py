"""Training of the models that learn, on the readings themselves: arrays in, an artefact out.

The same readings, window and seed give the same artefact, hash and all, with the same libraries.
"""

from __future__ import annotations

from datetime import datetime
from importlib.metadata import version

from yuanjian.errors import UserFault
from yuanjian.screening.learnt.artefact import Artefact
from yuanjian.screening.model import Model
from yuanjian.screening.ports import Readings, Registry
from yuanjian.screening.training import balance, isolation, residual, windows
from yuanjian.screening.training.lesson import Trainer, lesson

TRAINERS: dict[str, Trainer] = {
    "isolated_days": isolation.learn,
    "low_residual": residual.learn,
    "odd_windows": windows.learn,
    "three_way": balance.learn,
}
"""How the method of each kernel learns."""


def trainable(model: Model) -> bool:
    """Does the model learn from readings? (M734 learns from clues: `training.kinds`.)"""
    return model.kernel in TRAINERS


def train(
    model: Model,
    readings: Readings,
    registry: Registry,
    *,
    start: datetime,
    end: datetime,
    industry: str = "",
    seed: int = 1,
) -> Artefact:
    """What the model learns of ``[start, end)`` from the outlets of an industry (a prefix; "" all).

    Raises `UserFault`: ``training.none`` for a model that learns nothing, ``training.too_little`` where no
    outlet has enough days to learn from.
    """
    if not trainable(model):
        raise UserFault("training.none", f"模型 {model.code} 无需训练", f"{model.code} is not trained")
    task = lesson(model, readings, registry, start, end, industry)
    learned = TRAINERS[model.kernel](task, seed) if task.subjects else None
    if learned is None or not learned.outlets:
        raise UserFault(
            "training.too_little",
            f"{model.code}：该时段与行业没有足够数据可供训练",
            f"{model.code}: too little to learn from in this window and industry",
        )
    facts = {
        "model": model.code,
        "model_version": model.version,
        "model_hash": model.hash,
        "industry": industry,
        "start": start.isoformat(),
        "end": end.isoformat(),
        "outlets": learned.outlets,
        "features": learned.features,
        "seed": seed,
        "libraries": {name: version(name) for name in ("numpy", "scikit-learn")},
        "metrics": learned.metrics,
    }
    return Artefact(learned.arrays, {**facts, **learned.more})
