"""`yuanjian models export`: a model built with the form, as a folder for the catalogue of the program."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from yuanjian import config
from yuanjian.cli.models import platform
from yuanjian.errors import UserFault


def export(settings: config.Settings, code: str, to: str, *, version: int | None, name: str | None) -> int:
    """Write the folder and say where."""
    with platform(settings):
        made = write(code, Path(to), version=version, code=name)
    print(f"{code} → {made}")
    return 0


def write(own: str, root: Path, *, version: int | None = None, code: str | None = None) -> Path:
    """Write ``<root>/<code>/`` with model.yaml and notes.md; by default the version in force, its own code.

    Under another code it is a new model. Raises `UserFault`: no such version, or the folder exists.
    """
    from yuanjian.platform.clues.models import OwnModel, OwnState

    rows = OwnModel.objects.filter(code=own).exclude(content=None).select_related("author", "decided_by")
    wanted = rows.filter(version=version) if version else rows.filter(state=OwnState.APPROVED)
    row = wanted.order_by("version").last()
    if row is None or row.content is None:
        raise UserFault(
            "cli.no_such_version", f"没有可导出的模型 {own}", f"there is no such version of {own}"
        )
    folder = root / (code or own)
    if folder.exists():
        raise UserFault("cli.folder_exists", f"目录已存在：{folder}", f"the folder exists: {folder}")
    content = row.content | ({"code": code, "version": 1} if code else {})
    folder.mkdir(parents=True)
    text = yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=110)
    (folder / "model.yaml").write_text(text, encoding="utf-8")
    (folder / "notes.md").write_text(_notes(row), encoding="utf-8")
    (folder / "cases").mkdir()
    return folder


def _notes(row: Any) -> str:
    """What stands behind the numbers; the cases are still to be written."""
    from yuanjian.platform.clues.models import Verdict

    said = Verdict.objects.filter(model_id=row.code)
    counts = {right: said.filter(right=right).count() for right in ("yes", "no", "unsure")}
    approved = f"{row.decided_by} 批准：{row.decided_reason}" if row.state == "approved" else "尚未批准"
    return "\n".join(
        (
            f"# {row.code} v{row.version} {row.title}",
            "",
            f"- 目的：{row.form['purpose']}",
            f"- 由 {row.author} 用模型编写页建立；{approved}。",
            f"- 使用结论：属实 {counts['yes']}，不属实 {counts['no']}，不确定 {counts['unsure']}。",
            f"- 内容指纹：{row.hash}",
            "- 入目录前须补 cases/（positive、near_miss、stopped_plant 各至少一例）并锁定版本。",
            "",
        )
    )
