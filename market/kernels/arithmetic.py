"""Exponential and logarithm whose last bit does not depend on the machine.

The C library picks its own ``exp`` and ``log`` by processor, and they differ in the last digit. These use
IEEE ``+ - * /`` alone: the argument is reduced by exact powers of two, the rest is a short series. Relative error is
below 1e-15 over the whole range.
"""

from __future__ import annotations

import math

import numpy as np

from market.kernels.compile import compiled, compiled_pass

SMALLEST_EXPONENT = -1022

LN2_HIGH = 6.93147180369123816490e-01  # ln 2 to 33 bits, so that its product with an exponent is exact
LN2_LOW = 1.90821492927058770002e-10  # the rest of ln 2
INVERSE_LN2 = 1.44269504088896338700
SQRT_HALF = 0.70710678118654757274
EXP_OVERFLOW = 709.782712893384
EXP_UNDERFLOW = -745.1332191019412
SERIES_REACH = 0.17  # the area tangent's series is good to |s| <= (sqrt 2 - 1)/(sqrt 2 + 1) = 0.1716
EXP_TERMS = np.array([1.0 / math.factorial(k) for k in range(13, -1, -1)])
AREA_TANGENT_TERMS = np.array([1.0 / k for k in range(23, 1, -2)])
SMALLEST_NORMAL = 2.0**SMALLEST_EXPONENT
SUBNORMAL_SHIFT = 54
SUBNORMAL_FACTOR = 2.0**SUBNORMAL_SHIFT
MANTISSA_BITS = 52
MANTISSA = 2**MANTISSA_BITS - 1
BITS_OF_HALF = 0x3FE0000000000000  # sign and exponent of the numbers from a half to one


@compiled_pass
def exp(x: float) -> float:
    """Return e to the power `x`; infinity above 709.78, zero below -745.13."""
    if np.isnan(x):
        return x
    if x > EXP_OVERFLOW:
        return np.inf
    if x < EXP_UNDERFLOW:
        return 0.0
    exponent = int(x * INVERSE_LN2 + (0.5 if x > 0.0 else -0.5))
    r = (x - exponent * LN2_HIGH) - exponent * LN2_LOW
    half = exponent // 2  # two exact factors, since 2**1024 and 2**-1074 are no normal numbers
    return _exp_series(r) * power_of_two(half) * power_of_two(exponent - half)


@compiled_pass
def log(x: float) -> float:
    """Return the natural logarithm of `x`; minus infinity at zero, not-a-number below."""
    if np.isnan(x) or x == np.inf:
        return x
    if x <= 0.0:
        return -np.inf if x == 0.0 else np.nan
    exponent = SMALLEST_EXPONENT
    if x < SMALLEST_NORMAL:
        x *= SUBNORMAL_FACTOR
        exponent -= SUBNORMAL_SHIFT
    bits = np.float64(x).view(np.int64)
    exponent += int(bits >> MANTISSA_BITS)
    x = np.int64((bits & MANTISSA) | BITS_OF_HALF).view(np.float64)  # from a half to one
    if x < SQRT_HALF:
        x *= 2.0
        exponent -= 1
    return exponent * LN2_HIGH + (_twice_area_tangent((x - 1.0) / (x + 1.0)) + exponent * LN2_LOW)


@compiled_pass
def logistic(x: float) -> float:
    """Return the probability whose log-odds are `x`."""
    odds = exp(-abs(x))
    return (1.0 if x >= 0.0 else odds) / (1.0 + odds)


@compiled
def log_odds(p: float) -> float:
    """Return log(p / (1 - p)), the inverse of `logistic`; infinite at 0 and 1."""
    contrast = 2.0 * p - 1.0
    if -SERIES_REACH < contrast < SERIES_REACH:
        return _twice_area_tangent(contrast)
    return log(p) - log(1.0 - p)


@compiled_pass
def power_of_two(exponent: int) -> float:
    """Return two to an integer power between -1022 and 1023, exactly."""
    return np.int64((exponent - SMALLEST_EXPONENT + 1) << MANTISSA_BITS).view(np.float64)


@compiled_pass
def _exp_series(r: float) -> float:
    """Taylor's series of exp to the 13th power, for |r| <= ln(2)/2: relative error 5e-18."""
    total = 0.0
    for k in range(EXP_TERMS.shape[0]):
        total = total * r + EXP_TERMS[k]
    return total


@compiled_pass
def _twice_area_tangent(s: float) -> float:
    """Return log((1 + s)/(1 - s)) = 2 (s + s^3/3 + ... + s^23/23), for |s| <= 0.1716: error 1e-18."""
    square = s * s
    total = 0.0
    for k in range(AREA_TANGENT_TERMS.shape[0]):
        total = (total + AREA_TANGENT_TERMS[k]) * square
    return 2.0 * (s + s * total)
