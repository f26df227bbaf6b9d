"""Passes over columns are compiled to vector code, several rows at a time: looked for in the code, not on a clock."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from typing import Any

import numpy as np
import pytest

import market
from market import GpuMarket
from market.kernels.compile import IS_INTERPRETED

if IS_INTERPRETED:
    pytest.skip("numba is switched off", allow_module_level=True)

import llvmlite.binding as llvm
import numba

VECTOR_LOOP = "vector.body"  # LLVM's name for the loop over several rows at a time
LEAST = 30  # passes

pytestmark = pytest.mark.skipif(
    not llvm.get_host_cpu_features().get("avx2"), reason="which loops are worth it depends on the processor: here AVX2"
)


def code_of(function: Any, signature: Any, **options: Any) -> str:
    """Compile a function anew and return what LLVM made of it."""
    compiled = numba.njit(nogil=True, **options)(function)
    compiled.compile(signature)
    return str(compiled.inspect_llvm(compiled.signatures[0]))


def passes() -> dict[str, Any]:
    """The package's functions that are compiled as passes over columns."""
    found = {}
    for info in pkgutil.walk_packages(market.__path__, "market."):
        for name, function in vars(importlib.import_module(info.name)).items():
            if is_pass(function) and function.py_func.__module__ == info.name:
                found[f"{info.name}.{name}"] = function
    return found


def is_pass(function: Any) -> bool:
    """Tell a pass from other functions, and from arithmetic that is compiled like one and returns a number."""
    options = getattr(function, "targetoptions", {})
    is_like_one = options.get("error_model") == "numpy" and options.get("inline") != "always"
    return is_like_one and inspect.signature(function.py_func).return_annotation != "float"


def test_every_pass_takes_several_rows_at_a_time() -> None:
    GpuMarket("tiny", seed=1).advance(1)
    found = passes()
    assert len(found) >= LEAST
    one_by_one = set()
    for name, function in found.items():
        signatures = [key[0] for key in function._cache._cache_file._load_index()]
        assert signatures
        codes = [code_of(function.py_func, signature, error_model="numpy") for signature in signatures]
        if not all(VECTOR_LOOP in code for code in codes):
            one_by_one.add(name)
    assert one_by_one == set()


def test_a_loop_that_may_have_to_stop_takes_one_row_at_a_time() -> None:
    def divide(values: np.ndarray, by: np.ndarray) -> None:
        for i in range(values.shape[0]):
            values[i] /= by[i]

    signature = (numba.float64[::1], numba.float64[::1])
    assert VECTOR_LOOP in code_of(divide, signature, error_model="numpy")
    assert VECTOR_LOOP not in code_of(divide, signature, error_model="python")
