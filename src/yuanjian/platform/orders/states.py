"""The life of a work order and of a rectification, as tables."""

from __future__ import annotations

from yuanjian.platform.clues.selectors import models_without_verdict
from yuanjian.platform.common.casework import Attempt, Condition, Machine, Transition, asks
from yuanjian.platform.inspections.models import Conclusion
from yuanjian.platform.inspections.selectors import concluded
from yuanjian.platform.orders.models import OrderState, RectificationState


def _mine(attempt: Attempt) -> bool:
    return attempt.obj.assignee_id == attempt.user.pk


def _all_answered(attempt: Attempt) -> bool:
    visit = attempt.given["visit"]
    answered = {answer["n"] for answer in visit.answers} if visit else set()
    return {step["n"] for step in attempt.obj.instructions} <= answered


def _skips_explained(attempt: Attempt) -> bool:
    visit = attempt.given["visit"]
    skipped = [a for a in visit.answers if a["result"] == "not_checked"] if visit else []
    return all(answer["note"].strip() for answer in skipped)


def _verdict_for_each(attempt: Attempt) -> bool:
    given = {verdict["model_code"] for verdict in attempt.given["verdicts"]}
    return set(attempt.given["models"]) <= given


def _no_explained(attempt: Attempt) -> bool:
    return all(v["right"] != "no" or v["reason"].strip() for v in attempt.given["verdicts"])


def _rectify_complete(attempt: Attempt) -> bool:
    return attempt.given["next"] != "rectify" or bool(attempt.given["requirement"].strip())


def _rectify_fits(attempt: Attempt) -> bool:
    return attempt.given["next"] != "rectify" or attempt.given["conclusion"] == Conclusion.PROBLEM


_ASSIGNEE = Condition("order.assignee", "仅限被指派的执法人员办理", "only for the assigned officer", _mine)
_NEW_OFFICER = Condition(
    "order.officer",
    "所选执法人员不存在或不在本辖区",
    "no such officer in the region",
    lambda a: a.given["assignee"] is not None,
    asks=True,
)
_REASSIGN_REASON = Condition(
    "order.reason",
    "改派须填写理由",
    "a reassignment needs a reason",
    lambda a: a.obj.state == OrderState.DRAFT or bool(a.given["reason"].strip()),
    asks=True,
)
_FINISH = (
    _ASSIGNEE,
    Condition(
        "order.answers", "检查要点尚未全部填写", "not every instruction is answered", _all_answered, True
    ),
    Condition(
        "order.answer_note", "未检查的要点须说明原因", "explain what was not checked", _skips_explained, True
    ),
    asks("order.conclusion", "须填写检查结论", "the conclusion is missing", "conclusion"),
    asks("order.summary", "须填写检查情况", "the summary is missing", "summary"),
    Condition(
        "order.verdicts",
        "须逐个模型反馈是否属实",
        "say of each model whether it was right",
        _verdict_for_each,
        True,
    ),
    Condition("order.verdict_reason", "不属实须说明原因", "say why a model was wrong", _no_explained, True),
    Condition("order.requirement", "须填写整改要求", "say what has to be put right", _rectify_complete, True),
    Condition(
        "order.rectify_without_problem",
        "未发现问题时不能要求整改",
        "no problem, no rectification",
        _rectify_fits,
        True,
    ),
)
_CLOSE = (
    Condition(
        "order.no_conclusion",
        "缺少检查结论",
        "the inspection has no conclusion",
        lambda a: concluded(a.obj.pk),
    ),
    Condition(
        "order.no_verdict",
        "缺少模型是否属实的反馈",
        "a verdict is missing",
        lambda a: a.obj.clue_id is None or not models_without_verdict(a.obj.clue_id),
    ),
    Condition(
        "order.own_work",
        "检查人员不能办结自己的工单",
        "whoever finished the check may not close it",
        lambda a: a.obj.finished_by_id != a.user.pk,
    ),
)

_WORK = "orders.work"
_UNDER_WAY = frozenset({OrderState.DRAFT, OrderState.DISPATCHED, OrderState.ACCEPTED, OrderState.ON_SITE})
ORDER = Machine(
    "order",
    "工单",
    dict(OrderState.choices),
    [
        Transition(
            "reassign",
            "派发",
            _UNDER_WAY,
            OrderState.DISPATCHED,
            "orders.reassign",
            (_NEW_OFFICER, _REASSIGN_REASON),
        ),
        Transition(
            "accept", "接收", frozenset({OrderState.DISPATCHED}), OrderState.ACCEPTED, _WORK, (_ASSIGNEE,)
        ),
        Transition(
            "start", "开始检查", frozenset({OrderState.ACCEPTED}), OrderState.ON_SITE, _WORK, (_ASSIGNEE,)
        ),
        Transition("inspect", "填写检查记录", frozenset({OrderState.ON_SITE}), None, _WORK, (_ASSIGNEE,)),
        Transition(
            "finish", "提交检查结果", frozenset({OrderState.ON_SITE}), OrderState.SUBMITTED, _WORK, _FINISH
        ),
        Transition("rectify", "要求整改", frozenset({OrderState.SUBMITTED}), OrderState.RECTIFYING),
        Transition("rectified", "转入办结审核", frozenset({OrderState.RECTIFYING}), OrderState.SUBMITTED),
        Transition(
            "close", "办结", frozenset({OrderState.SUBMITTED}), OrderState.CLOSED, "orders.close", _CLOSE
        ),
    ],
)

_REPORT = asks("rectification.report", "须填写整改情况", "the report is missing", "text")
_NOT_OWN = Condition(
    "rectification.own_work",
    "检查人员不能审核自己提出的整改",
    "whoever asked for it may not review it",
    lambda a: a.obj.order.finished_by_id != a.user.pk,
)
_RETURN_NOTE = asks("rectification.note", "退回须说明原因", "say why it is returned", "note")
_REVIEW = "rectifications.review"
_REPORTED = frozenset({RectificationState.REPORTED})
RECTIFICATION = Machine(
    "rectification",
    "整改",
    dict(RectificationState.choices),
    [
        Transition(
            "report",
            "提交整改报告",
            frozenset({RectificationState.PENDING, RectificationState.RETURNED}),
            RectificationState.REPORTED,
            "rectifications.report",
            (_REPORT,),
        ),
        Transition("accept", "通过", _REPORTED, RectificationState.ACCEPTED, _REVIEW, (_NOT_OWN,)),
        Transition(
            "return", "退回", _REPORTED, RectificationState.RETURNED, _REVIEW, (_NOT_OWN, _RETURN_NOTE)
        ),
    ],
)
