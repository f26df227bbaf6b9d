"""How many startups a rule takes at a time is a matter of speed: a narrow block changes no byte of any output."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from market.kernels.compile import IS_INTERPRETED
from tests.mechanisms.narrow_blocks import digests

ROOT = Path(__file__).resolve().parents[2]


def test_a_market_in_narrow_blocks_gives_the_same_bytes() -> None:
    whole, narrow = digests() if IS_INTERPRETED else digests_without_the_compiler()
    assert whole == narrow


def digests_without_the_compiler() -> list[str]:
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tests.mechanisms.narrow_blocks"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.split()
