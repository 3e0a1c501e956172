"""Electroplating works made of other works: their shifts and variation, metals of the trade; synthetic."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from yuanjian.simulator.patterns import layers
from yuanjian.simulator.patterns.plants import Plant

METALS = {"w20116": (1.0, 3), "w20117": (200.0, 1), "w20121": (0.5, 3), "w20122": (0.5, 3)}
"""Chromium, hexavalent chromium (µg/L), nickel, copper: limits of GB 21900-2008 table 2, mg/L; decimals."""
MODELS_OF = ("sewage 2", "sewage 4", "sewage 6")
DETECTED = 0.01
"""Share of the limit below which the analyser shows the same."""
SHAPES = ("w01018", "w21003", "w21001", "w21011")


def made_of(plants: Sequence[Plant]) -> Iterator[Plant]:
    """Plating works whose metals vary as the pollutants of other works do, up to a third of the limit."""
    known = {plant.name: plant for plant in plants}
    for at, name in enumerate(MODELS_OF):
        rng = np.random.default_rng([2035, at])
        source = known[name]
        whole = source.part(slice(0, source.hours))
        whole.series = {code: own for code, own in whole.series.items() if code not in source.limits}
        for (metal, (limit, decimals)), shape in zip(METALS.items(), SHAPES, strict=True):
            real = source.series[shape].values.astype(np.float64)
            scores = np.log(np.maximum(real, 1e-3) / np.nanmedian(real))
            level = limit * rng.uniform(0.1, 0.33) * np.exp(np.clip(scores, -1.0, 0.8))
            noise = np.exp(0.05 * rng.standard_normal(real.size))
            whole.series[metal] = layers.series(np.maximum(level * noise, DETECTED * limit), decimals)
        whole.limits = {metal: limit for metal, (limit, _) in METALS.items()}
        whole.name = whole.enterprise = f"plating {at + 1}"
        whole.kind, whole.synthetic = "plating", True
        yield whole
