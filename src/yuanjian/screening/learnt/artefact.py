"""A trained artefact: named arrays and facts about their making, known by the hash of their content.

Kept as one ``.npz`` that is loaded without pickle: reading a file cannot run code.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, Any, Protocol
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from yuanjian.errors import OwnFault
from yuanjian.screening.model import Model
from yuanjian.screening.ports import OutletContext

Array = npt.NDArray[Any]
FACTS = "facts"
NEEDED = ("model", "model_version", "industry", "start", "end", "outlets", "seed", "libraries", "metrics")


@dataclass(frozen=True, eq=False)
class Artefact:
    """Arrays by name, and ``facts``: the keys of `NEEDED` and what the method adds.

    ``industry`` is a prefix of industry codes ("" all); ``outlets`` the ids it was trained on.
    """

    arrays: Mapping[str, Array]
    facts: Mapping[str, Any]

    @cached_property
    def hash(self) -> str:
        """SHA-256 over facts, names, types, shapes and bytes."""
        digest = hashlib.sha256(_text(self.facts))
        for name in sorted(self.arrays):
            array = np.ascontiguousarray(self.arrays[name])
            digest.update(f"|{name}|{array.dtype.str}|{array.shape}|".encode())
            digest.update(array.tobytes())
        return digest.hexdigest()

    @cached_property
    def outlets(self) -> frozenset[int]:
        """The outlets it knows."""
        return frozenset(self.facts["outlets"])

    @property
    def words(self) -> tuple[str, str]:
        """Which one it is, for a claim."""
        return self.hash[:12], self.hash[:12]

    def fits(self, model: Model, outlet: OutletContext) -> bool:
        """Is it of that version of the model, and does it know the outlet?"""
        of_model = (self.facts["model"], self.facts["model_version"]) == (model.code, model.version)
        known = outlet.outlet in self.outlets
        return of_model and known and outlet.industry.startswith(self.facts["industry"])

    def save(self, path: Path) -> None:
        """Write it; the folder is made, a file is never half there."""
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")
        with unfinished.open("wb") as file:
            facts = np.frombuffer(_text(self.facts), np.uint8)
            # The stub of NumPy takes the names for other arguments.
            np.savez_compressed(file, **{FACTS: facts, **self.arrays})  # type: ignore[arg-type]
        unfinished.replace(path)


def _text(facts: Mapping[str, Any]) -> bytes:
    return json.dumps(facts, sort_keys=True, ensure_ascii=False).encode()


def load(file: IO[bytes]) -> Artefact:
    """Read an artefact; raises `OwnFault` (``trained.broken``) for anything else."""
    try:
        with np.load(file, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        facts = json.loads(arrays.pop(FACTS).tobytes().decode())
        missing = [name for name in NEEDED if name not in facts]
        if missing:
            raise KeyError(missing[0])
    except (AttributeError, BadZipFile, EOFError, KeyError, TypeError, ValueError) as error:
        raise OwnFault(
            "trained.broken", f"训练成果文件无法读取：{error}", f"no trained artefact: {error}"
        ) from error
    return Artefact(arrays, facts)


class Trained(Protocol):
    """Port: the artefacts in force."""

    def of(self, model: Model, outlet: OutletContext) -> Artefact | None:
        """The one a model uses for an outlet; None: not trained."""


class Shelf:
    """Artefacts in memory; of several that fit, the one of the narrowest industry, then the latest period."""

    def __init__(self, artefacts: Iterable[Artefact] = ()) -> None:
        self._artefacts = sorted(artefacts, key=_rank, reverse=True)

    def of(self, model: Model, outlet: OutletContext) -> Artefact | None:
        """As `Trained.of`."""
        return next((own for own in self._artefacts if own.fits(model, outlet)), None)


def _rank(artefact: Artefact) -> tuple[int, str, str]:
    return len(artefact.facts["industry"]), artefact.facts["end"], artefact.hash


UNTRAINED = Shelf()
"""Nobody has trained anything."""
