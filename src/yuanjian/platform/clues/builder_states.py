"""Who may do what with a version of a model built here, and when."""

from __future__ import annotations

from yuanjian.platform.clues.models import OwnState
from yuanjian.platform.common.casework import Attempt, Condition, Machine, Transition, asks

DRAFT, REVIEW = frozenset({OwnState.DRAFT}), frozenset({OwnState.REVIEW})
EDIT = "models.edit"


def _complete(attempt: Attempt) -> bool:
    return attempt.obj.content is not None


def _previewed(attempt: Attempt) -> bool:
    row = attempt.obj
    return bool(row.previews.filter(state="done", result__hash=row.hash).exists())


def _second_person(attempt: Attempt) -> bool:
    return attempt.user.pk not in {attempt.obj.author_id, attempt.obj.editor_id}


COMPLETE = Condition("builder.complete", "内容尚不完整", "something is still missing", _complete)
PREVIEWED = Condition(
    "builder.previewed", "须先预览现在的内容", "preview this very content first", _previewed
)
SECOND = Condition(
    "builder.second_person",
    "须由编写人以外的另一人审核",
    "somebody who has not written it has to review it",
    _second_person,
)
REASON = asks("builder.reason", "须填写理由", "a reason is needed", "reason")

BUILDER = Machine(
    "builder",
    "模型",
    dict(OwnState.choices),
    [
        Transition("save", "保存", DRAFT, None, EDIT),
        Transition("preview", "预览", DRAFT | REVIEW, None, EDIT, (COMPLETE,)),
        Transition("send", "提交审核", DRAFT, OwnState.REVIEW, EDIT, (COMPLETE, PREVIEWED)),
        Transition("take_back", "撤回修改", REVIEW, OwnState.DRAFT, EDIT),
        Transition("approve", "批准", REVIEW, OwnState.APPROVED, EDIT, (SECOND, REASON)),
        Transition("return", "退回", REVIEW, OwnState.DRAFT, EDIT, (SECOND, REASON)),
        Transition("discard", "作废", DRAFT | REVIEW, OwnState.DISCARDED, EDIT),
    ],
)
