"""The installation check, run as people run it."""

from __future__ import annotations

import json
import subprocess
import sys


def test_the_whole_job_adds_up() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "yuanjian.cli.main", "doctor", "--end-to-end", "--json"],
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads(done.stdout)
    assert result["ok"] is True
    assert result["frames_sent"] >= 20_000
    frames = {result[f"frames_{key}"] for key in ("sent", "acknowledged", "journaled", "ingested")}
    assert frames == {result["frames_sent"]}
    assert result["closed"] == {"1": "closed", "2": "closed", "3": "closed"}
    assert result["recall"] >= 0.9
    assert result["precision"] >= 0.8
