"""Checks of file paths, with the exceptions that Python itself raises."""

import os
from typing import TypeAlias

Path: TypeAlias = str | bytes | os.PathLike[str] | os.PathLike[bytes]


def text(path: Path) -> str:
    """The path as a string."""
    try:
        return os.fsdecode(path)
    except TypeError:
        raise TypeError(f"path: {path!r} is neither a string nor path-like") from None


def readable(path: Path) -> str:
    """The path of a file to read."""
    name = text(path)
    if os.path.isdir(name):
        raise IsADirectoryError(f"{name}: is a folder; give the name of a model file")
    return name


def writable(path: Path) -> str:
    """The path of a file to write, in a folder that exists."""
    name = text(path)
    folder = os.path.dirname(name) or "."
    if not name:
        raise FileNotFoundError("path: '' is not a file name")
    if os.path.isdir(name):
        raise IsADirectoryError(f"{name}: is a folder; name a file to write")
    if not os.path.exists(folder):
        raise FileNotFoundError(f"{name}: the folder {folder} does not exist; create it first")
    if not os.path.isdir(folder):
        raise NotADirectoryError(f"{name}: {folder} is not a folder")
    return name
