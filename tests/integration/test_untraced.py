"""What runs under a service's account reads neither its memory nor its environment.

In containers `tests/faults/test_confinement.py` tries the same from inside each of them.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from shared.runtime import untraced

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="prctl(2) is Linux's")

NOBODY = 65534
AS_NOBODY = f"os.setgid({NOBODY}); os.setuid({NOBODY}); ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)"
"""Root may read everything; so a test that runs as root looks with another account's eyes. A change
of account closes a process until it runs its next program; the last call stands for that."""
SOURCE = Path(untraced.__file__).read_text(encoding="utf-8")
BEGIN = f"{SOURCE}\n{AS_NOBODY if os.geteuid() == 0 else ''}\n"
LOOK = """
for name in sys.argv[2:]:
    try:
        open(f"/proc/{sys.argv[1]}/{name}", "rb")
    except PermissionError:
        continue
    print(name)
"""
STARTED = """
import ctypes
from contextlib import asynccontextmanager
from shared.runtime.service import Refused, run

@asynccontextmanager
async def build():
    print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))  # PR_GET_DUMPABLE
    raise Refused("that was all")
    yield

run(build)
"""
PRIVATE = ("environ", "mem", "maps")


@contextmanager
def a_process(*, refuses: bool) -> Iterator[int]:
    """One that does nothing until it is ended; its number."""
    does = f"{BEGIN}{'refuse_tracing()' if refuses else ''}\nprint(flush=True)\ninput()"
    with subprocess.Popen(
        [sys.executable, "-c", does], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "\n"
        yield process.pid
        process.communicate("\n")


def opened(pid: int) -> set[str]:
    """What of it another process of the same account can open."""
    command = [sys.executable, "-c", BEGIN + LOOK, str(pid), *PRIVATE]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_another_process_of_the_account_reads_nothing_of_a_service() -> None:
    with a_process(refuses=True) as pid:
        assert opened(pid) == set()


def test_of_any_other_process_it_could_read_the_environment() -> None:
    with a_process(refuses=False) as pid:
        assert "environ" in opened(pid)


def test_a_service_asks_for_it_before_it_reads_any_secret() -> None:
    command = [sys.executable, "-c", STARTED]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("0\n", "that was all\n")
