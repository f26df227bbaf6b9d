"""TeX: found, or installed on a Debian machine with root rights, and run so that the same text gives the same bytes."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

__all__ = ["HOW_TO_GET_TEX", "PACKAGES", "find_or_install", "typeset"]

PACKAGES = (
    "texlive-latex-base",
    "texlive-latex-recommended",
    "texlive-latex-extra",
    "texlive-fonts-recommended",
    "latexmk",
    "lmodern",
)
HOW_TO_GET_TEX = (
    "everything but the PDF is made: TeX is missing, and this is no Debian machine with root rights to install it on.\n"
    f"On Debian or Ubuntu: sudo apt-get install --no-install-recommends {' '.join(PACKAGES)}\n"
    "Elsewhere: TeX Live (https://tug.org/texlive) with latexmk. Then `make paper` again."
)
_REPRODUCIBLE = {"SOURCE_DATE_EPOCH": "0", "FORCE_SOURCE_DATE": "1", "TZ": "UTC"}


def find_or_install() -> bool:
    """Return whether TeX is there, after having installed it where that is possible."""
    if _is_there():
        return True
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        return False
    print(f"paper: TeX is missing; installing {' '.join(PACKAGES)} (about 300 MB, some minutes)", flush=True)
    quiet = {"stdout": subprocess.DEVNULL, "env": os.environ | {"DEBIAN_FRONTEND": "noninteractive"}}
    for command in (
        ["apt-get", "-q", "update"],
        ["apt-get", "-q", "install", "--yes", "--no-install-recommends", *PACKAGES],
    ):
        if subprocess.run(command, check=False, **quiet).returncode:  # type: ignore[call-overload]
            print(f"paper: {' '.join(command[:3])} failed")
            return False
    return _is_there()


def typeset(document: Path) -> Path:
    """Typeset a document beside its source and return the PDF.

    Raises
    ------
    RuntimeError
        When LaTeX fails; the text is the end of its log.
    """
    command = ["latexmk", "-pdf", "-interaction=nonstopmode", "-halt-on-error", "-file-line-error", document.name]
    done = subprocess.run(
        command,
        cwd=document.parent,
        env=os.environ | _REPRODUCIBLE,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        errors = [line for line in done.stdout.splitlines() if ".tex:" in line or line.startswith("!")]
        raise RuntimeError("\n".join(errors[-8:] or done.stdout.splitlines()[-12:]))
    return document.with_suffix(".pdf")


def _is_there() -> bool:
    return all(shutil.which(program) for program in ("pdflatex", "bibtex", "latexmk"))
