"""Exponential and logarithm are accurate, and exact where they should be."""

from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market.kernels import arithmetic

PRECISION = 1e-15
DIGITS = 40


def relative_error(found: float, exact: Decimal) -> float:
    return float(abs(Decimal(float(found)) - exact) / abs(exact))


@settings(deadline=None, max_examples=300)
@given(st.floats(-50.0, 50.0))
def test_exp_agrees_with_forty_digits(x: float) -> None:
    with localcontext(prec=DIGITS):
        assert relative_error(arithmetic.exp(x), Decimal(x).exp()) < PRECISION


@settings(deadline=None, max_examples=300)
@given(st.floats(1e-300, 1e300) | st.floats(0.5, 2.0).filter(lambda x: x != 1.0))
def test_log_agrees_with_forty_digits(x: float) -> None:
    with localcontext(prec=DIGITS):
        if x != 1.0:
            assert relative_error(arithmetic.log(x), Decimal(x).ln()) < PRECISION


@settings(deadline=None, max_examples=300)
@given(st.floats(1e-300, 1.0 - 1e-9).filter(lambda p: p != 0.5))
def test_log_odds_agrees_with_forty_digits_and_logistic_inverts_it(p: float) -> None:
    found = arithmetic.log_odds(p)
    with localcontext(prec=DIGITS):
        assert relative_error(found, (Decimal(p) / (1 - Decimal(p))).ln()) < PRECISION
    assert arithmetic.logistic(found) == pytest.approx(p, rel=1e-12)


def test_the_ends_of_the_range_are_right() -> None:
    exp, log, log_odds = arithmetic.exp, arithmetic.log, arithmetic.log_odds
    assert (exp(0.0), exp(np.inf), exp(-np.inf), exp(710.0), exp(-746.0)) == (1.0, np.inf, 0.0, np.inf, 0.0)
    assert exp(709.7) == pytest.approx(np.exp(709.7), rel=1e-14)
    assert exp(-744.0) == 1e-323  # subnormal
    assert (log(1.0), log(0.0), log(np.inf)) == (0.0, -np.inf, np.inf)
    assert log(5e-324) == pytest.approx(-744.4400719213812, rel=1e-15)
    assert np.isnan(log(-1.0))
    assert np.isnan(log(np.nan))
    assert np.isnan(exp(np.nan))
    assert (log_odds(0.0), log_odds(0.5), log_odds(1.0)) == (-np.inf, 0.0, np.inf)
    assert (arithmetic.logistic(0.0), arithmetic.logistic(-800.0), arithmetic.logistic(800.0)) == (
        0.5,
        0.0,
        1.0,
    )


def test_powers_of_two_are_exact() -> None:
    assert [arithmetic.power_of_two(k) for k in (-1022, -1, 0, 1023)] == [2.0**-1022, 0.5, 1.0, 2.0**1023]
