"""Plant small faults in decisions, markets, kernels and ledger, and count those that the tests find.

mutmut leaves decorated functions alone and compiled code cannot be mutated in place, so the package is copied
without `@compiled` and its like, and its rules run interpreted: slower, but with the same bytes (a test of the
suite). Each mutant runs tests that reach its function until one fails: of a function that hundreds reach, those that
are made for its room and the quickest others, as many as fit into some seconds. The result is kept in `summary.json`,
whole or not at all: counts a file, and every survivor with the reason why it may live, from `reasons.toml`, or "none
given".

    python -m tests.mutation                       # everything: an hour on two cores; goes on where it stopped
    python -m tests.mutation market.kernels.ration # one module
    python -m tests.mutation --share 0.25          # a quarter of the mutants, by the hash of their names
    python -m tests.mutation --report              # runs none: writes the summary anew, with the reasons as they are
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import os
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
TREE = ROOT / "build" / "mutation"
STATS = TREE / "mutants" / "mutmut-stats.json"
DECORATORS = ("@compiled", "@compiled_pass", "@compiled_inline")
MUTATED = (
    *(f"market/kernels/{name}.py" for name in ("arithmetic", "choose", "clear", "drip", "luck", "order", "ration")),
    *(f"market/kernels/{name}.py" for name in ("rows", "tender", "theory")),
    "market/decisions/*",
    "market/markets/*",
    "market/state/ledger.py",
)
TESTS = (
    "tests/kernels",
    "tests/mechanisms",
    "tests/contracts/test_closed_forms.py",
)
NARROW_BLOCKS = "tests/mechanisms/test_width_of_blocks.py"
LEFT_OUT = "not D2 and not D3 and not winners_curse and not blocks_of_startups"  # minutes each without the compiler
TESTS_OF_ROOM = {
    "decisions": "tests/mechanisms/test_decisions_of_",
    "markets": "tests/mechanisms/test_settlements_of_",
    "state": "tests/mechanisms/test_settlements_of_",
}
OWN_SECONDS = 20.0  # of tests of its own room that a mutant has to live through, by their time without a fault
OTHER_SECONDS = 6.0  # of other tests
TIMEOUT_MULTIPLIER = 1.5  # mutmut allows twice this times the time of the tests before a mutant counts as endless
Z = 1.96
KILLED = frozenset({1, 3, 36, -24, 24, 152, 255})  # a test failed, or the mutant never came to an end
SURVIVED = frozenset({0})


def main() -> int:
    """Mutate, run, and keep the summary."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__.splitlines()[0])
    parser.add_argument("modules", nargs="*", help="such as market.kernels.ration; all by default")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--again", action="store_true", help="begin anew with the sources as they are now")
    parser.add_argument("--share", type=float, default=1.0, help="part of the mutants that is run")
    parser.add_argument("--report", action="store_true", help="run nothing, write the summary anew")
    asked = parser.parse_args()
    if not 0.0 < asked.share <= 1.0:
        parser.error(f"--share: {asked.share} is not above 0 and at most 1")
    if not asked.report:
        run(tuple(asked.modules or ("market",)), asked.share, asked.workers, is_anew=asked.again)
    elif not STATS.exists():
        parser.error(f"--report: nothing was run yet below {TREE.relative_to(ROOT)}")
    summary = collect()
    text = json.dumps(summary, indent=1) + "\n"
    scratch = HERE / ".summary.json.tmp"
    scratch.write_text(text, encoding="utf-8")
    os.replace(scratch, HERE / "summary.json")
    low, high = summary["killed_share_interval"]
    print(f"{summary['killed']} of {summary['mutants']} mutants killed: {summary['killed_share']:.1%}", end=" ")
    print(f"(95% interval {low:.1%} to {high:.1%}; {summary['planted']} planted)")
    return 0


def run(modules: tuple[str, ...], share: float, workers: int, *, is_anew: bool) -> None:
    """Plant the faults unless they are, and run those of these modules and this share that were not run."""
    if is_anew or not TREE.exists():
        plant()
    if not STATS.exists():
        mutmut("run", "nothing*")  # plants the faults and sees which test reaches what, but runs no mutant
        choose_tests()
    open_ones = [mutant for mutant, code in exit_codes().items() if code is None]
    chosen = [mutant for mutant in open_ones if mutant.startswith(modules) and luck_of(mutant) < share]
    if chosen:
        mutmut("run", *chosen, "--max-children", str(workers))


def mutmut(*arguments: str) -> None:
    subprocess.run([Path(sys.executable).with_name("mutmut"), *arguments], cwd=TREE, env=environment(), check=False)


def exit_codes() -> dict[str, int | None]:
    """What the tests said of each mutant that is planted; None where they were not asked."""
    found: dict[str, int | None] = {}
    for meta in sorted((TREE / "mutants" / "market").rglob("*.meta")):
        found |= json.loads(meta.read_text(encoding="utf-8"))["exit_code_by_key"]
    return found


def luck_of(mutant: str) -> float:
    """A number from 0 to 1 for a mutant, the same on every machine: those below a share are run."""
    return int.from_bytes(hashlib.sha256(mutant.encode()).digest()[:8], "big") / 2**64


