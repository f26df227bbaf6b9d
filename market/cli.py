"""The command `market`: run a scenario, measure its patterns, look at scenarios and at the day.

Results go to standard output and everything else to standard error. Input that a user can mend ends with
exit code 2 and a text that says how, never with a traceback; an interrupt with 130, and nothing half-written.
Heavy libraries are imported by the commands that need them, so that `market --help` is quick.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from market.errors import MarketError, ScenarioError, UsageError
from market.terminal import in_words, print_patterns, print_table, progress

if TYPE_CHECKING:
    from market.scenarios import Scenario

USAGE, INTERRUPTED, PIPE_CLOSED, TERMINATED = 2, 130, 141, 143
LARGEST_SEED = 2**62 - 1
LONGEST_NUMBER = 19
MOST_SEEDS, MOST_WORKERS, MOST_DAYS, MOST_DRAWS = 1_000_000, 1024, 1096, 1_000_000

PATTERN_KEYS = ("id", "unit", "low", "high", "median", "p05", "p95", "share_in_band", "n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code.

    Parameters
    ----------
    arguments : sequence of str, optional
        Without the program's name; those of the process by default.
    """
    try:
        with _ended_cleanly():
            code = cli.main(args=arguments, prog_name="market", standalone_mode=False)
            sys.stdout.flush()
        return int(code or 0)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except MarketError as error:
        print(f"market: {error}", file=sys.stderr)
        return error.exit_code
    except MemoryError:
        print("market: not enough memory; run a smaller population, or fewer --workers", file=sys.stderr)
        return USAGE
    except BrokenPipeError:
        # The reader of a pipe has left; without a place to go, the flush at exit would complain once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    except (KeyboardInterrupt, click.Abort):
        print("market: interrupted", file=sys.stderr)
        return INTERRUPTED


@contextlib.contextmanager
def _ended_cleanly() -> Iterator[None]:
    """Turn a request to terminate into an exit that lets every block clean up."""

    def leave(signum: int, frame: object) -> None:
        raise SystemExit(TERMINATED)

    if threading.current_thread() is not threading.main_thread():  # which alone may set a handler
        yield
        return
    previous = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


