"""What the text of the paper asks for: macros, figures, tables, citations; and what is there to meet it.

The text quotes results through macros only and shows figures and tables through two commands, so what it needs can be
read off the sources. Citations come from the package's own bibliography, of which the paper keeps what it cites.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

__all__ = [
    "BIBLIOGRAPHY",
    "FIGURES",
    "GENERATED",
    "HERE",
    "LITERATURE",
    "bibliography",
    "cited",
    "defined_macros",
    "missing_macros",
    "shown",
    "texts",
    "used_macros",
]

HERE = Path(__file__).resolve().parent
GENERATED = HERE / "generated"
FIGURES = HERE.parent / "figures"
BIBLIOGRAPHY = HERE / "references.bib"
LITERATURE = HERE.parent / "market" / "evidence" / "references.bib"

_MACRO = re.compile(r"\\(num[A-Z][A-Za-z]*)")
_DEFINED = re.compile(r"\\newcommand\{\\(num[A-Za-z]+)\}")
_SHOWN = re.compile(r"\\result(figure|table|longtable)(?:\[[^\]]*\])?\{([a-z_0-9]+)\}")
_CITED = re.compile(r"\\cite[a-z]*\*?(?:\[[^\]]*\])*\{([^}]+)\}")
_ENTRY = re.compile(r"^@\w+\{\s*([^,\s]+)\s*,.*?(?=^@|^%%|\Z)", re.MULTILINE | re.DOTALL)
_HEAD = "% Made by `python -m paper` from market/evidence/references.bib: what the paper cites. Do not edit.\n"
_COMMENT = re.compile(r"(?<!\\)%.*")


def texts() -> dict[str, str]:
    """Return every source that is written by hand, by its name, without comments."""
    files = [
        HERE / "preamble.tex",
        HERE / "main.tex",
        HERE / "supplement.tex",
        *sorted((HERE / "sections").glob("*.tex")),
    ]
    return {file.name: _COMMENT.sub("", file.read_text(encoding="utf-8")) for file in files}


def used_macros(written: Iterable[str]) -> set[str]:
    """Return the names of all macros of numbers in some texts."""
    return {name for text in written for name in _MACRO.findall(text)}


def defined_macros(numbers: str) -> set[str]:
    """Return the names that ``numbers.tex`` defines."""
    return set(_DEFINED.findall(numbers))


def missing_macros(written: Iterable[str], numbers: str) -> list[str]:
    """Return the macros that some texts use and no experiment has noted."""
    return sorted(used_macros(written) - defined_macros(numbers))


def shown(written: Iterable[str]) -> dict[str, str]:
    """Return every figure and table that some texts show: name to ``figure``, ``table`` or ``longtable``."""
    return {name: kind for text in written for kind, name in _SHOWN.findall(text)}


def cited(written: Iterable[str]) -> set[str]:
    """Return all citation keys of some texts."""
    return {key.strip() for text in written for keys in _CITED.findall(text) for key in keys.split(",")}


def bibliography(keys: Iterable[str], literature: str) -> str:
    """Return the entries of these keys, in the order of the literature.

    Raises
    ------
    KeyError
        When a key has no entry; names all such keys.
    """
    entries = {match[1]: match[0].strip() for match in _ENTRY.finditer(literature)}
    wanted = set(keys)
    if unknown := sorted(wanted - set(entries)):
        raise KeyError(f"no entry in the literature for {', '.join(unknown)}")
    return _HEAD + "\n".join(entry for key, entry in entries.items() if key in wanted) + "\n"