def choose_tests() -> None:
    """Keep of the tests that reach a function those made for its room, the quickest ones, and the narrow blocks.

    The market in narrow blocks is kept for all functions: it alone has more than one block.
    """
    stats = json.loads(STATS.read_text(encoding="utf-8"))
    seconds, tests_of = stats["duration_by_test"], stats["tests_by_mangled_function_name"]
    for function, tests in tests_of.items():
        quickest_first = sorted(tests, key=lambda test: (seconds[test], test))
        made_for_it = [test for test in quickest_first if test.startswith(tests_made_for(function))]
        kept = within(OWN_SECONDS, made_for_it, seconds) + within(OTHER_SECONDS, quickest_first, seconds)
        kept += [test for test in tests if test.startswith(NARROW_BLOCKS)]
        tests_of[function] = list(dict.fromkeys(kept))
    STATS.write_text(json.dumps(stats), encoding="utf-8")


def tests_made_for(function: str) -> str:
    """How the names of the test files begin that were written for a function's room."""
    _, room, module, *_ = function.split(".")
    return f"tests/kernels/test_{module}.py" if room == "kernels" else TESTS_OF_ROOM[room]


def within(limit: float, tests: list[str], seconds: dict[str, float]) -> list[str]:
    """The first of these tests, as many as fit into so many seconds, and at least one."""
    kept, total = [], 0.0
    for test in tests:
        total += seconds[test]
        if kept and total > limit:
            break
        kept.append(test)
    return kept


def environment() -> dict[str, str]:
    return {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONDONTWRITEBYTECODE": "1"}


def plant() -> None:
    """Copy the package and its tests, without the compiler's decorator, beside the settings of mutmut."""
    shutil.rmtree(TREE, ignore_errors=True)
    tracked = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "market", "tests", "pyproject.toml"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout.split()  # fmt: skip
    for name in tracked:
        if not (ROOT / name).is_file():
            continue
        (TREE / name).parent.mkdir(parents=True, exist_ok=True)
        text = (ROOT / name).read_bytes()
        if name.startswith("market/") and name.endswith(".py") and not name.endswith("kernels/compile.py"):
            lines = text.decode().split("\n")
            text = "\n".join(line for line in lines if line.strip() not in DECORATORS).encode()
        (TREE / name).write_bytes(text)
    options = ("-p", "no:cacheprovider", "-o", "addopts=", "-m", "not slow and not soak", "-k", LEFT_OUT)
    listed = {
        "only_mutate": MUTATED,
        "also_copy": ("tests", "pyproject.toml"),
        "pytest_add_cli_args": options,
        "pytest_add_cli_args_test_selection": TESTS,
    }
    lists = "".join(f"{key}=\n" + "".join(f"    {value}\n" for value in values) for key, values in listed.items())
    settings = f"[mutmut]\nsource_paths=market/\ntimeout_multiplier={TIMEOUT_MULTIPLIER}\n{lists}"
    (TREE / "setup.cfg").write_text(settings, encoding="utf-8")


def collect() -> dict[str, object]:
    """Read what became of every mutant that was run."""
    reasons = tomllib.loads((HERE / "reasons.toml").read_text(encoding="utf-8"))["reason"]
    files: dict[str, Counter[str]] = {}
    survivors = []
    for path in sorted((TREE / "mutants" / "market").rglob("*.meta")):
        name = path.relative_to(TREE / "mutants").as_posix().removesuffix(".meta")
        for mutant, code in json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"].items():
            if code is None:
                continue
            fate = "killed" if code in KILLED else "survived" if code in SURVIVED else "not reached"
            files.setdefault(name, Counter())[fate] += 1
            if fate != "killed":
                before, after = changed_lines(mutant)
                reason = next((r["why"] for r in reasons if matches(r, mutant, name, before, after)), "none given")
                survivors.append({"mutant": mutant, "fate": fate, "before": before, "after": after, "reason": reason})
    total = sum(files.values(), Counter())
    run = sum(total.values())
    return {
        "planted": len(exit_codes()),
        "mutants": run,
        "killed": total["killed"],
        "killed_share": total["killed"] / max(run, 1),
        "killed_share_interval": wilson(total["killed"], run),
        "files": {name: dict(counts) for name, counts in files.items()},
        "survivors": survivors,
    }


def wilson(hits: int, of: int) -> tuple[float, float]:
    """The 95% interval of a share (Wilson), for mutants drawn by luck from all that were planted."""
    n = max(of, 1)
    share, weight = hits / n, Z * Z / n
    middle = (share + weight / 2.0) / (1.0 + weight)
    half = Z * math.sqrt(share * (1.0 - share) / n + weight / (4.0 * n)) / (1.0 + weight)
    return max(middle - half, 0.0), min(middle + half, 1.0)


def matches(reason: dict[str, str], mutant: str, file: str, before: str, after: str) -> bool:
    """Tell whether a reason speaks of this mutant: its file, its name, and parts of the line before and after."""
    is_there = file.endswith(reason["file"]) and reason.get("function", "") in mutant
    return is_there and reason["before"] in before and reason.get("after", "") in after


def changed_lines(mutant: str) -> tuple[str, str]:
    """Return the lines that a mutant takes out and puts in."""
    shown = subprocess.run(
        [Path(sys.executable).with_name("mutmut"), "show", mutant],
        cwd=TREE, env=environment(), check=True, capture_output=True, text=True,
    ).stdout.split("\n")  # fmt: skip
    parts = [" ".join(x[1:].strip() for x in shown if x.startswith(s) and not x.startswith(s * 3)) for s in "-+"]
    return parts[0], parts[1]


if __name__ == "__main__":
    sys.exit(main())
