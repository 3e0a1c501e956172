"""What a file is, told from its bytes; its name and the browser's claim are not believed."""

from __future__ import annotations

import codecs
import zipfile
from dataclasses import dataclass
from typing import BinaryIO

_OFFICE = "application/vnd.openxmlformats-officedocument."
_HEAD = 16
_CONTROL = frozenset([*range(32), 127]) - frozenset(b"\t\n\r\f")


@dataclass(frozen=True)
class FileType:
    """A type that is taken: its media type, its extensions, and whether a browser may show it in place."""

    media: str
    extensions: tuple[str, ...]
    inline: bool = False


JPEG = FileType("image/jpeg", (".jpg", ".jpeg"), inline=True)
PNG = FileType("image/png", (".png",), inline=True)
WEBP = FileType("image/webp", (".webp",), inline=True)
MP4 = FileType("video/mp4", (".mp4",), inline=True)
PDF = FileType("application/pdf", (".pdf",))
DOCX = FileType(_OFFICE + "wordprocessingml.document", (".docx",))
XLSX = FileType(_OFFICE + "spreadsheetml.sheet", (".xlsx",))
TEXT = FileType("text/plain; charset=utf-8", (".txt", ".csv"))
TEXT_GB = FileType("text/plain; charset=gb18030", (".txt", ".csv"))
JSON = FileType("application/json", (".json",))
IMAGES = frozenset({JPEG, PNG, WEBP})
ALL = (JPEG, PNG, WEBP, MP4, PDF, DOCX, XLSX, TEXT, TEXT_GB, JSON)


def detect(file: BinaryIO) -> FileType | None:
    """The type of an open, seekable file; None if it is none of those that are taken."""
    file.seek(0)
    head = file.read(_HEAD)
    if head.startswith(b"PK\x03\x04"):
        return _office(file)
    return _by_magic(head) or _text(file)


def _by_magic(head: bytes) -> FileType | None:
    if head.startswith(b"\xff\xd8\xff"):
        return JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return WEBP
    if head[4:8] == b"ftyp" and head[8:12] in {b"isom", b"iso2", b"mp41", b"mp42", b"avc1", b"M4V ", b"MSNV"}:
        return MP4
    return PDF if head.startswith(b"%PDF-") else None


def _office(file: BinaryIO) -> FileType | None:
    """DOCX or XLSX by its parts; one that carries macros is not taken."""
    try:
        with zipfile.ZipFile(file) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, UnicodeDecodeError):
        return None
    if "[Content_Types].xml" not in names or any(
        name.lower().endswith(".bin") for name in names if "vba" in name
    ):
        return None
    if "word/document.xml" in names:
        return DOCX
    return XLSX if "xl/workbook.xml" in names else None


def _text(file: BinaryIO) -> FileType | None:
    for encoding, kind in (("utf-8", TEXT), ("gb18030", TEXT_GB)):
        if _decodes(file, encoding):
            return kind
    return None


def _decodes(file: BinaryIO, encoding: str) -> bool:
    file.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    empty = True
    try:
        while chunk := file.read(65536):
            empty = False
            if not _CONTROL.isdisjoint(chunk):
                return False
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return not empty


def of_media(media: str) -> FileType | None:
    """The type with this media type."""
    return next((kind for kind in ALL if kind.media == media), None)
