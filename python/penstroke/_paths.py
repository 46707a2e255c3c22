"""Paths of files, with the errors that Python's own functions raise of them; what a file holds is the library's to judge."""

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
    """The path, which is no folder."""
    name = text(path)
    if os.path.isdir(name):
        raise IsADirectoryError(f"{name}: is a folder; a model file is needed")
    return name


def writable(path: Path) -> str:
    """The path, which is no folder, and lies in one."""
    name = text(path)
    folder = os.path.dirname(name) or "."
    if not name:
        raise FileNotFoundError("path: '' is not the name of a file")
    if os.path.isdir(name):
        raise IsADirectoryError(f"{name}: is a folder; give the name of a file to write")
    if not os.path.exists(folder):
        raise FileNotFoundError(f"{name}: the folder {folder} does not exist; make it first")
    if not os.path.isdir(folder):
        raise NotADirectoryError(f"{name}: {folder} is no folder")
    return name
