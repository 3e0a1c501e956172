"""The words of what can happen to a model built here, for the timeline."""

from __future__ import annotations

from yuanjian.platform.common.activity import register_actions

register_actions(
    {
        "builder.begun": ("{actor}新建模型", "{actor} began the model"),
        "builder.saved": ("{actor}保存草稿", "{actor} saved the draft"),
        "builder.previewed": ("{actor}预览近 30 天", "{actor} previewed the last 30 days"),
        "builder.sent": ("{actor}提交审核", "{actor} sent it to review"),
        "builder.taken_back": ("{actor}撤回修改", "{actor} took it back"),
        "builder.approved": ("{actor}批准，转入试运行：{reason}", "{actor} approved it for trial: {reason}"),
        "builder.returned": ("{actor}退回：{reason}", "{actor} returned it: {reason}"),
        "builder.discarded": ("{actor}作废", "{actor} discarded it"),
        "builder.renewed": ("{actor}开始第 {version} 版", "{actor} began version {version}"),
    }
)
