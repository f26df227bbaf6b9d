"""The command `python -m experiments`: list experiments, or conduct one or all.

Exit codes: 0 done; 1 a defect of an experiment; 2 something that you can mend, said in a line (a wrong name, a full
disk, no scheduler); 3 a defect of the model; 4 done, but runs failed: see `failures.json`; 130 interrupted and 143
terminated: run the same command again to go on.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from experiments.engine.errors import InputError
from experiments.engine.interrupts import interruptible
from experiments.engine.progress import say
from market import MarketError

if TYPE_CHECKING:
    from experiments.engine.conduct import Way

INTERRUPTED = 130
DEFECT = 1
RESULTS = Path("results")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    try:
        with interruptible():
            return int(command.main(args=arguments, prog_name="python -m experiments", standalone_mode=False) or 0)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except MarketError as error:
        say(f"experiments: {error}")
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        say("experiments: interrupted; the same command goes on from here")
        return INTERRUPTED


@click.command(help="List the experiments, or conduct NAME, or all of them.")
@click.argument("name", required=False)
@click.option("--quick", is_flag=True, help="Small designs: each experiment in two or three minutes on two cores.")
@click.option("--workers", type=int, default=1, show_default=True, metavar="N", help="Processes on this machine.")
@click.option("--scheduler", metavar="ADDRESS", help="A Dask scheduler, such as tcp://127.0.0.1:8786.")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Instead of results/quick or results/full.")
@click.option("--keep", is_flag=True, help="Copy the small results to experiments/summaries/NAME.")
@click.option(
    "--score",
    "observations",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Do not run; score against a file of observations.",
)
@click.option("--register", "is_registered", is_flag=True, help="Do not run; freeze the results.")
def command(
    name: str | None,
    quick: bool,
    workers: int,
    scheduler: str | None,
    out: Path | None,
    keep: bool,
    observations: Path | None,
    is_registered: bool,
) -> int:
    """List experiments or conduct some; return the exit code."""
    from experiments import catalogue
    from experiments.engine.conduct import Way, conduct, print_list

    if name is None:
        print_list()
        return 0
    results = out or RESULTS / ("quick" if quick else "full")
    if observations is not None:
        _only(catalogue.load(name).score, "--score", name)(observations)
        return 0
    if is_registered:
        print(_only(catalogue.load(name).register, "--register", name)(results / name))
        return 0
    way = Way(results, quick, workers, scheduler, keep)
    if name != catalogue.ALL:
        return conduct(catalogue.load(name), way)
    return max(_conducted(other, way) for other in catalogue.names())


def _conducted(name: str, way: Way) -> int:
    """Conduct one of all: what ends it is told of, and the others go on."""
    from experiments import catalogue
    from experiments.engine.conduct import conduct

    try:
        return conduct(catalogue.load(name), way)
    except MarketError as error:
        say(f"experiments: {name}: {error}")
        return error.exit_code
    except Exception:
        say(f"experiments: {name}: {traceback.format_exc()}")
        return DEFECT


def _only(function: Callable[[Path], Any] | None, option: str, name: str) -> Callable[[Path], Any]:
    """Return what an option needs of an experiment, or say that it has none."""
    if function is None:
        raise InputError(option, name, "an experiment that has this option")
    return function


if __name__ == "__main__":
    sys.exit(main())
