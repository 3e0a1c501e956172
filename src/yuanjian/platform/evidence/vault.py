"""The folder of evidence files: a file lies under its SHA-256, is written once and never changed.

The path is made of the hash alone, so no name from outside ever touches the file system.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

_PATH = re.compile(r"[0-9a-f]{2}/[0-9a-f]{64}")


@dataclass(frozen=True)
class Kept:
    """A file in the vault."""

    sha256: str
    size: int

    @property
    def path(self) -> str:
        """Relative to `settings.files`."""
        return f"{self.sha256[:2]}/{self.sha256}"


class Incoming:
    """A file on its way in: written to a temporary file and hashed on the way; use as a context manager."""

    def __init__(self) -> None:
        root = settings.YUANJIAN.files
        (root / "incoming").mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=root / "incoming")
        self._path = Path(name)
        self.file: BinaryIO = os.fdopen(descriptor, "w+b")
        self._digest = hashlib.sha256()
        self.size = 0

    def __enter__(self) -> Incoming:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()
        self._path.unlink(missing_ok=True)

    def write(self, chunks: Iterable[bytes]) -> None:
        """Take the bytes."""
        for chunk in chunks:
            self.file.write(chunk)
            self._digest.update(chunk)
            self.size += len(chunk)

    def keep(self) -> Kept:
        """Make the file part of the vault: on disk for good when this returns."""
        self.file.flush()
        os.fsync(self.file.fileno())
        kept = Kept(self._digest.hexdigest(), self.size)
        target = settings.YUANJIAN.files / kept.path
        target.parent.mkdir(exist_ok=True)
        self._path.chmod(0o440)
        self._path.replace(target)
        return kept


def open_kept(path: str) -> BufferedReader:
    """Open a file of the vault for reading; raises `FileNotFoundError` for anything else."""
    if not _PATH.fullmatch(path):
        raise FileNotFoundError(path)
    return (settings.YUANJIAN.files / path).open("rb")


def intact(path: str, sha256: str) -> bool:
    """Whether the bytes on disk still have the hash they were taken under."""
    with open_kept(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == sha256
