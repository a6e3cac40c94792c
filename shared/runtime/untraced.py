"""A running service is no open book to whatever else runs under its account.

Otherwise it would be up to the host (``kernel.yama.ptrace_scope``) whether another process of the
same account may read its memory, where keys and people's names are.
"""

import ctypes
import os
import sys

_PR_SET_DUMPABLE = 4
"""``prctl(2)``: at 0, only a process with rights of its own traces it, and it leaves no core."""


def refuse_tracing() -> None:
    """Let no process of this account trace this one. Does nothing outside Linux.

    Raises:
        OSError: the kernel does not take it.
    """
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
