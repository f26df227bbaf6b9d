"""Time the engine against honest twins: ``python -m tests.benchmarks [--quick] [--json FILE]``.

The twins (`idiomatic`, `tuned`) are the same market in plain Mesa; `tests/contracts/test_twins_agree.py` shows that
they are. All ratios are of CPU time over the same days of the same world, within rounds in which the contenders take
turns (`race`); the table gives the median over rounds, and the least and largest round. At the default size the rounds
cut the whole calendar into equal parts. At larger sizes a twin does not live through the months before: the engine
runs to the morning of the window, the twin takes over that state (`opening`), and all run the window from there.
Memory per row is the growth of the World's arrays from one size to twice that. Exponents are slopes of log time over
log size. What needs a fresh interpreter is in `processes`; sweeps are in `sweeps`, where that module is there.
"""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path

from tests.benchmarks.gates import as_table, as_text, write_json
from tests.benchmarks.measures import carry_out, say, warm_up
from tests.benchmarks.plan import full, quick
from tests.benchmarks.race import ADVANCE, IDIOMATIC, STEP, TUNED, Timings


def days_table(timings: dict[str, Timings]) -> str:
    """CPU milliseconds a day of everybody, median over rounds."""
    names = (STEP, ADVANCE, TUNED, IDIOMATIC)
    lines: list[tuple[str, ...]] = [("CPU ms a day", *names)]
    for world, times in timings.items():
        days = [times.day(name) if name in times.ms else math.nan for name in names]
        lines.append((world, *("-" if math.isnan(ms) else f"{ms:.4g}" for ms in days)))
    return as_table(lines)


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark. Returns 0 also when a gate is missed: the table says so."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=str(__doc__).splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer rounds and sizes: under a minute")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write an array of all measures")
    options = parser.parse_args(arguments)
    if options.json is not None and not options.json.resolve().parent.is_dir():
        parser.error(f"--json: {options.json.resolve().parent} is not a directory")
    say("loading compiled kernels (compiling them takes a minute or two)")
    warm_up()
    timings, measures = carry_out(quick() if options.quick else full(), options.quick)
    print(f"\n{days_table(timings)}\n\n{as_text(measures)}")
    if options.json is not None:
        write_json(measures, options.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
