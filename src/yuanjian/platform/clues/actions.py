"""The words of what can happen to a clue or a model, for the timeline."""

from __future__ import annotations

from yuanjian.platform.common.activity import register_actions

register_actions(
    {
        "clues.raised": (
            "模型发现{findings}项异常，生成{level}级线索",
            "Raised at level {level} by {findings} findings",
        ),
        "clues.finding_added": ("新增发现：{claim}", "Finding added: {claim_en}"),
        "clues.withdrawn": ("模型复算后不再成立：{claim}", "No longer holds when computed again: {claim_en}"),
        "clues.level_raised": ("等级由{before}级升为{after}级", "Level raised from {before} to {after}"),
        "clues.claimed": ("{actor}领取线索", "{actor} claimed the clue"),
        "clues.invalid": ("{actor}判为不成立：{text}", "{actor} judged it not valid: {text}"),
        "clues.reminded": ("{actor}发出提醒{number}", "{actor} sent reminder {number}"),
        "clues.warned": ("{actor}发出警告{number}", "{actor} sent warning {number}"),
        "clues.ordered": ("{actor}派发工单{number}", "{actor} made work order {number}"),
        "clues.merged": ("{actor}将线索并入{into}", "{actor} merged the clue into {into}"),
        "clues.absorbed": ("{actor}将{source}并入本线索", "{actor} merged {source} into this clue"),
        "clues.answer_accepted": (
            "{actor}认可企业答复，线索办结",
            "{actor} accepted the answer, clue closed",
        ),
        "clues.answer_rejected": (
            "{actor}不认可企业答复，退回研判",
            "{actor} rejected the answer, back to judging",
        ),
        "clues.notice_overdue": ("企业逾期未答复通知{number}", "Notice {number} is overdue"),
        "clues.order_closed": ("工单{number}办结，线索办结", "Work order {number} closed, clue closed"),
        "clues.verdicts": (
            "{actor}反馈模型是否属实：{text}",
            "{actor} said whether the models were right: {text}",
        ),
        "clues.frozen": ("固定证据{files}份", "{files} evidence files frozen"),
        "models.level1_on": ("{actor}启用一级派单：{reason}", "{actor} switched level 1 on: {reason}"),
        "models.level1_off": ("{actor}停用一级派单：{reason}", "{actor} switched level 1 off: {reason}"),
        "models.promoted": (
            "{actor}将模型由{before}改为{after}：{reason}",
            "{actor} moved the model to {status}: {reason}",
        ),
        "models.adopted": (
            "{actor}采用训练成果 {artefact}：{reason}",
            "{actor} put the trained artefact {artefact} in force: {reason}",
        ),
        "models.threshold": ("{actor}设置阈值：{reason}", "{actor} set thresholds: {reason}"),
        "models.threshold_proposed": (
            "{actor}提出一级阈值，待他人审批：{reason}",
            "{actor} proposed thresholds of level 1: {reason}",
        ),
        "models.threshold_approved": ("{actor}批准阈值：{reason}", "{actor} approved thresholds: {reason}"),
        "models.threshold_rejected": ("{actor}未批准阈值：{reason}", "{actor} rejected thresholds: {reason}"),
        "models.threshold_ended": ("{actor}终止阈值：{reason}", "{actor} ended thresholds: {reason}"),
        "models.suppressed": ("{actor}设置静默：{reason}", "{actor} suppressed the model: {reason}"),
        "models.suppression_ended": ("{actor}解除静默：{reason}", "{actor} ended a suppression: {reason}"),
        "models.backtested": ("{actor}回测模型", "{actor} back-tested the model"),
    }
)
