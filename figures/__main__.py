"""`python -m figures NAME RESULTS_DIR`: make a figure or table from results; without a name, list them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from figures import pattern_table, price_fan
from figures.results import ResultsError, read_results
from figures.style import journal_style, write_figure

FIGURES = {"price_fan": price_fan}
TABLES = {"pattern_table": pattern_table}
EXIT_USAGE = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Make one figure or table and return the exit code: 0, or 2 for input that a user can mend."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.name is None:
        print("\n".join(f"{name:14} {made.TITLE}" for name, made in {**FIGURES, **TABLES}.items()))
        return 0
    if options.results is None:
        parser.error("the results directory is missing")
    if options.readme is not None and options.name not in TABLES:
        parser.error(f"--readme is for tables ({', '.join(TABLES)}); a figure is a file of its own")
    try:
        written = _make(options)
    except ResultsError as error:
        print(f"figures: {error}", file=sys.stderr)
        return EXIT_USAGE
    except OSError as error:
        print(f"figures: {error.filename}: {error.strerror}; choose another --out", file=sys.stderr)
        return EXIT_USAGE
    print("\n".join(str(path) for path in written))
    return 0


def _make(options: argparse.Namespace) -> list[Path]:
    """Make what is asked for and return the files written."""
    results = read_results(options.results)
    out = options.out if options.out is not None else options.results / "figures"
    if options.name in TABLES:
        table = TABLES[options.name]
        refreshed = [table.refresh(results, options.readme)] if options.readme is not None else []
        return [*refreshed, *table.write(results, out)]
    figure = FIGURES[options.name]
    with journal_style():
        return write_figure(figure.draw(results), figure.caption(results), out, options.name)


def _parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m figures", description="Make a figure or table from results on disk."
    )
    parser.add_argument("name", nargs="?", choices=sorted([*FIGURES, *TABLES]), help="which one; without it, list them")
    parser.add_argument("results", nargs="?", type=Path, help="directory that `market patterns --out` wrote")
    parser.add_argument("--out", type=Path, help="where to write it (default: figures/ inside the results)")
    parser.add_argument("--readme", type=Path, help="a page in which to refresh a table, between its markers")
    return parser


if __name__ == "__main__":
    sys.exit(main())
