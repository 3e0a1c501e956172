"""What fault codes say."""

from __future__ import annotations

from yuanjian.gateway.access import STRANGER, STRANGER_TEXT
from yuanjian.gateway.entry import FLOOD, FLOOD_TEXT
from yuanjian.wire import hj212

_GATEWAY = {FLOOD: FLOOD_TEXT, STRANGER: STRANGER_TEXT}  # faults of a peer, not of a frame


def fault_text(code: str) -> dict[str, str]:
    """What a fault code says, in Chinese and English; an unknown one says itself."""
    if code in _GATEWAY:
        return dict(zip(("text", "text_en"), _GATEWAY[code], strict=True))
    try:
        fault = hj212.Fault(code)  # type: ignore[call-arg]  # by value, as of any enum
    except ValueError:
        return {"text": code, "text_en": code}
    return {"text": fault.zh, "text_en": fault.en}
