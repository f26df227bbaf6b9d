"""`python -m figures [NAME ...]`: make figures and tables from results on disk; without a name, all of them."""

from __future__ import annotations

import argparse
import importlib
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import figures
from figures import pattern_table
from figures.output import write_drawing, write_table
from figures.results import DEFAULT_DIRECTORIES, Results, ResultsError
from figures.style import journal_style

DEFAULT_OUT = Path("results/figures")
EXIT_USAGE = 2
_TITLE = re.compile(r"^TITLE\b", re.MULTILINE)


def catalogue() -> list[str]:
    """Return the name of every module of this package that draws or tabulates: those with a title."""
    files = Path(figures.__file__).parent.glob("[!_]*.py")
    return sorted(file.stem for file in files if _TITLE.search(file.read_text(encoding="utf-8")))


def module(name: str) -> ModuleType:
    """Import a figure or table; each alone, so that one that is broken hinders no other."""
    return importlib.import_module(f"figures.{name}")


def make(name: str, made: ModuleType, results: Results, out: Path) -> list[Path]:
    """Make one figure or table and return the files written."""
    with journal_style():
        if hasattr(made, "draw"):
            return write_drawing(made.draw(results), out, name)
        if hasattr(made, "tabulate"):
            return write_table(made.tabulate(results), out, name)
        return list(made.write(results, out))


def main(arguments: Sequence[str] | None = None) -> int:
    """Make what is asked for and return the exit code: 0, or 2 for input that a user can mend."""
    known = catalogue()
    options = _parser(known).parse_args(arguments)
    if options.list:
        width = max(map(len, known))
        print("\n".join(f"{name:{width}} {module(name).TITLE}" for name in known))
        return 0
    if options.readme is not None:
        return _refresh(options)
    results = Results(tuple(options.results or DEFAULT_DIRECTORIES))
    problems = []
    for name in options.names or known:
        try:
            written = make(name, module(name), results, options.out)
        except ResultsError as error:
            problems.append(f"{name}: {error}")
        except OSError as error:
            problems.append(f"{error.filename}: {error.strerror}; choose another --out")
            break
        except Exception as error:  # one figure that does not fit its results must not cost the others
            again = " and ".join(f"`python -m experiments {experiment}`" for experiment in module(name).EXPERIMENTS)
            problems.append(
                f"{name}: does not fit its results ({type(error).__name__}: {error}); make them with {again}"
            )
        else:
            print("\n".join(str(path) for path in written))
    for problem in problems:
        print(f"figures: {problem}", file=sys.stderr)
    return EXIT_USAGE if problems else 0


def _refresh(options: argparse.Namespace) -> int:
    """Put the pattern table into a page."""
    if options.names != ["pattern_table"] or len(options.results or ()) != 1:
        print("figures: --readme goes with `pattern_table --results DIR` and with nothing else", file=sys.stderr)
        return EXIT_USAGE
    try:
        print(pattern_table.refresh(Results(tuple(options.results)), options.readme))
    except ResultsError as error:
        print(f"figures: {error}", file=sys.stderr)
        return EXIT_USAGE
    return 0


def _parser(known: list[str]) -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(prog="python -m figures", description="Make figures and tables from results.")
    parser.add_argument("names", nargs="*", metavar="NAME", choices=[*known, []], help="which ones; without it, all")
    parser.add_argument("--list", action="store_true", help="list them and make nothing")
    parser.add_argument(
        "--results",
        type=Path,
        action="append",
        metavar="DIR",
        help="a results directory; may be repeated, the first that has an experiment counts (default: "
        + ", then ".join(str(directory) for directory in DEFAULT_DIRECTORIES)
        + ")",
    )
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, metavar="DIR", help=f"default: {DEFAULT_OUT}")
    parser.add_argument("--readme", type=Path, metavar="FILE", help="a page in which to refresh the pattern table")
    return parser


if __name__ == "__main__":
    sys.exit(main())
