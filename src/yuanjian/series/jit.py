"""The one way a kernel is compiled: on first use, cached on disk, without the interpreter lock."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

from numba import njit

F = TypeVar("F", bound=Callable[..., object])


def kernel(function: F) -> F:
    """Compile a function for the types it is first called with; the original stays as ``py_func``.

    Not ``parallel``: these loops wait for memory, and compiling them in parallel takes ten times as long.
    """
    return cast("F", njit(cache=True, nogil=True)(function))


def rough(function: F) -> F:
    """As `kernel`, for estimates: sums may be taken in any order, so many samples are taken at a time."""
    return cast("F", njit(cache=True, nogil=True, fastmath=True)(function))
