"""What a figure or table is, and how it is written: files of fixed bytes, each whole or not at all."""

from __future__ import annotations

import io
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from matplotlib.figure import Figure

from figures.latex import escape

__all__ = ["Drawing", "Table", "write_drawing", "write_table", "write_whole"]

# Dates and program versions would make two runs differ.
_METADATA: dict[str, dict[str, None]] = {
    "pdf": {"CreationDate": None, "ModDate": None, "Creator": None, "Producer": None},
    "png": {"Software": None},
}


@dataclass(frozen=True)
class Drawing:
    """A figure with its caption.

    Attributes
    ----------
    figure : matplotlib.figure.Figure
    caption : str
        Plain text: what is drawn, over how many seeds, what bands are, and what to see.
    """

    figure: Figure
    caption: str


@dataclass(frozen=True)
class Table:
    """A LaTeX table with its caption.

    Attributes
    ----------
    body : str
        A `tabular`, `tabularx` or `longtable`, or several.
    caption : str
        Plain text.
    """

    body: str
    caption: str


def write_drawing(drawing: Drawing, directory: Path, name: str) -> list[Path]:
    """Write a figure as vector PDF and as PNG, with its caption as text and as LaTeX beside them.

    The same results give the same bytes.

    Returns
    -------
    list of pathlib.Path
        ``name.pdf``, ``name.png``, ``name.caption.txt``, ``name.caption.tex``.
    """
    contents = {}
    for extension, metadata in _METADATA.items():
        buffer = io.BytesIO()
        drawing.figure.savefig(buffer, format=extension, metadata=metadata)
        contents[extension] = buffer.getvalue()
    return _write_all(contents | _captions(drawing.caption), directory, name)


def write_table(table: Table, directory: Path, name: str) -> list[Path]:
    """Write a table as ``name.tex`` with its caption beside it, and return the paths."""
    contents = {"tex": table.body.encode("utf-8")} | _captions(table.caption)
    return _write_all(contents, directory, name)


def _captions(caption: str) -> dict[str, bytes]:
    """Return the files of a caption."""
    text = caption.strip()
    return {
        "caption.txt": f"{text}\n".encode(),
        # Without the comment sign the line's end would become a space inside the paper's macro.
        "caption.tex": f"{escape(' '.join(text.split()))}%\n".encode(),
    }


def _write_all(contents: dict[str, bytes], directory: Path, name: str) -> list[Path]:
    """Write files that share a name."""
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
