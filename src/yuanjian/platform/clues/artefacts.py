"""What models have learned here: files under ``$YUANJIAN_HOME/trained``, in force once a person adopts them.

``<code>/<hash>.npz`` are the artefacts, ``<code>/adopted.json`` says which is in force for each industry, who
decided it, when and why. A new artefact changes nothing before that.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from yuanjian.clock import utcnow
from yuanjian.errors import OwnFault
from yuanjian.platform.accounts.permissions import require
from yuanjian.platform.clues.builder_scope import require_mine
from yuanjian.platform.clues.catalogue import catalogue
from yuanjian.platform.clues.models import Model
from yuanjian.platform.clues.screening_ports import Register
from yuanjian.platform.common.activity import record
from yuanjian.platform.common.errors import Invalid, Refused, not_found
from yuanjian.platform.monitoring.store import store as open_store
from yuanjian.screening.catalogue import AFTER_CLUES
from yuanjian.screening.learnt.artefact import Artefact, Shelf, load
from yuanjian.screening.model import Model as Entry
from yuanjian.screening.ports import OutletContext
from yuanjian.series import SeriesStore

ADOPTED = "adopted.json"
STATES = {
    "in_force": ("使用中", "in force"),
    "draft": ("待采用", "not adopted"),
    "outdated": ("模型已换版本", "made for another version of the model"),
}
log = logging.getLogger(__name__)


def folder(code: str) -> Path:
    """Where the artefacts of a model lie."""
    return Path(settings.YUANJIAN.home) / "trained" / code


def train(
    code: str, start: datetime, end: datetime, *, industry: str = "", seed: int = 1,
    store: SeriesStore | None = None,
) -> Artefact:  # fmt: skip
    """Train a model on the readings of this installation and keep the artefact, not in force yet.

    Raises `UserFault` as `yuanjian.screening.training.train`.
    """
    from yuanjian.screening import training  # scikit-learn: not in every process that serves pages

    model = _known(code)
    made = training.train(
        model, store or open_store(), Register(), start=start, end=end, industry=industry, seed=seed
    )
    made.save(folder(code) / f"{made.hash}.npz")
    return made


@transaction.atomic
def adopt(user: Any, code: str, name: str, *, reason: str) -> Artefact:
    """Put an artefact (its hash or the beginning of it) in force for its industry, in a person's name.

    Raises `Invalid` without a reason, 404 where none or several fit, `Refused` for another version's.
    """
    require(user, "models.edit")
    if not reason.strip():
        raise Invalid("models.reason", "须填写理由", "a reason is needed")
    model = _known(code)
    require_mine(user, code)
    row = Model.objects.select_for_update(of=("self",)).get(pk=code)  # two at once must not lose one's choice
    found = [own for own in kept(code) if name and own.hash.startswith(name)]
    if len(found) != 1:
        raise not_found("没有这个训练成果", "No such trained artefact")
    [chosen] = found
    if chosen.facts["model_version"] != model.version:
        raise Refused("models.outdated", STATES["outdated"][0], STATES["outdated"][1])
    said = {"hash": chosen.hash, "by": str(user), "at": utcnow().isoformat(), "reason": reason}
    _write(code, adopted(code) | {chosen.facts["industry"]: said})
    record(user, "models.adopted", row, reason=reason, artefact=chosen.hash[:12])
    return chosen


def _known(code: str) -> Entry:
    if code not in catalogue().models:
        raise not_found("模型不存在", "No such model")
    return catalogue()[code]


def adopted(code: str) -> dict[str, dict[str, str]]:
    """What is in force, by industry."""
    path = folder(code) / ADOPTED
    found: dict[str, dict[str, str]] = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    return found


def _write(code: str, content: dict[str, dict[str, str]]) -> None:
    path = folder(code) / ADOPTED
    unfinished = path.with_suffix(".part")
    unfinished.write_text(json.dumps(content, ensure_ascii=False, indent=1), "utf-8")
    unfinished.replace(path)


def kept(code: str) -> Iterator[Artefact]:
    """All artefacts of a model that can be read."""
    for path in sorted(folder(code).glob("*.npz")):
        found = _read(path)
        if found is not None:
            yield found


def _read(path: Path) -> Artefact | None:
    """An artefact; None for one that is gone, broken or not what its name says: screening goes on."""
    try:
        with path.open("rb") as file:
            found = load(file)
    except (OSError, OwnFault) as error:
        log.error("trained artefact %s: %s", path.name, error)
        return None
    if found.hash != path.stem:
        log.error("trained artefact %s has the content of %s", path.name, found.hash)
        return None
    return found


class InForce:
    """The `Trained` port: artefacts in force when a run first asks for them."""

    def __init__(self) -> None:
        self._shelves: dict[str, Shelf] = {}

    def of(self, model: Entry, outlet: OutletContext) -> Artefact | None:
        """As `Trained.of`."""
        if model.code not in self._shelves:
            names = [said["hash"] for said in adopted(model.code).values()]
            found = (_read(folder(model.code) / f"{name}.npz") for name in names)
            self._shelves[model.code] = Shelf(own for own in found if own is not None)
        return self._shelves[model.code].of(model, outlet)


def rows(model: Entry) -> list[dict[str, Any]] | None:
    """`TrainedRow`s of a model, what is in force first; None for one that learns nothing from readings."""
    if "trained" not in model.inputs["needs"] or model.run == AFTER_CLUES:
        return None
    decided = {said["hash"]: said for said in adopted(model.code).values()}
    found = [_row(own, model, decided.get(own.hash)) for own in kept(model.code)]
    order = list(STATES)
    return sorted(found, key=lambda row: (order.index(row["state"]), row["industry"], row["end"]))


def _row(own: Artefact, model: Entry, said: dict[str, str] | None) -> dict[str, Any]:
    state = "in_force" if said else "draft"
    if own.facts["model_version"] != model.version:
        state = "outdated"
    copied = ("model_version", "industry", "start", "end", "seed", "libraries", "metrics")
    return {name: own.facts[name] for name in copied} | {
        "hash": own.hash,
        "outlets": len(own.facts["outlets"]),
        "state": state,
        "state_text": STATES[state][0],
        "state_text_en": STATES[state][1],
        "by": said["by"] if said else None,
        "at": said["at"] if said else None,
        "reason": said["reason"] if said else "",
    }
