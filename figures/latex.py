"""Text and tables as LaTeX."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

__all__ = ["escape", "longtable", "tabular"]

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\ensuremath{<}",
    ">": r"\ensuremath{>}",
    "–": "--",
    "—": "---",
    "−": r"\ensuremath{-}",
    "×": r"\ensuremath{\times}",
    "±": r"\ensuremath{\pm}",
    "≥": r"\ensuremath{\geq}",
    "≤": r"\ensuremath{\leq}",
    "≈": r"\ensuremath{\approx}",
    "→": r"\ensuremath{\rightarrow}",
    "²": r"\ensuremath{^2}",
    "½": r"\ensuremath{\frac12}",
    "µ": r"\ensuremath{\mu}",
    "μ": r"\ensuremath{\mu}",
    "“": "``",
    "”": "''",
    "‘": "`",
    "’": "'",
    "…": r"\dots{}",
    "\N{NO-BREAK SPACE}": "~",
}


def escape(text: str) -> str:
    """Return plain text as LaTeX.

    Raises
    ------
    ValueError
        When the text holds a character that the paper's fonts may lack; the caption's author chooses another.
    """
    written = "".join(_SPECIAL.get(sign, sign) for sign in text)
    strange = sorted({sign for sign in written if ord(sign) > 0xFF and sign.isprintable()})
    if strange:
        raise ValueError(f"no LaTeX for {' '.join(strange)} in {text[:60]!r}; add it to figures/latex.py")
    return written


def tabular(columns: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a `tabular` with rules of `booktabs`; cells are LaTeX, a row of one empty cell is a thin rule."""
    return _table("tabular", columns, header, rows, repeated="")


def longtable(columns: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a `longtable` whose header repeats on every page."""
    return _table("longtable", columns, header, rows, repeated="\\endhead\n")


def _table(kind: str, columns: str, header: Sequence[str], rows: Iterable[Sequence[str]], repeated: str) -> str:
    lines = [r"\addlinespace" if list(row) == [""] else f"{' & '.join(row)} \\\\" for row in rows]
    head = f"{' & '.join(header)} \\\\\n"
    return (
        f"\\begin{{{kind}}}{{{columns}}}\n\\toprule\n{head}\\midrule\n{repeated}"
        + "\n".join(lines)
        + f"\n\\bottomrule\n\\end{{{kind}}}\n"
    )
