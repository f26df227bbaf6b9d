"""Put a calibration into the package: its draws as evidence, its chosen set as the baseline.

``python -m experiments.fit.adopt results/full/calibration`` writes `market/evidence/posterior.csv`, replaces the value
of every fitted parameter where it is declared, marks it as calibrated, and replaces fitted traits of firms in the
scenario `baseline`. Everything is looked up before anything is written; a value that cannot be found stops it. Every
number keeps its one home, so the next calibration starts from this one.
"""

from __future__ import annotations

import argparse
import math
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from experiments.engine.errors import InputError
from experiments.engine.shards import write_text
from experiments.fit.priors import Free, free_parameters

__all__ = ["adopted", "main"]

PARAMETERS, BASELINE = "market/parameters", "market/scenarios/baseline.toml"
POSTERIOR = "market/evidence/posterior.csv"
DRAW_DIGITS, SET_DIGITS = 6, 3
BY_HAND = re.compile(r";? ?(?:value )?moved by hand[^\"]*")
GROUP = re.compile(r"^(\w+) = Group\(\"(\w+)\"\)", re.MULTILINE)


def adopted(results: Path, package: Path) -> dict[Path, str]:
    """Return the new text of every file that adopting a calibration changes.

    Parameters
    ----------
    results : pathlib.Path
        Of the experiment `calibration`.
    package : pathlib.Path
        The checkout that holds `market/`.

    Raises
    ------
    InputError
        When results are missing, or a value has no home in the package.
    """
    draws, chosen = (_table(results / f"{name}.csv") for name in ("posterior", "chosen"))
    free = {item.path: item for item in free_parameters()}
    unknown = [path for path in [*draws.columns[1:], *chosen["parameter"]] if path not in free]
    if unknown:
        raise InputError(str(results), unknown[0], "paths that are free in this version of the package")
    texts = {path: path.read_text(encoding="utf-8") for path in sorted((package / PARAMETERS).glob("*.py"))}
    texts[package / BASELINE] = (package / BASELINE).read_text(encoding="utf-8")
    before = dict(texts)
    for path, value in zip(chosen["parameter"], chosen["value"], strict=True):
        _replace(texts, free[path], _in_prior(free[path], float(value)), package)
    changed = {file: text for file, text in texts.items() if text != before[file]}
    return {**changed, package / POSTERIOR: _posterior(draws, free)}


def main(arguments: Sequence[str] | None = None) -> int:
    """Adopt a calibration; return 0, or 2 when it cannot be done."""
    parser = argparse.ArgumentParser(
        prog="python -m experiments.fit.adopt", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("results", type=Path, help="directory of the experiment calibration")
    parser.add_argument("--package", type=Path, default=Path(), help="checkout that holds market/ (default: here)")
    asked = parser.parse_args(arguments)
    try:
        texts = adopted(asked.results, asked.package)
    except InputError as error:
        print(f"adopt: {error}", file=sys.stderr)
        return error.exit_code
    for file, text in texts.items():
        write_text(file, text)
        print(file)
    return 0


def _table(file: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(file)
    except (OSError, ValueError) as error:
        raise InputError("results", str(file), "a table that the calibration kept") from error


def _in_prior(item: Free, value: float) -> str:
    """Return a value as text: whole, or with few digits and still inside its prior."""
    if item.is_whole:
        return str(round(value))
    inside = min(max(float(f"{value:.{SET_DIGITS}g}"), item.low), item.high)
    return repr(int(inside) if inside.is_integer() else inside)


def _posterior(draws: pd.DataFrame, free: Mapping[str, Free]) -> str:
    """Return the draws as CSV, with few digits."""
    shown = pd.DataFrame({"draw": draws["draw"].astype(int).astype(str)})
    for path in draws.columns[1:]:
        is_whole = free[path].is_whole
        shown[path] = [str(round(v)) if is_whole else f"{v:.{DRAW_DIGITS}g}" for v in draws[path]]
        if not all(math.isfinite(v) for v in draws[path]):
            raise InputError(path, "a value that is not finite", "finite draws")
    return shown.to_csv(index=False, lineterminator="\n")


def _replace(texts: dict[Path, str], item: Free, value: str, package: Path) -> None:
    """Replace a value in its home, in place in `texts`."""
    table, _, rest = item.path.partition(".")
    id, _, key = rest.partition(".")
    if key:
        file = package / BASELINE
        pattern = re.compile(rf"(\[\[{table}\]\]\nid = \"{id}\"\n(?:(?!\[\[).*\n)*?{key} = )[^\s#]+")
        found = pattern.subn(lambda match: match[1] + value, texts[file], count=1)
    else:
        file, text = _declaration(texts, table, rest)
        start = _start(text, table, rest)
        end = text.index("\n)\n", start)
        found = (text[:start] + _declared(text[start:end], item, value) + text[end:], 1)
    if not found[1]:
        raise InputError(item.path, value, f"an entry of this firm in {BASELINE}")
    texts[file] = found[0]


def _declaration(texts: Mapping[Path, str], group: str, name: str) -> tuple[Path, str]:
    for file, text in texts.items():
        if file.suffix == ".py" and _start(text, group, name) >= 0:
            return file, text
    raise InputError("chosen", f"{group}.{name}", f"a parameter declared in {PARAMETERS}")


def _start(text: str, group: str, name: str) -> int:
    """Return where the declaration of a parameter starts, -1 when it is not in this file."""
    for variable, known in GROUP.findall(text):
        found = re.search(rf"{variable}\.parameter\(\s*\"{name}\",", text)
        if known == group and found is not None:
            return found.start()
    return -1


def _declared(declaration: str, item: Free, value: str) -> str:
    """Return a declaration with another value, a prior, and the mark of a calibrated one."""
    changed = re.sub(r"(\(\s*\"\w+\",\s*)[^,]+,", lambda match: f"{match[1]}{value},", declaration, count=1)
    changed = BY_HAND.sub("", changed)
    if "prior=" not in changed:
        changed = changed.replace("    source=", f"    prior=({item.low!r}, {item.high!r}),\n    source=", 1)
    if "calibrated=True" not in changed:
        changed = changed.replace("    source=", "    calibrated=True,\n    source=", 1)
    return changed


if __name__ == "__main__":
    sys.exit(main())
