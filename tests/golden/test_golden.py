"""Golden numbers are those of the present sources, and change only with a reason."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from market.kernels.compile import PACKAGE
from tests.golden import __main__ as command
from tests.golden import numbers

CHANGED = {"baseline": {"digest": "0" * 64, "price_last_cny": 100.0}}
LOG = "# Changelog\n\nWords.\n\n## 0.2.0 (unreleased)\n\n- One.\n\n## 0.1.0\n\n- Old.\n"
RUN_BY_THE_MACHINE = {"exp", "log", "log2", "log10", "expm1", "log1p", "pow", "power", "interp", "sin", "cos", "tanh"}
FREE = {"kernels/theory.py", "observers/bands.py", "scenarios/draws.py"}  # no state of the model passes through them


@pytest.fixture(scope="module")
def golden() -> numbers.Golden:
    return numbers.measured()


def test_the_golden_worlds_give_the_golden_numbers(golden: numbers.Golden) -> None:
    assert numbers.changes(numbers.read(), golden) == [], "run: python -m tests.golden"


def test_a_changed_number_is_named() -> None:
    other = {"baseline": {"digest": "1" * 64, "price_last_cny": 100.5}}
    lines = numbers.changes(CHANGED, other)
    assert lines == [
        "baseline: digest: 000000000000 -> 111111111111",
        "baseline: price_last_cny: 100 -> 100.5",
    ]
    assert numbers.changes(CHANGED, CHANGED) == []
    assert numbers.changes({}, CHANGED)[1] == "baseline: price_last_cny: nothing -> 100"


def test_the_line_goes_to_the_end_of_the_newest_version() -> None:
    assert numbers.with_line(LOG, "prices are higher.") == LOG.replace(
        "- One.\n", "- One.\n- Golden numbers: prices are higher.\n"
    )


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "CHANGELOG.md").write_text(LOG)
    monkeypatch.setattr(numbers, "CHANGELOG", tmp_path / "CHANGELOG.md")
    monkeypatch.setattr(numbers, "EXPECTED", tmp_path / "expected.json")
    monkeypatch.setattr(numbers, "measured", lambda: CHANGED)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False)
    return tmp_path


def test_numbers_are_refreshed_only_with_a_reason(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main([]) == 1
    assert os.listdir(files) == ["CHANGELOG.md"]
    assert (files / "CHANGELOG.md").read_text() == LOG
    assert command.main(["--because", "a test"]) == 0
    assert numbers.read() == CHANGED
    assert "- Golden numbers: a test.\n" in (files / "CHANGELOG.md").read_text()
    capsys.readouterr()
    assert command.main([]) == 0
    assert capsys.readouterr().out == "Nothing changed.\n"


# ------------------------------------------------------------------ on every processor


def machine_dependent(source: str) -> set[str]:
    """Calls in numpy, math or with ``**`` of a variable exponent, whose last bit is the C library's business."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and node.attr in RUN_BY_THE_MACHINE and isinstance(node.value, ast.Name):
            found |= {node.attr} if node.value.id in ("np", "math", "numpy") else set()
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
            found |= set() if isinstance(node.right, ast.Constant | ast.UnaryOp) else {"**"}
    return found


def test_nothing_that_moves_state_asks_the_c_library_for_more_than_arithmetic() -> None:
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        if name not in FREE:
            found[name] = machine_dependent(path.read_text(encoding="utf-8"))
    found["kernels/arithmetic.py"] -= {"**"}  # powers of two, which are exact
    assert {name: calls for name, calls in found.items() if calls} == {}


@pytest.mark.parametrize("planted", ["np.exp(x)", "math.log(x)", "x**y", "np.interp(x, a, b)"])
def test_a_planted_call_of_the_c_library_is_found(planted: str) -> None:
    assert machine_dependent(f"def f(x, y):\n    return {planted}")


ANOTHER_PROCESSOR = {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": "", "NPY_DISABLE_CPU_FEATURES": ""}


@pytest.mark.slow
@pytest.mark.skipif("NUMBA_DISABLE_JIT" in os.environ, reason="numba is switched off")
def test_code_for_a_plain_processor_gives_the_same_bytes(tmp_path: Path) -> None:
    """Compiled without AVX and fused arithmetic; of the kernels alone, which take seconds and not minutes."""
    script = Path(__file__).parents[1] / "kernels" / "every_kernel.py"
    settings = {**os.environ, "PYTHONPATH": str(PACKAGE.parent)}
    plain = {**settings, **ANOTHER_PROCESSOR, "GPU_MARKET_CACHE_DIR": str(tmp_path)}
    digests = [
        subprocess.run([sys.executable, str(script)], env=env, capture_output=True, text=True, check=True).stdout
        for env in (settings, plain)
    ]
    assert digests[0] == digests[1]
