#!/usr/bin/env python3
"""Yuanjian on a machine with nothing but Python ≥ 3.11: `python3 run.py demo`, `python3 run.py test`.

This file makes the environment (a virtual environment with the locked versions, and the web client)
and hands every word over to the `yuanjian` command in it. Standard library only.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = VENV / "yuanjian.stamp"
LOCK = ROOT / "requirements.lock"
BOOTSTRAP = ROOT / "bootstrap.lock"
# Changing any of these files makes the environment anew.
INPUTS = (LOCK, BOOTSTRAP, ROOT / "pyproject.toml", ROOT / "hatch_build.py")


def main() -> int:
    """Make the environment if it is not up to date, then become the `yuanjian` command."""
    if sys.version_info < (3, 11):  # noqa: UP036 - people do start this with an old Python
        print(f"远鉴需要 Python 3.11 或更新版本，当前为 {sys.version.split()[0]}。", file=sys.stderr)
        print(f"Yuanjian needs Python 3.11 or newer; this is {sys.version.split()[0]}.", file=sys.stderr)
        return 2
    os.chdir(ROOT)
    if not up_to_date():
        make_environment()
    keep_bytecode()
    run(PYTHON, "web/build.py", "--if-changed")
    words = sys.argv[1:] or ["--help"]
    command = [str(PYTHON), "-m", "yuanjian.cli.main", *words]
    sys.stdout.flush()
    if os.name == "posix":  # become the command, so that Ctrl-C and SIGTERM reach it and nobody else
        os.execv(command[0], command)
    return subprocess.call(command)


def keep_bytecode() -> None:
    """Where nothing compiled may lie beside the sources, keep it in the environment.

    Otherwise each of half a dozen processes compiles everything: a second demo started in 28 s, not 11.
    """
    if os.environ.pop("PYTHONDONTWRITEBYTECODE", None):
        os.environ.setdefault("PYTHONPYCACHEPREFIX", str(VENV / "pyc"))


def up_to_date() -> bool:
    """Whether the environment was made from the files as they are now, by this Python."""
    return PYTHON.exists() and STAMP.exists() and STAMP.read_text() == fingerprint()


def fingerprint() -> str:
    """One line that changes whenever the environment has to be made again."""
    digest = hashlib.sha256(sys.version.encode())
    for path in INPUTS:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def make_environment() -> None:
    """A fresh virtual environment with uv and the locked packages."""
    if not PYTHON.exists():
        step("建立 Python 环境 · creating the environment")
        create_venv()
    step("安装锁定版本的依赖 · installing the locked packages")
    env = {**os.environ, "VIRTUAL_ENV": str(VENV), "UV_PYTHON_DOWNLOADS": "never"}
    # By the venv's own Python: uv must install into this environment and no other.
    uv = (PYTHON, "-m", "uv", "pip")
    run(*uv, "sync", "--quiet", "--require-hashes", "--python", PYTHON, LOCK, env=env)
    install = ("install", "--quiet", "--no-deps", "--no-build-isolation", "--python", PYTHON, "-e", ".")
    run(*uv, *install, env=env)
    STAMP.write_text(fingerprint())


def create_venv() -> None:
    """`python -m venv`, or by way of uv where Debian left `ensurepip` out."""
    made = subprocess.run([sys.executable, "-m", "venv", str(VENV)], capture_output=True, text=True)
    if made.returncode == 0:
        run(PYTHON, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", BOOTSTRAP)
        return
    tools = VENV.with_name(".bootstrap")
    pip = (sys.executable, "-m", "pip", "install", "--quiet", "--require-hashes")
    try:
        run(*pip, "--target", tools, "-r", BOOTSTRAP)
    except SystemExit:
        print(made.stdout + made.stderr, file=sys.stderr)
        print("需要 venv 或 pip（Debian：apt-get install python3-venv）。", file=sys.stderr)
        raise
    env = {**os.environ, "PYTHONPATH": str(tools), "UV_PYTHON_DOWNLOADS": "never"}
    uv = (sys.executable, "-m", "uv")
    run(*uv, "venv", "--quiet", "--clear", "--python", sys.executable, VENV, env=env)
    run(*uv, "pip", "install", "--quiet", "--require-hashes", "--python", PYTHON, "-r", BOOTSTRAP, env=env)


def step(text: str) -> None:
    """Say what takes the time."""
    print(f"· {text} …", flush=True)


def run(*command: object, env: dict[str, str] | None = None) -> None:
    """Run a command; stop with its exit status if it fails."""
    status = subprocess.call([str(word) for word in command], env=env)
    if status:
        raise SystemExit(status)


if __name__ == "__main__":
    sys.exit(main())
