"""Linux's own lock on the file system: a program sees the trees of TeX and its own folder, whatever it tries.

openin_any is kept by TeX itself, and some versions forget it (pdfTeX 1.40.24 reads any file by `\\pdfobj stream file`).
Landlock is kept by the kernel (5.13 and later; see landlock(7)); elsewhere there is no lock, and TeX's rules remain.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

CREATE, ADD, RESTRICT = 444, 445, 446  # the system calls, the same on every architecture
NO_NEW_PRIVILEGES, BENEATH = 38, 1
EXECUTE, WRITE_FILE, READ_FILE, READ_FOLDER, EVERYTHING = 1, 2, 4, 8, 0x1FFF  # the rights of version 1
TREES = (
    "/usr", "/bin", "/lib", "/lib64", "/nix/store", "/etc/fonts", "/etc/texmf", "/etc/ld.so.cache", "/var/lib/texmf",
    "/var/cache/fontconfig", "/dev/urandom",
)  # fmt: skip


@contextmanager
def locked(program: str, folder: Path) -> Iterator[Callable[[], None] | None]:
    """What a child calls before it becomes `program`; None where the kernel has no such lock."""
    if sys.platform != "linux":
        yield None
        return
    kernel = ctypes.CDLL(None, use_errno=True)
    ruleset: int = kernel.syscall(CREATE, struct.pack("Q", EVERYTHING), 8, 0)
    if ruleset < 0:
        yield None
        return
    for tree in (*TREES, *_own(program)):
        _allow(kernel, ruleset, tree, EXECUTE | READ_FILE | READ_FOLDER)
    _allow(kernel, ruleset, "/dev/null", READ_FILE | WRITE_FILE)
    _allow(kernel, ruleset, str(folder), EVERYTHING)

    def restrict() -> None:
        kernel.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        kernel.syscall(RESTRICT, ruleset, 0)

    try:
        yield restrict
    finally:
        os.close(ruleset)


def _own(program: str) -> list[str]:
    """The tree of a TeX that lies elsewhere, .../texlive/2025/bin/x86_64-linux/pdflatex, and the local one beside."""
    path = Path(program).resolve()
    if len(path.parents) < 5 or path.parents[1].name != "bin":
        return []
    return [str(path.parents[2]), str(path.parents[3] / "texmf-local")]


def _allow(kernel: ctypes.CDLL, ruleset: int, path: str, rights: int) -> None:
    """Rights beneath a folder, or on a file; what does not exist needs none."""
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    if not os.path.isdir(path):
        rights &= EXECUTE | READ_FILE | WRITE_FILE
    kernel.syscall(ADD, ruleset, BENEATH, struct.pack("Qi", rights, place), 0)
    os.close(place)