class Whole(click.ParamType):
    """A whole number in a range, refused in the words of the package's errors."""

    name = "whole number"

    def __init__(self, low: int, high: int) -> None:
        self.low, self.high = low, high

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number that was written."""
        text = str(value).strip()
        number = int(text) if text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER else -1
        if not self.low <= number <= self.high:
            field = param.opts[0] if param is not None else self.name
            raise UsageError(field, value, f"a whole number from {self.low} to {self.high}")
        return number


_setting = click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="PATH=VALUE",
    help="Override a value, such as orders.adjustment=0.1 or cloud.volcano_engine.online_cards=5000.",
)
_scenario_or_baseline = click.argument("source", metavar="[SCENARIO]", default="baseline")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="gpu-market", prog_name="market")
def cli() -> None:
    """An agent-based model of a GPU market under shortage.

    A SCENARIO is the name of a shipped one (see `market scenarios`) or the path of a TOML file.
    """


@cli.command("run")
@_scenario_or_baseline
@click.option("--seed", type=Whole(0, LARGEST_SEED), default=1, show_default=True, metavar="N")
@click.option("--out", metavar="DIR", help="A new directory.  [default: results/<scenario>-seed<N>]")
@click.option("--days", type=Whole(1, MOST_DAYS), metavar="N", help="Days to run, from 2022-01-01 on.  [default: all]")
@click.option("--draw", type=Whole(1, MOST_DRAWS), metavar="N", help="Take the values of posterior draw N.")
@_setting
def run_command(
    source: str, seed: int, out: str | None, days: int | None, draw: int | None, settings: tuple[str, ...]
) -> None:
    """Run a scenario once, keep its result, and print a summary of one screen."""
    from market.store import check_new, write_run

    scenario = _load(source, settings, draw)
    own = f"{scenario.name}-seed{seed}" + ("" if draw is None else f"-draw{draw}")
    directory = Path(out) if out is not None else Path("results") / own
    check_new(directory)
    _say_if_compiling()

    from market.observers.summary import describe
    from market.simulation import run

    result = run(scenario, seed=seed, days=days)
    write_run(result, directory)
    click.echo(describe(result))
    click.echo(f"\nWritten to {directory}")


@cli.command("patterns")
@_scenario_or_baseline
@click.option("--seeds", type=Whole(1, MOST_SEEDS), default=20, show_default=True, metavar="N", help="Seeds 1 to N.")
@click.option("--workers", type=Whole(1, MOST_WORKERS), metavar="N", help="Processes.  [default: 2, or 1 on one core]")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array and nothing else.")
@click.option("--out", metavar="DIR", help="Also keep patterns, measures and daily quantiles in a new directory.")
@click.option("--posterior", is_flag=True, help="Let every seed take another posterior draw.")
@_setting
def patterns_command(
    source: str,
    seeds: int,
    workers: int | None,
    as_json: bool,
    out: str | None,
    posterior: bool,
    settings: tuple[str, ...],
) -> None:
    """Measure every pattern of the evidence over seeds, against its band."""
    from market.manifest import json_text
    from market.store import check_new, write_sweep

    scenario = _load(source, settings)
    draws = _draws(seeds) if posterior else []
    worlds = [_load(source, settings, draw) for draw in draws]
    if out is not None:
        check_new(out)
    _say_if_compiling()

    from market.sweep import sweep

    with progress(seeds) as report:
        done = sweep(
            scenario,
            range(1, seeds + 1),
            workers=workers or min(2, os.cpu_count() or 1),
            with_quantiles=out is not None,
            report=report,
            worlds=worlds,
        )
    rows = [{key: getattr(row, key) for key in PATTERN_KEYS} for row in done.patterns]
    if out is not None and done.quantiles is not None:
        write_sweep(out, scenario, done.seeds, rows, done.measures, done.quantiles, done.wall_seconds, draws)
    if as_json:
        click.echo(json_text(rows), nl=False)
        return
    over = f", {len(draws)} posterior draws" if posterior else ""
    print_patterns(f"{scenario.name}, seeds 1 to {seeds}{over}", rows)
    if out is not None:
        click.echo(f"Written to {out}")


@cli.command("scenarios")
def scenarios_command() -> None:
    """List the shipped scenarios."""
    from market.scenarios.read import scenario_names, scenario_title

    print_table(("scenario", "title"), [(name, scenario_title(name)) for name in scenario_names()])


@cli.command("show")
@click.argument("source", metavar="SCENARIO")
@click.option("--toml", "as_toml", is_flag=True, help="Print a TOML file that stands alone.")
@_setting
def show_command(source: str, as_toml: bool, settings: tuple[str, ...]) -> None:
    """Print a scenario, fully resolved: every value with its unit and source."""
    from market.scenarios import describe, to_toml
    from market.scenarios.describe import written

    overrides = _overrides(settings)
    if as_toml:
        click.echo(to_toml(source, overrides), nl=False)
        return
    rows = [(row.path, written(row.value), row.unit, row.source) for row in describe(source, overrides)]
    print_table(("path", "value", "unit", "source"), rows)


@cli.command("validate")
@click.argument("file", metavar="FILE")
def validate_command(file: str) -> None:
    """Check a scenario file and report everything that is wrong with it."""
    scenario = _load(file, ())
    click.echo(f"{file}: valid ({scenario.title})")


@cli.command("schedule")
def schedule_command() -> None:
    """Print the day: its phases in order, what they decide and settle, read and write."""
    from market.schedule import DAY

    rows = [
        (
            str(number),
            phase.name,
            in_words(phase.decide),
            in_words(phase.settle),
            in_words(phase.reads),
            in_words(phase.writes),
        )
        for number, phase in enumerate(DAY, start=1)
    ]
    print_table(("", "phase", "decides", "settles", "reads", "writes"), rows)


def _overrides(settings: Sequence[str]) -> dict[str, Any]:
    """Return what `--set` asks for, or raise everything that cannot be read."""
    from market.scenarios import parse_settings

    overrides, problems = parse_settings(settings)
    if problems:
        raise ScenarioError(problems)
    return overrides


def _draws(seeds: int) -> list[int]:
    """Return the posterior draws that so many seeds take in turn."""
    from market.scenarios import posterior_draws
    from market.scenarios.draws import POSTERIOR

    known = len(posterior_draws())
    if not known:
        raise UsageError("--posterior", None, f"posterior draws, but this package holds none ({POSTERIOR} is missing)")
    return list(range(1, min(seeds, known) + 1))


def _load(source: str, settings: Sequence[str], draw: int | None = None) -> Scenario:
    """Return a scenario with its overrides, over a posterior draw if asked, or raise every problem of both."""
    from market.scenarios import load_scenario, parse_settings, with_draw

    overrides, problems = parse_settings(settings)
    try:
        scenario = load_scenario(source, overrides) if draw is None else with_draw(source, draw, overrides)
    except ScenarioError as error:
        raise ScenarioError([*problems, *error.problems]) from None
    if problems:
        raise ScenarioError(problems)
    return scenario


def _say_if_compiling() -> None:
    """Say why the first run takes longer."""
    from market.kernels.compile import cache_is_warm

    if not cache_is_warm():
        click.echo("market: compiling the model; this happens once and takes a minute or so", err=True)
