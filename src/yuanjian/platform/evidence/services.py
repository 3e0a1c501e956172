"""Writes of evidence: take a file, freeze data, attach to a case."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Protocol

from django.conf import settings
from django.db import transaction

from yuanjian.platform.accounts.models import User
from yuanjian.platform.common.activity import record, register_actions
from yuanjian.platform.common.api import dumps
from yuanjian.platform.common.errors import Invalid, not_found
from yuanjian.platform.evidence import filetypes
from yuanjian.platform.evidence.filetypes import FileType
from yuanjian.platform.evidence.models import Item, ItemKind
from yuanjian.platform.evidence.uploads import too_large
from yuanjian.platform.evidence.vault import Incoming, Kept
from yuanjian.platform.registry.models import Enterprise

register_actions(
    {
        "evidence.stored": ("{actor} 上传 {name}", "{actor} uploaded {name}"),
        "evidence.frozen": ("系统固定证据 {name}", "{name} was frozen as evidence"),
        "evidence.attached": ("{actor} 关联证据 {name}", "{actor} attached {name}"),
    }
)


class Chunks(Protocol):
    """What an upload offers."""

    def chunks(self) -> Iterable[bytes]:
        """The bytes, piece by piece."""


@transaction.atomic
def store(
    actor: User,
    upload: Chunks,
    *,
    kind: str,
    name: str,
    region_code: str,
    enterprise: Enterprise | None = None,
    captured_at: datetime | None = None,
    lon: float | None = None,
    lat: float | None = None,
) -> Item:
    """Take an upload. Refuses what is empty or too large, of another type, or a photo that is no picture."""
    with Incoming() as incoming:
        incoming.write(upload.chunks())
        kind_of_file = _accepted(incoming, kind)
        kept = incoming.keep()
    item = Item.objects.create(
        kind=kind,
        name=safe_name(name, kind_of_file),
        content_type=kind_of_file.media,
        author=actor,
        region_code=region_code,
        enterprise=enterprise,
        captured_at=captured_at,
        lon=lon,
        lat=lat,
        **_columns(kept),
    )
    record(actor, "evidence.stored", item, name=item.name, sha256=item.sha256)
    return item


def _accepted(incoming: Incoming, kind: str) -> FileType:
    limit = settings.YUANJIAN.max_upload_mb
    if incoming.size > limit * 1024 * 1024:
        raise too_large(limit)
    if not incoming.size:
        raise Invalid("evidence.empty", "文件是空的", "The file is empty")
    found = filetypes.detect(incoming.file)
    if found is None:
        zh = "只接受 JPG、PNG、WEBP、MP4、PDF、DOCX、XLSX、TXT 文件"
        raise Invalid("evidence.type", zh, "Only JPG, PNG, WEBP, MP4, PDF, DOCX, XLSX and TXT are taken")
    if kind == ItemKind.PHOTO and found not in filetypes.IMAGES:
        raise Invalid("evidence.not_a_photo", "照片必须是图片文件", "A photo must be a picture")
    return found


def _columns(kept: Kept) -> dict[str, Any]:
    return {"sha256": kept.sha256, "size": kept.size, "path": kept.path}


def safe_name(name: str, kind: FileType) -> str:
    """A name to download under: no path, no control or direction marks, an extension that is true."""
    base = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    clean = "".join(char for char in base if unicodedata.category(char)[0] != "C").strip(" .")[-160:]
    clean = clean or "file"
    return clean if clean.lower().endswith(kind.extensions) else clean + kind.extensions[0]


@transaction.atomic
def freeze(
    obj: Any,
    name: str,
    *,
    region_code: str,
    kind: str = str(ItemKind.FROZEN_INPUT),
    actor: User | None = None,
) -> Item:
    """Keep plain data (JSON) exactly as it is now. Equal data always has an equal hash.

    Frozen items belong to no enterprise: what a falsification clue rests on is not shown before the check.
    """
    plain = json.loads(dumps(obj))
    text = json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    with Incoming() as incoming:
        incoming.write([text.encode()])
        kept = incoming.keep()
    item = Item.objects.create(
        kind=kind,
        name=safe_name(name, filetypes.JSON),
        content_type=filetypes.JSON.media,
        region_code=region_code,
        author=actor,
        **_columns(kept),
    )
    record(actor, "evidence.frozen", item, name=item.name, sha256=item.sha256)
    return item


@transaction.atomic
def attach(
    actor: User, items: Sequence[Item], *, region_code: str, enterprise: Enterprise | None = None
) -> None:
    """Show items to everyone who sees the case they are attached to; the move stays in their history.

    Only one's own, and once: an item that belongs to a case already keeps its region and enterprise.
    Another's item raises `NotFound`.
    """
    if foreign := [item.pk for item in items if item.author_id != actor.pk]:
        raise not_found(f"文件 {foreign} 不是本人上传", f"files {foreign} are not your own")
    for item in items:
        if not _in_a_case(item):
            item.region_code = region_code
            item.enterprise = enterprise or item.enterprise
            item.save(update_fields=["region_code", "enterprise"])
        record(actor, "evidence.attached", item, name=item.name)


def _in_a_case(item: Item) -> bool:
    cases = [relation for relation in Item._meta.related_objects if relation.many_to_many]
    return any(getattr(item, str(case.get_accessor_name())).exists() for case in cases)
