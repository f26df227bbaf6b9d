"""`python -m figures NAME RESULTS_DIR [--out DIR]`: draw a figure from results; without a name, list them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from figures import price_fan
from figures.results import ResultsError, read_results
from figures.style import journal_style, write_figure

FIGURES = {"price_fan": price_fan}
EXIT_USAGE = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw one figure and return the exit code: 0, or 2 for input that a user can mend."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.name is None:
        print("\n".join(f"{name:12} {figure.TITLE}" for name, figure in FIGURES.items()))
        return 0
    if options.results is None:
        parser.error("the results directory is missing")
    figure = FIGURES[options.name]
    try:
        results = read_results(options.results)
        with journal_style():
            drawn = figure.draw(results)
            out = options.out if options.out is not None else options.results / "figures"
            written = write_figure(drawn, figure.caption(results), out, options.name)
    except ResultsError as error:
        print(f"figures: {error}", file=sys.stderr)
        return EXIT_USAGE
    except OSError as error:
        print(f"figures: {error.filename}: {error.strerror}; choose another --out", file=sys.stderr)
        return EXIT_USAGE
    print("\n".join(str(path) for path in written))
    return 0


def _parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m figures", description="Draw a figure from results on disk."
    )
    parser.add_argument(
        "name", nargs="?", choices=sorted(FIGURES), help="which figure; without it, list them"
    )
    parser.add_argument("results", nargs="?", type=Path, help="directory that `market patterns --out` wrote")
    parser.add_argument("--out", type=Path, help="where to write it (default: figures/ inside the results)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
