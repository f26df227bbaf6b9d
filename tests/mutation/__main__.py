"""Plant small faults in kernels, markets and ledger, and count those that the tests find.

mutmut leaves decorated functions alone and compiled code cannot be mutated in place, so the package is copied
without `@compiled`, and its rules run interpreted: slower, but with the same bytes (a test of the suite). Each
mutant runs the tests that reach its function until one fails. The result is kept in `summary.json`, whole or not at
all: counts a file, and every survivor with the reason why it may live, from `reasons.toml`, or "none given".

    python -m tests.mutation                      # everything: an hour or two on two cores; goes on where it stopped
    python -m tests.mutation market.kernels.ration # one module
"""

from __future__ import annotations

import argparse
import json
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
DECORATOR = "@compiled"
MUTATED = (
    *(f"market/kernels/{name}.py" for name in ("arithmetic", "choose", "clear", "drip", "luck", "order", "ration")),
    *(f"market/kernels/{name}.py" for name in ("tender", "theory")),
    "market/markets/*",
    "market/state/ledger.py",
)
TESTS = (
    "tests/kernels",
    "tests/mechanisms",
    "tests/contracts/test_closed_forms.py",
)
LEFT_OUT = "not D2 and not D3 and not winners_curse"  # minutes each without the compiler
KILLED = frozenset({1, 3, 36, -24, 24, 152, 255})  # a test failed, or the mutant never came to an end
SURVIVED = frozenset({0})


def main() -> int:
    """Mutate, run, and keep the summary."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__.splitlines()[0])
    parser.add_argument("modules", nargs="*", help="such as market.kernels.ration; all by default")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--again", action="store_true", help="begin anew with the sources as they are now")
    asked = parser.parse_args()
    if asked.again or not TREE.exists():
        plant()
    patterns = [f"{module}*" for module in asked.modules]
    subprocess.run(
        [Path(sys.executable).with_name("mutmut"), "run", *patterns, "--max-children", str(asked.workers)],
        cwd=TREE,
        env=environment(),
        check=False,
    )
    summary = collect()
    text = json.dumps(summary, indent=1) + "\n"
    scratch = HERE / ".summary.json.tmp"
    scratch.write_text(text, encoding="utf-8")
    os.replace(scratch, HERE / "summary.json")
    print(f"{summary['killed']} of {summary['mutants']} mutants killed ({summary['killed_share']:.1%})")
    return 0


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
            text = "\n".join(line for line in lines if line.strip() != DECORATOR).encode()
        (TREE / name).write_bytes(text)
    options = ("-p", "no:cacheprovider", "-o", "addopts=", "-m", "not slow and not soak", "-k", LEFT_OUT)
    listed = {
        "only_mutate": MUTATED,
        "also_copy": ("tests", "pyproject.toml"),
        "pytest_add_cli_args": options,
        "pytest_add_cli_args_test_selection": TESTS,
    }
    settings = "".join(f"{key}=\n" + "".join(f"    {value}\n" for value in values) for key, values in listed.items())
    (TREE / "setup.cfg").write_text(f"[mutmut]\nsource_paths=market/\n{settings}", encoding="utf-8")


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
                reason = next((r["why"] for r in reasons if matches(r, name, before, after)), "none given")
                survivors.append({"mutant": mutant, "fate": fate, "before": before, "after": after, "reason": reason})
    total = sum(files.values(), Counter())
    mutants = sum(total.values())
    return {
        "mutants": mutants,
        "killed": total["killed"],
        "killed_share": total["killed"] / mutants if mutants else 0.0,
        "files": {name: dict(counts) for name, counts in files.items()},
        "survivors": survivors,
    }


def matches(reason: dict[str, str], file: str, before: str, after: str) -> bool:
    """Tell whether a reason speaks of this mutant: its file and parts of the line before and after."""
    return file.endswith(reason["file"]) and reason["before"] in before and reason.get("after", "") in after


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
