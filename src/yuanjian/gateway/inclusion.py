"""Proof that one frame is in the archive: a small JSON document anybody can check without the archive.

It holds the frame, its path up the batch's Merkle tree and the batch's line of the chain. It is worth as
much as the head it leads to: compare that with one that was kept elsewhere.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import asdict
from pathlib import Path
from typing import Any

from yuanjian.errors import PeerFault, UserFault

from . import chain, merkle
from .chain import Batch
from .verification import COLUMNS, load

FORMAT = "yuanjian-inclusion-1"


class BadProof(PeerFault):
    """A proof that proves nothing."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__("archive.bad_proof", f"证明无效：{zh}", f"the proof does not hold: {en}")


def prove(folder: Path, shard: int, seq: int) -> dict[str, Any]:
    """The proof of one journal row; `UserFault` if it is not archived, `BadProof` if it was changed there."""
    of_shard = (batch for batch in chain.read(folder) if batch.shard == shard)
    batch = next((batch for batch in of_shard if batch.first <= seq <= batch.last), None)
    if batch is None:
        raise UserFault(
            "archive.not_archived",
            f"报文 {shard}/{seq} 尚未存证",
            f"frame {shard}/{seq} is not archived",
        )
    rows = load(folder, batch)
    index = seq - batch.first
    proof = {
        "format": FORMAT,
        "frame": _printed(rows.select(COLUMNS).row(index, named=True)),
        "path": [step.hex() for step in merkle.path(rows["leaf"].to_list(), index)],
        "batch": asdict(batch),
    }
    check(proof)
    return proof


def check(proof: dict[str, Any]) -> Batch:
    """The batch that holds the proof's frame; raises `BadProof` if the frame is not what was archived."""
    try:
        batch = Batch(**proof["batch"])
        frame = _row(proof["frame"])
        steps = [bytes.fromhex(step) for step in proof["path"]]
        index = frame[1] - batch.first
        reached = merkle.climb(merkle.leaf(frame), index, batch.size, steps).hex()
        head = batch.expected_head()
    except (KeyError, TypeError, ValueError, AttributeError, binascii.Error) as error:
        raise BadProof("格式不正确", f"malformed ({error})") from error
    whole = set(proof) == {"format", "frame", "path", "batch"} and set(proof["frame"]) == set(COLUMNS)
    if not whole or proof["format"] != FORMAT or frame[0] != batch.shard:
        raise BadProof("格式不正确", "malformed")
    if reached != batch.root:
        raise BadProof("报文与批次的根哈希不符", "the frame does not lead to the batch's root")
    if head != batch.head:
        raise BadProof("批次与链值不符", "the batch does not lead to its head")
    return batch


def _printed(frame: dict[str, Any]) -> dict[str, Any]:
    """The frame's columns as JSON: the instant in microseconds, the bytes in base64."""
    instant = merkle.microseconds(frame["received_at"])
    return frame | {"received_at": instant, "raw": base64.b64encode(frame["raw"]).decode()}


def _row(printed: dict[str, Any]) -> list[Any]:
    """The columns in their order, as they are hashed."""
    values = printed | {"raw": base64.b64decode(printed["raw"], validate=True)}
    return [values[name] for name in COLUMNS]
