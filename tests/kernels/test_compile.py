"""Compiled kernels are forgotten when a rule changes, and say the same as plain Python."""

import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import every_kernel
import pytest

from market.kernels import compile as compilation
from market.kernels.compile import IS_INTERPRETED, PACKAGE, compiled

HERE = Path(__file__).parent
UNCACHED_FINGERPRINT = compilation.fingerprint.__wrapped__
MACHINE_DEPENDENT = {
    "exp",
    "log",
    "pow",
    "power",
    "expm1",
    "log1p",
    "random",
    "prange",
    "fastmath",
    "parallel",
}

needs_compiler = pytest.mark.skipif(IS_INTERPRETED, reason="numba is switched off")


def run_python(script: Path, **environment: str) -> str:
    settings = {key: value for key, value in os.environ.items() if key != "NUMBA_DISABLE_JIT"} | environment
    command = [sys.executable, "-W", "error::RuntimeWarning", str(script)]
    return subprocess.run(command, env=settings, capture_output=True, text=True, check=True).stdout.strip()


@needs_compiler
def test_every_kernel_gives_the_same_bits_compiled_and_interpreted() -> None:
    interpreted = run_python(HERE / "every_kernel.py", NUMBA_DISABLE_JIT="1")
    assert interpreted == every_kernel.digest()


def test_the_digest_notices_one_changed_last_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    before = every_kernel.digest()
    log = every_kernel.arithmetic.log
    monkeypatch.setattr(every_kernel.arithmetic, "log", lambda x: log(x) * (1 + 2**-52))
    assert every_kernel.digest() != before


def machine_dependent_names(source: str) -> set[str]:
    nodes = list(ast.walk(ast.parse(source)))
    attributes = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    attributes |= {str(node.arg) for node in nodes if isinstance(node, ast.keyword)}
    powers = {"**" for node in nodes if isinstance(node, ast.FunctionDef) for inner in ast.walk(node)
              if isinstance(inner, ast.Pow)}  # fmt: skip
    return attributes & MACHINE_DEPENDENT | powers


def test_no_kernel_calls_a_function_whose_bits_depend_on_the_machine() -> None:
    sources = [path for path in (PACKAGE / "kernels").glob("*.py") if path.stem != "theory"]
    found = {path.name: machine_dependent_names(path.read_text()) for path in sources}
    assert not any(found.values()), found


@pytest.mark.parametrize("planted", ["np.exp(x)", "x**y", "np.random.normal()", "njit(fastmath=True)(g)"])
def test_a_planted_machine_dependent_call_is_found(planted: str) -> None:
    assert machine_dependent_names(f"def f(x, y):\n    return {planted}")


def test_editing_any_source_of_a_copied_package_changes_the_fingerprint(tmp_path: Path) -> None:
    copy = tmp_path / "market"
    shutil.copytree(PACKAGE / "kernels", copy / "kernels")
    before = UNCACHED_FINGERPRINT(copy)
    source = copy / "kernels" / "drip.py"
    text = source.read_text()
    source.write_text(text.replace("day + 1", "day + 2"))
    edited = UNCACHED_FINGERPRINT(copy)
    source.write_text(text)
    restored = UNCACHED_FINGERPRINT(copy)
    source.rename(copy / "drip.py")
    moved = UNCACHED_FINGERPRINT(copy)
    assert before == restored
    assert len({before, edited, moved}) == 3
    assert len(before) == 16


def write_two_file_package(home: Path, decorator: str) -> None:
    shutil.copytree(PACKAGE / "kernels", home / "market" / "kernels", dirs_exist_ok=True)
    (home / "market" / "__init__.py").touch()
    (home / "market" / "rule.py").write_text(f"{decorator}\ndef rule(x):\n    return x + 1\n")
    (home / "market" / "day.py").write_text(
        f"from market.rule import rule\n{decorator}\ndef day(x):\n    return rule(x)\n"
    )
    (home / "run.py").write_text("from market.day import day\nprint(day(1))\n")


@needs_compiler
@pytest.mark.parametrize(
    ("decorator", "second"),
    [
        ("from market.kernels.compile import compiled\n@compiled", "3"),
        ("import numba\n@numba.njit(cache=True)", "2"),  # what numba alone does: stale
    ],
)
def test_editing_a_rule_reaches_its_compiled_caller_in_another_file(
    tmp_path: Path, decorator: str, second: str
) -> None:
    write_two_file_package(tmp_path, decorator)
    environment = {"PYTHONPATH": str(tmp_path), "GPU_MARKET_CACHE_DIR": str(tmp_path / "cache")}
    assert run_python(tmp_path / "run.py", **environment) == "2"
    rule = tmp_path / "market" / "rule.py"
    rule.write_text(rule.read_text().replace("x + 1", "x + 2"))
    assert run_python(tmp_path / "run.py", **environment) == second


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("GPU_MARKET_CACHE_DIR", str(tmp_path / "cache"))
    compilation._cache_directory.cache_clear()
    yield tmp_path / "cache"
    compilation._cache_directory.cache_clear()


def double(x: int) -> int:
    return 2 * x


@needs_compiler
def test_the_cache_is_warm_after_the_first_call_and_the_setting_is_restored(cache: Path) -> None:
    setting = compilation._CONFIG.CACHE_DIR
    assert not compilation.cache_is_warm()
    assert compiled(double)(4) == 8
    assert compilation.cache_is_warm()
    assert list(cache.iterdir()) == [cache / compilation.fingerprint()]
    assert setting == compilation._CONFIG.CACHE_DIR


def test_without_a_writable_cache_kernels_still_run(cache: Path) -> None:
    cache.write_text("a file where the directory should be")
    assert compiled(double)(4) == 8


def test_only_the_four_newest_fingerprints_are_kept_and_nothing_else_is_touched(cache: Path) -> None:
    others = [cache / "notes", cache / ("z" * 16)]
    prints = [cache / f"{k:016x}" for k in range(6)]
    for age, directory in enumerate([*others, *prints]):
        directory.mkdir(parents=True)
        os.utime(directory, (age, age))
    compilation._prune(cache)
    assert set(cache.iterdir()) == {*others, *prints[-4:]}


def test_fingerprints_used_within_a_day_are_kept_however_many(cache: Path) -> None:
    prints = [cache / f"{k:016x}" for k in range(7)]
    for directory in prints:
        directory.mkdir(parents=True)
    os.utime(prints[3], (0, 0))
    compilation._prune(cache)
    assert set(cache.iterdir()) == set(prints) - {prints[3]}


@needs_compiler
def test_callers_share_one_version_of_a_function_whatever_constants_they_write(cache: Path) -> None:
    function = compiled(double)
    numba_function = compiled(lambda: function(3) + function(4))
    assert numba_function() == 14
    assert [str(kinds) for kinds in function.signatures] == ["(int64,)"]


def test_the_cache_follows_the_users_cache_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("GPU_MARKET_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert compilation.cache_root() == tmp_path / "gpu-market"
