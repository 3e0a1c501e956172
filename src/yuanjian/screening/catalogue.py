"""Loads the catalogue, and locks it: content may not change without a new version.

``python -m yuanjian.screening.catalogue lock`` writes the lock file after a review;
``… check`` says what differs from it.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, cast

import yaml

from yuanjian.errors import OwnFault
from yuanjian.screening import durations
from yuanjian.screening.model import Basis, Measure, Model
from yuanjian.screening.ports import Condition, Medium

LEVELS = {"reminder": 3, "warning": 2, "work_order": 1}
CLASSES = {
    "exceedance": ("超标排放", "Exceedance"),
    "data-quality": ("数据质量", "Data quality"),
    "data-falsification": ("监测数据弄虚作假", "Data falsification"),
    "power": ("用电与工况", "Power and operation"),
    "site-access": ("现场与门禁", "Site and access"),
    "waste": ("固体废物", "Solid waste"),
    "other": ("其他", "Other"),
}
STATUSES = {
    "draft": ("草稿", "draft"),
    "trial": ("试运行", "trial"),
    "live": ("运行", "live"),
    "retired": ("退役", "retired"),
}
RUNS = {
    "minute": ("每分钟", "every minute"),
    "hour": ("每小时", "every hour"),
    "day": ("每日", "every day"),
    "clue": ("线索形成后", "after a clue is raised"),
}
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Twelve times as fast where libyaml is built in; every process reads the whole catalogue."""
AFTER_CLUES = "clue"
"""Models of this lane judge clues, not readings: the engine has no method of their name (`learnt.kinds`)."""
SHORT_MEMORY = timedelta(days=14)
"""Models that look further back never run every minute: loading their memory would cost the others."""


@dataclass(frozen=True)
class Catalogue:
    """All models by code, in code order."""

    models: Mapping[str, Model]

    def __iter__(self) -> Iterator[Model]:
        return iter(self.models.values())

    def __len__(self) -> int:
        return len(self.models)

    def __getitem__(self, code: str) -> Model:
        if code not in self.models:
            raise OwnFault("catalogue.unknown", f"没有模型 {code}", f"no model {code}")
        return self.models[code]

    def live(self) -> tuple[Model, ...]:
        """The models a routine run uses: live and trial, and looking at readings."""
        running = (model for model in self if model.status in {"live", "trial"})
        return tuple(model for model in running if model.run != AFTER_CLUES)


def folder() -> Traversable:
    """Where the models lie."""
    return files("yuanjian.catalogue")


def load(root: Traversable | None = None) -> Catalogue:
    """Every ``<code>/model.yaml`` under the root; raises `OwnFault` (``catalogue.…``) for a broken one."""
    root = root or folder()
    register = bases(root)
    codes = sorted(item.name for item in root.iterdir() if (item / "model.yaml").is_file())
    models = [read(code, parse(root / code / "model.yaml"), register) for code in codes]
    return Catalogue({model.code: model for model in models})


def bases(root: Traversable | None = None) -> dict[str, dict[str, Any]]:
    """The legal bases by name: ``text``, and ``from`` and ``to`` where they are limited in time."""
    return cast("dict[str, dict[str, Any]]", parse((root or folder()) / "basis.yaml"))


