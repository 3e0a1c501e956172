"""Errors every part of Yuanjian raises on purpose.

Three families, told apart by whose fault it is:

* `PeerFault` — a device or another system sent something wrong (a bad frame);
* `UserFault` — a person asked for what the rules forbid (a missing reason, a refused transition);
* `OwnFault`  — we are wrong or cannot go on (a bug, a missing setting).

Each error carries a stable ``code`` (never reused, safe to test against) and the text in Chinese
and English. Placeholders are filled by the raiser, so a message is complete wherever it is shown.
"""

from __future__ import annotations


class YuanjianError(Exception):
    """Base of all deliberate errors; never raised itself."""

    def __init__(self, code: str, zh: str, en: str, **details: object) -> None:
        super().__init__(f"{code}: {en}")
        self.code = code
        self.zh = zh
        self.en = en
        self.details = details

    def as_dict(self) -> dict[str, object]:
        """The envelope the API answers with: ``{code, message, message_en, details}``."""
        return {"code": self.code, "message": self.zh, "message_en": self.en, "details": self.details}


class PeerFault(YuanjianError):
    """The peer's fault: count it, keep the bytes, go on."""


class UserFault(YuanjianError):
    """The user's fault: say what is missing; ``details["unmet"]`` lists the unmet conditions."""


class OwnFault(YuanjianError):
    """Our fault, or the installation's: stop and tell the operator."""
