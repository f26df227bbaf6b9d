"""What can go wrong with an experiment, in words that say what to do.

All are `market.MarketError`s: their text is printed without a traceback, and `exit_code` goes to the shell. Every
one survives pickling, because it may be raised in a worker and reported by the driver.
"""

from __future__ import annotations

import os
from typing import Any, ClassVar

from market import MarketError

__all__ = ["ClusterError", "InputError", "PathError", "ReadingError", "RunsFailedError", "StorageError", "first_line"]


class InputError(MarketError):
    """A name, an option or a field of a study with a value that is not accepted.

    Parameters
    ----------
    field : str
        What was set.
    value : object
        What it was set to.
    allowed : str
        What would have been accepted.
    """

    def __init__(self, field: str, value: object, allowed: str) -> None:
        super().__init__(field, value, allowed)
        self.field, self.value, self.allowed = field, value, allowed

    def __str__(self) -> str:
        return f"{self.field} = {self.value!r}: expected {self.allowed}"


class ReadingError(MarketError):
    """A reading that does not give tables that can be put together: a defect of the experiment."""


class ClusterError(MarketError):
    """A cluster that cannot be reached, or that must not be used."""


class PathError(MarketError):
    """Something is wrong with a file or directory.

    Parameters
    ----------
    path : str or path-like
    reason : str
        What is wrong, and what to do.
    """

    def __init__(self, path: str | os.PathLike[str], reason: str) -> None:
        super().__init__(os.fspath(path), reason)
        self.path, self.reason = os.fspath(path), reason

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


class StorageError(PathError):
    """A file that cannot be written or read."""

    @classmethod
    def of(cls, path: Any, error: OSError) -> StorageError:
        """Return the error of a write that failed; what was finished before is safe."""
        what = error.strerror or first_line(error)
        return cls(path, f"cannot be written ({what}); nothing that was finished is lost, run again to go on")


class RunsFailedError(MarketError):
    """Runs failed, and at some point of the study none succeeded, so that its question cannot be answered."""

    exit_code: ClassVar[int] = 4


def first_line(error: BaseException) -> str:
    """Return the first line of an error's text, or the name of its kind."""
    return (str(error).splitlines() or [type(error).__name__])[0]
