"""What has to be measured in a process of its own: imports, a cold compile, a million startups."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.benchmarks.gates import Measured

ROOT = Path(__file__).resolve().parents[2]
CACHE_VARIABLE = "GPU_MARKET_CACHE_DIR"

IMPORT = "import time; started = time.process_time(); {}; print(time.process_time() - started)"

COLD_DAY = """
import time
started, used = time.perf_counter(), time.process_time()
from market import GpuMarket
GpuMarket("tiny", 1).advance(1)
print([time.perf_counter() - started, time.process_time() - used])
"""

HUGE = """
import json, sys
import market
from tests.benchmarks.processes import peak_mb
kind, rows, days = json.loads(sys.argv[1])
make = getattr(market, kind)
begun = peak_mb()
make(market.load_scenario("baseline", {"population.startups": rows}), 1).advance(days)
print(json.dumps({"peak_mb": peak_mb(), "begun_mb": begun}))
"""

TURNS = """
import json, sys
from market import Engine, load_scenario
from tests.benchmarks.fused import full_and_fused_ns
rows, window = json.loads(sys.argv[1])
model = Engine(load_scenario("baseline", {"population.startups": rows}), 1)
model.advance(window[0])
print(json.dumps(full_and_fused_ns(model, window[1])))
"""


def peak_mb() -> float:
    """Most memory this process ever held, in MB; what was held before exec does not count."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1e3
    raise OSError("no VmHWM in /proc/self/status")


def in_process(code: str, *arguments: str, environment: Mapping[str, str] | None = None) -> str:
    """Run code in a fresh interpreter at the root of the project and return the last line it prints."""
    command = [sys.executable, "-c", code, *arguments]
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH", "")])])
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": path, **(environment or {})},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip().splitlines()[-1]


def import_ratios(rounds: int) -> list[Measured]:
    """CPU time of imports, against Mesa's."""
    seconds: dict[str, list[float]] = {}
    statements = ("import mesa", "import market", "from market import GpuMarket")
    for _ in range(rounds):
        for statement in statements:
            seconds.setdefault(statement, []).append(float(in_process(IMPORT.format(statement))))
    mesa, market, model = (seconds[statement] for statement in statements)
    return [
        Measured.median("import market / import mesa", [a / b for a, b in zip(market, mesa, strict=True)]),
        Measured.median(
            "from market import GpuMarket / import mesa", [a / b for a, b in zip(model, mesa, strict=True)]
        ),
        Measured.median("import mesa", mesa, "s"),
    ]


def cold_compile() -> list[Measured]:
    """The first day on a machine that has compiled nothing yet."""
    with tempfile.TemporaryDirectory() as empty:
        wall, cpu = json.loads(in_process(COLD_DAY, environment={CACHE_VARIABLE: empty}))
    return [Measured("first day with nothing compiled, wall", wall, "s"), Measured("the same, CPU", cpu, "s")]


def huge_run(rows: int, window: tuple[int, int], calendar: int) -> dict[str, Any]:
    """Processes with `rows` startups: peak memory over the calendar, with the engine alone and as a Mesa model; a day
    and the floor in turns in the window."""
    as_mesa = json.loads(in_process(HUGE, json.dumps(["GpuMarket", rows, calendar])))
    started = time.perf_counter()
    found = json.loads(in_process(HUGE, json.dumps(["Engine", rows, calendar])))
    wall_s = time.perf_counter() - started
    full, fused = json.loads(in_process(TURNS, json.dumps([rows, window])))
    return {**found, "mesa_peak_mb": as_mesa["peak_mb"], "wall_s": wall_s, "full_ns": full, "fused_ns": fused}
