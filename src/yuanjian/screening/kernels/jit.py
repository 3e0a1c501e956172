"""The one way a kernel is compiled: on first use, cached on disk, without the interpreter lock."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

from numba import njit

F = TypeVar("F", bound=Callable[..., object])


def kernel(*, parallel: bool = False) -> Callable[[F], F]:
    """Compile a function for the types it is first called with; ``parallel`` enables `prange` over series.

    The compiled function keeps the Python original as ``py_func``; tests run both.
    """

    def wrap(function: F) -> F:
        return cast("F", njit(cache=True, nogil=True, parallel=parallel)(function))

    return wrap
