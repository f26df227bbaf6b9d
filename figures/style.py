"""How every figure looks, and how it is written: sizes of a journal column, colours, files of fixed bytes."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import matplotlib.style
from matplotlib.figure import Figure

__all__ = [
    "BLUE",
    "DOUBLE_COLUMN_MM",
    "GREEN",
    "GREY",
    "INK",
    "SINGLE_COLUMN_MM",
    "VERMILLION",
    "journal_style",
    "new_figure",
    "write_figure",
    "write_whole",
]

SINGLE_COLUMN_MM = 89
DOUBLE_COLUMN_MM = 183
MM_PER_INCH = 25.4

# Okabe and Ito (2008), "Color Universal Design".
BLUE, VERMILLION, GREEN = "#0072B2", "#D55E00", "#009E73"
GREY, INK = "#777777", "#333333"

_STYLE_SHEET = Path(__file__).with_name("market.mplstyle")
# Dates and program versions would make two runs differ.
_METADATA: dict[str, dict[str, None]] = {
    "pdf": {"CreationDate": None, "ModDate": None, "Creator": None, "Producer": None},
    "png": {"Software": None},
}


@contextmanager
def journal_style() -> Iterator[None]:
    """Draw and write inside this context; the user's own matplotlib settings are left out and kept."""
    with matplotlib.style.context(["default", str(_STYLE_SHEET)]):
        yield


def new_figure(width_mm: float, height_mm: float) -> Figure:
    """Return an empty figure of this size; no window and no global state of pyplot."""
    return Figure(figsize=(width_mm / MM_PER_INCH, height_mm / MM_PER_INCH))


def write_figure(figure: Figure, caption: str, directory: Path, name: str) -> list[Path]:
    """Write a figure as vector PDF and as PNG, with its caption beside them.

    The same results give the same bytes. Each file appears whole or not at all.

    Returns
    -------
    list of pathlib.Path
        The files: ``name.pdf``, ``name.png``, ``name.txt``.
    """
    contents = {}
    for extension, metadata in _METADATA.items():
        buffer = io.BytesIO()
        figure.savefig(buffer, format=extension, metadata=metadata)
        contents[extension] = buffer.getvalue()
    contents["txt"] = caption.encode("utf-8")
    directory.mkdir(parents=True, exist_ok=True)
    return [write_whole(directory / f"{name}.{extension}", content) for extension, content in contents.items()]


def write_whole(path: Path, content: bytes) -> Path:
    """Put a file in place in one step, and return its path."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        # mkstemp makes the file private; a figure is as readable as any other file.
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(temporary, 0o666 & ~umask)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
    return path
