"""`python -m paper`: make figures, tables, numbers and the bibliography from results, then the PDFs.

A number, figure or table that no result has yet is shown as two question marks and listed; with ``--strict`` it is an
error. Where TeX is missing and cannot be installed, everything but the PDFs is made.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from paper import sources, tex

DOCUMENTS = ("main.tex", "supplement.tex")
FAILED, INCOMPLETE = 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Build the paper; exit code 0, 1 when LaTeX fails, 2 with ``--strict`` when something is missing."""
    options = _parser().parse_args(arguments)
    written = sources.texts()
    asked = sources.shown(written.values())
    _make(["numbers", *asked], options.results)
    keys = sources.cited(written.values())
    sources.BIBLIOGRAPHY.write_text(sources.bibliography(keys, sources.LITERATURE.read_text(encoding="utf-8")), "utf-8")
    missing = _stand_in(written, asked)
    for what in missing:
        print(f"paper: not made yet: {what}", file=sys.stderr)
    if missing and options.strict:
        return INCOMPLETE
    if not tex.find_or_install():
        print(f"paper: {tex.HOW_TO_GET_TEX}")
        return 0
    for name in DOCUMENTS:
        try:
            print(tex.typeset(sources.HERE / name))
        except RuntimeError as error:
            print(f"paper: {name}:\n{error}", file=sys.stderr)
            return FAILED
    return 0


def _make(names: Sequence[str], results: Sequence[Path]) -> None:
    """Make figures, tables and numbers; what fails is listed later."""
    for old in sources.GENERATED.glob("*"):
        old.unlink()
    there = [name for name in dict.fromkeys(names) if (sources.FIGURES / f"{name}.py").is_file()]
    command = [sys.executable, "-m", "figures", *there, "--out", str(sources.GENERATED)]
    for directory in results:
        command += ["--results", str(directory.resolve())]
    subprocess.run(command, cwd=sources.HERE.parent, stdout=subprocess.DEVNULL, check=False)


def _stand_in(written: dict[str, str], asked: dict[str, str]) -> list[str]:
    """Write what stands in for macros, tables and figures that are missing, and return what they are."""
    sources.GENERATED.mkdir(exist_ok=True)
    numbers = sources.GENERATED / "numbers.tex"
    if not numbers.is_file():
        numbers.write_text("", "utf-8")
    macros = sources.missing_macros(written.values(), numbers.read_text(encoding="utf-8"))
    lines = [rf"\newcommand{{\{name}}}{{\textbf{{??}}\xspace}}" for name in macros]
    (sources.GENERATED / "missing.tex").write_text("\n".join([*lines, ""]), "utf-8")
    gone = []
    for name, kind in asked.items():
        file = sources.GENERATED / (f"{name}.pdf" if kind == "figure" else f"{name}.tex")
        if file.is_file():
            continue
        gone.append(f"{kind} {name}")
        if kind != "figure":
            file.write_text("\\textbf{??}\n", "utf-8")
            file.with_suffix(".caption.tex").write_text("\\textbf{??}%\n", "utf-8")
    return [*gone, *(f"\\{name}" for name in macros)]


def _parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(prog="python -m paper", description="Build the paper from results.")
    parser.add_argument(
        "--results",
        type=Path,
        action="append",
        default=[],
        metavar="DIR",
        help="a results directory, as for `python -m figures`; may be repeated",
    )
    parser.add_argument("--strict", action="store_true", help="fail when a number, figure or table is missing")
    return parser


if __name__ == "__main__":
    sys.exit(main())
