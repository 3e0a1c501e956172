"""The life of a notice, as a table."""

from __future__ import annotations

from yuanjian.platform.common.casework import Machine, Transition, asks
from yuanjian.platform.portal.models import TO_REVIEW, WAITING, NoticeState

_TEXT = asks("notice.text", "须填写答复内容", "the answer is empty", "text")
_NOTE = asks("notice.note", "不认可须说明原因", "say why the answer is not accepted", "note")
_ANSWER, _REVIEW = "notices.answer", "notices.review"
_TO_REVIEW = frozenset(TO_REVIEW)
_UNANSWERED = frozenset({NoticeState.SENT, NoticeState.READ})

NOTICE = Machine(
    "notice",
    "通知",
    dict(NoticeState.choices),
    [
        Transition("read", "签收", frozenset({NoticeState.SENT}), NoticeState.READ, _ANSWER),
        Transition("answer", "答复", frozenset(WAITING), NoticeState.ANSWERED, _ANSWER, (_TEXT,)),
        Transition("object", "提出异议", frozenset(WAITING), NoticeState.OBJECTED, _ANSWER, (_TEXT,)),
        Transition("accept", "认可", _TO_REVIEW, NoticeState.ACCEPTED, _REVIEW),
        Transition("reject", "不认可", _TO_REVIEW, NoticeState.REJECTED, _REVIEW, (_NOTE,)),
        Transition("expire", "转为逾期", _UNANSWERED, NoticeState.OVERDUE),
    ],
)
