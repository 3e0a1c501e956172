"""`yuanjian test`: every check of the project, cheap ones first, with the time each took."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import chain
from pathlib import Path

from yuanjian.errors import OwnFault, UserFault

ROOT = Path(__file__).resolve().parents[3]
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


def run(only: Sequence[str] = ()) -> int:
    """Run the stages named, or all, in order; stops at the first that fails."""
    unknown = [name for name in only if name not in STAGES]
    if unknown:
        raise UserFault(
            "cli.no_such_stage",
            f"没有检查阶段 {'、'.join(unknown)}，可选：{'、'.join(STAGES)}",
            f"no stage {', '.join(unknown)}; choose from {', '.join(STAGES)}",
        )
    if not (ROOT / "tests").is_dir():
        raise OwnFault("cli.no_tests", "安装包不含测试，请在源码目录运行", "run this in a source checkout")
    times = []
    for name in only or STAGES:
        print(f"\n── {name} " + "─" * (70 - len(name)), flush=True)
        started = time.monotonic()
        status = STAGES[name]()
        times.append(f"{name} {time.monotonic() - started:.0f} s")
        if status:
            print(f"\n检查未通过 · failed: {name} ({', '.join(times)})", flush=True)
            return status
    print(f"\n全部通过 · all passed ({', '.join(times)})", flush=True)
    return 0


def bench(name: str, arguments: Sequence[str]) -> int:
    """Run `bench/NAME.py` with the arguments given."""
    script = ROOT / "bench" / f"{name}.py"
    if not script.is_file():
        names = "、".join(sorted(path.stem for path in script.parent.glob("[!_]*.py")))
        raise UserFault("cli.no_such_bench", f"没有基准 {name}，可选：{names}", f"there is no bench {name}")
    return _call(sys.executable, script, *arguments)


def lint() -> int:
    """Style and likely mistakes."""
    return _call(*_tool("ruff"), "check") or _call(*_tool("ruff"), "format", "--check")


def types() -> int:
    """Annotations hold; strict where numbers could end in a case file."""
    return _call(*_tool("mypy"))


def imports() -> int:
    """Every part knows only what it may."""
    script = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    return _call(sys.executable, "-c", script, "--no-cache")


def client() -> int:
    """The web client: types, unit tests, build."""
    build = _web_build()
    build.install()
    build.npm("run", "check")
    build.npm("run", "test")
    build.build()
    return 0


BESIDE = (("tests/platform",), ("tests/gateway", "tests/ingest", "tests/cli", "tests/docs"))
"""Tests that run beside the others, each line in a process of its own."""


def unit() -> int:
    """Unit, property and integration tests, with the coverage that is promised.

    Those that mostly wait (for processes, sockets, a database) run beside those that compute, with databases
    of their own; their reports come last.
    """
    coverage = [f"--cov=yuanjian.{name}" for name in ("wire", "series", "screening")]
    report = ("--cov-branch", "--cov-report=term-missing:skip-covered", "--cov-fail-under=100")
    elsewhere = [f"--ignore={folder}" for folder in ("tests/e2e", *chain(*BESIDE))]
    with ExitStack() as stack:
        reports = [stack.enter_context(_beside(folders)) for folders in BESIDE]
        statuses = [_call(*_tool("pytest"), *elsewhere, *coverage, *report), *(tell() for tell in reports)]
    return next(filter(None, statuses), 0)  # that of a killed one is negative


@contextmanager
def _beside(folders: Sequence[str]) -> Iterator[Callable[[], int]]:
    """Run tests in the background; yields what waits for their end, prints their report, gives the status."""
    with tempfile.TemporaryFile() as said:
        command = [*_tool("pytest"), *folders, "-p", "no:cacheprovider"]
        process = subprocess.Popen(command, cwd=ROOT, stdout=said, stderr=subprocess.STDOUT)

        def tell() -> int:
            status = process.wait()
            said.seek(0)
            print(f"\n{' '.join(folders)}\n{said.read().decode()}", flush=True)
            return status

        try:
            yield tell
        finally:
            process.terminate()
            process.wait()


def story() -> int:
    """The whole job in a real browser and by `doctor --end-to-end`; leaves screenshots in artifacts/."""
    ensure_chromium()
    return _call(*_tool("pytest"), "tests/e2e", "-p", "no:cacheprovider")


STAGES: dict[str, Callable[[], int]] = {
    "lint": lint,
    "types": types,
    "imports": imports,
    "client": client,
    "unit": unit,
    "story": story,
}


def ensure_chromium() -> str:
    """The path of a Chromium; installs Debian's packages when there is none and we may."""
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if found:
        return found
    if not shutil.which("apt-get") or os.geteuid() != 0:
        raise OwnFault(
            "cli.no_chromium",
            "浏览器测试需要 Chromium（Debian：apt-get install chromium fonts-noto-cjk）",
            "the browser tests need Chromium (Debian: apt-get install chromium fonts-noto-cjk)",
        )
    print("· 安装 Chromium 与中文字体 · installing Chromium and Chinese fonts …", flush=True)
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    quiet = ("-qq", "-o", "Dpkg::Use-Pty=0")
    _must("apt-get", *quiet, "update", env=env)
    packages = ("chromium", "fonts-noto-cjk")
    _must("apt-get", *quiet, "install", "-y", "--no-install-recommends", *packages, env=env)
    return ensure_chromium()


def _tool(module: str) -> tuple[str, str, str]:
    return (sys.executable, "-m", module)


def _call(*command: object, env: dict[str, str] | None = None) -> int:
    return subprocess.call([str(word) for word in command], cwd=ROOT, env=env)


def _must(*command: str, env: dict[str, str]) -> None:
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    if done.returncode:
        raise OwnFault("cli.install_failed", f"安装失败：{done.stderr[-500:]}", f"{command} failed")


def _web_build():  # type: ignore[no-untyped-def] # a script beside the client, not a package of ours
    spec = importlib.util.spec_from_file_location("web_build", ROOT / "web" / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