def parse(path: Traversable) -> Any:
    """A YAML file of the catalogue."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)


def read(code: str, raw: Mapping[str, Any], register: Mapping[str, Mapping[str, Any]]) -> Model:
    """The content of a ``model.yaml`` as a model; raises `OwnFault` (``catalogue.…``) for a broken one."""
    try:
        if raw["code"] != code:
            raise KeyError("code")
        return _model(raw, register)
    except (KeyError, TypeError, ValueError) as error:
        raise OwnFault(
            "catalogue.broken", f"模型 {code} 的定义不完整：{error}", f"model {code}: {error}"
        ) from error


def _model(raw: Mapping[str, Any], register: Mapping[str, Mapping[str, Any]]) -> Model:
    basis = [register[name] for name in raw["basis"]]
    content = json.dumps([raw, basis], sort_keys=True, ensure_ascii=False, default=str)
    return Model(
        code=raw["code"],
        version=int(raw["version"]),
        hash=hashlib.sha256(content.encode()).hexdigest(),
        title=raw["title"],
        title_en=raw["title_en"],
        description=raw["description"],
        description_en=raw["description_en"],
        class_=raw["class"],
        status=raw["status"],
        kernel=raw["kernel"],
        inputs=raw["inputs"],
        params=raw["params"],
        lookback=durations.parse(raw["lookback"]),
        clear_after=durations.parse(raw["debounce"]["clear_after"]),
        measures={name: Measure(name, **fields) for name, fields in raw["measures"].items()},
        levels={medium: _levels(raw["levels"], medium) for medium in _media(raw["inputs"])},
        level1_confirmed_by=raw["level1_confirmed_by"],
        claim=raw["claim"],
        claim_en=raw["claim_en"],
        excludes=tuple(raw["excludes"]),
        basis=tuple(Basis(item["text"], item.get("from"), item.get("to")) for item in basis),
        evidence=tuple(raw["evidence"]),
        false_positives=tuple(raw["false_positives"]),
        check_on_site=tuple(raw["check_on_site"]),
        certainty=raw["certainty"]["mark"],
        certainty_note=raw["certainty"]["note"],
        notify_enterprise=bool(raw["notify_enterprise"]),
        run=_run(raw),
        second_model=raw.get("level1_needs") is not None,
        rules=_LEVEL1_NEEDS[raw.get("level1_needs")],
    )


_LEVEL1_NEEDS = {None: 0, "second_model": 0, "one_rule": 1, "two_rules": 2}
"""How many rules beside it a model needs for level 1, by ``level1_needs``."""


def _run(raw: Mapping[str, Any]) -> str:
    """How often the model runs: as it says, else by what it reads and how far back it looks."""
    fast = raw["inputs"]["cadence"] in {"minute", "power"}
    fast = fast and durations.parse(raw["lookback"]) <= SHORT_MEMORY
    run = raw.get("run", "minute" if fast else "day" if raw["inputs"]["cadence"] == "day" else "hour")
    if run not in RUNS:
        raise ValueError(f"run: {run}")
    return str(run)


def _media(inputs: Mapping[str, Any]) -> tuple[Medium, ...]:
    medium = inputs["medium"]
    return cast("tuple[Medium, ...]", tuple(medium) if isinstance(medium, list) else (medium,))


def _levels(raw: Mapping[str, Any], medium: Medium) -> dict[int, Condition]:
    """Conditions of one medium: a list of alternatives, or one such list per medium."""
    chosen = {level: raw[name] for name, level in LEVELS.items()}
    return {
        level: tuple(dict(alternative) for alternative in (item[medium] if isinstance(item, dict) else item))
        for level, item in chosen.items()
    }


def lock_content(catalogue: Catalogue) -> dict[str, dict[str, Any]]:
    """What the lock file should say: version and hash by code."""
    return {model.code: {"version": model.version, "sha256": model.hash} for model in catalogue}


def unlocked(catalogue: Catalogue, lock: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Models whose content, existence or version is not what the lock says, each with the reason."""
    now = lock_content(catalogue)
    problems = [
        f"{code}: gone; codes are never reused, retire it instead" for code in lock if code not in now
    ]
    for code, entry in now.items():
        old = lock.get(code)
        if old is None:
            problems.append(f"{code}: new, not locked yet")
        elif old["sha256"] != entry["sha256"]:
            bumped = entry["version"] > old["version"]
            problems.append(
                f"{code}: changed, " + ("not locked yet" if bumped else "but the version is the same")
            )
    return problems


def main(arguments: Sequence[str]) -> int:
    """The small command: ``lock`` or ``check``; 0 if the lock fits afterwards."""
    path = folder() / "lock.json"
    catalogue = load()
    problems = unlocked(catalogue, json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {})
    refused = [problem for problem in problems if "gone" in problem or "same" in problem]
    if list(arguments) == ["lock"] and not refused:
        text = json.dumps(lock_content(catalogue), indent=1) + "\n"
        cast("Any", path).write_text(text, encoding="utf-8")
        problems = []
    print("\n".join(problems) or f"{len(catalogue)} models locked")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
