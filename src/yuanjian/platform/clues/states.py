"""The life of a clue, as a table."""

from __future__ import annotations

from yuanjian.platform.clues.models import ClueState
from yuanjian.platform.common.casework import Attempt, Condition, Machine, Transition, asks

# Why a clue is not valid; every one of them records the verdict "no" for its models.
INVALID_REASONS = {
    "device": "监测设备故障或维护",
    "process": "生产工况正常变化",
    "stopped": "停产或停运",
    "transmission": "传输或解析错误",
    "model": "模型误报",
    "duplicate": "重复线索",
    "other": "其他",
}
INVALID_REASONS_EN = {
    "device": "device fault or maintenance",
    "process": "normal change of production",
    "stopped": "production stopped",
    "transmission": "transmission or parsing error",
    "model": "false alarm of the model",
    "duplicate": "duplicate",
    "other": "other",
}
# What the models suggest at each level; another decision needs a reason.
SUGGESTED = {3: "remind", 2: "warn", 1: "order"}
_UNJUDGED = frozenset({ClueState.OPEN, ClueState.CLAIMED})


def suggested(level: int, *, covert: bool) -> str:
    """What to do with a clue of this level: falsification is checked first, never announced."""
    if covert:
        return "order" if level == 1 else "check"
    return SUGGESTED[level]


def _as_suggested(attempt: Attempt, action: str) -> bool:
    wanted = suggested(attempt.obj.level, covert=attempt.obj.covert)
    return action == wanted or (wanted == "check" and action == "order")


def _override(action: str) -> Condition:
    return Condition(
        "clue.override_reason",
        "与建议处置不同，须填写理由",
        "a decision other than the suggested one needs a reason",
        lambda a: (
            _as_suggested(a, action) or bool(str(a.given.get("reason") or a.given.get("note") or "").strip())
        ),
        asks=True,
    )


_NOT_COVERT = Condition(
    "clue.covert",
    "涉嫌弄虚作假的线索，核查前不得通知企业",
    "a falsification clue must not be announced to the enterprise before the check",
    lambda a: not a.obj.covert,
)
_REASON = asks("clue.reason", "须选择不成立的原因", "say why the clue is not valid", "reason")
_OTHER_NEEDS_NOTE = Condition(
    "clue.note",
    "原因为“其他”时须填写说明",
    "explain the reason “other”",
    lambda a: a.given.get("reason") != "other" or bool(str(a.given.get("note") or "").strip()),
    asks=True,
)
_HAS_TARGET = Condition(
    "clue.merge_target",
    "须选择要并入的线索",
    "choose the clue to merge into",
    lambda a: a.given.get("target") is not None,
    asks=True,
)


def _with_target(code: str, zh: str, en: str, holds: str) -> Condition:
    rules = {
        "other": lambda a, t: t.pk != a.obj.pk,
        "enterprise": lambda a, t: t.enterprise_id == a.obj.enterprise_id,
        "active": lambda a, t: t.state in {*_UNJUDGED, ClueState.NOTICED, ClueState.ORDERED},
        "group": lambda a, t: t.covert == a.obj.covert,
    }
    rule = rules[holds]

    def judged(attempt: Attempt) -> bool:
        target = attempt.given.get("target")
        return target is None or rule(attempt, target)

    return Condition(code, zh, en, judged, asks=True)


_MERGE = (
    _HAS_TARGET,
    _with_target("clue.merge_self", "不能并入自身", "a clue cannot be merged into itself", "other"),
    _with_target(
        "clue.merge_enterprise", "只能并入同一企业的线索", "another enterprise's clue", "enterprise"
    ),
    _with_target("clue.merge_finished", "目标线索已办结", "the target is finished", "active"),
    _with_target(
        "clue.merge_covert", "弄虚作假线索须与可通知企业的线索分开", "falsification is kept apart", "group"
    ),
)
_OFFICER_FITS = Condition(
    "clue.assignee",
    "所选执法人员不存在或不在本辖区",
    "no such officer in the region",
    lambda a: a.given.get("assignee_id") is None or a.given.get("assignee") is not None,
    asks=True,
)

_JUDGE = "clues.decide"
CLUE = Machine(
    "clue",
    "线索",
    dict(ClueState.choices),
    [
        Transition("claim", "领取", frozenset({ClueState.OPEN}), ClueState.CLAIMED, _JUDGE),
        Transition(
            "invalid", "判为不成立", _UNJUDGED, ClueState.INVALID, _JUDGE, (_REASON, _OTHER_NEEDS_NOTE)
        ),
        Transition(
            "remind", "提醒企业", _UNJUDGED, ClueState.NOTICED, _JUDGE, (_NOT_COVERT, _override("remind"))
        ),
        Transition(
            "warn", "警告企业", _UNJUDGED, ClueState.NOTICED, _JUDGE, (_NOT_COVERT, _override("warn"))
        ),
        Transition(
            "order",
            "派发工单",
            _UNJUDGED | {ClueState.NOTICED},
            ClueState.ORDERED,
            _JUDGE,
            (_override("order"), _OFFICER_FITS),
        ),
        Transition("merge", "并入其他线索", _UNJUDGED, ClueState.MERGED, _JUDGE, _MERGE),
        # What follows from notices and orders.
        Transition("answer_accepted", "办结", frozenset({ClueState.NOTICED}), ClueState.CLOSED),
        Transition("answer_rejected", "退回研判", frozenset({ClueState.NOTICED}), ClueState.CLAIMED),
        Transition("order_closed", "办结", frozenset({ClueState.ORDERED}), ClueState.CLOSED),
    ],
)
