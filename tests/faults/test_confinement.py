"""What is tried from inside a container is denied: by the kernel, not by a setting that says so.

Run with ``make faults``, or alone: ``MOORING_FAULTS=1 .venv/bin/python -m pytest -s
tests/faults/test_confinement.py``, while ``make up`` runs. Nothing is broken by it.
"""

import json
import subprocess

import pytest

from tests.faults.containers import ROOT, compose

SERVICES = ("portal", "assessment", "treatment", "engagement", "watcher")
OTHERS = ("nginx", "postgres", "backup", "nats-1")
"""Those with a shell of their own; the mail catcher has none and no secret."""
NOTHING = 0
FILTERED = 2
"""``Seccomp`` of ``proc(5)``: system calls pass a filter."""
TRIED = """
import ctypes, json, os, socket
libc = ctypes.CDLL(None, use_errno=True)

def the_program():
    # the first process only starts the service
    for pid in filter(str.isdecimal, os.listdir("/proc")):
        said = open(f"/proc/{pid}/cmdline").read().split("\\0")
        if said[1:2] == ["-m"] and said[2].startswith("services."):
            return int(pid)
    raise AssertionError("no service runs here")

def call(result):
    if result == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))

tried = {
    "write to the root file system": lambda: open("/app/written", "w"),
    "write to the program": lambda: open("/opt/mooring/bin/python", "ab"),
    "run what was written": lambda: (
        open("/tmp/run", "w").write("#!/bin/sh\\n"), os.chmod("/tmp/run", 0o755),
        os.execv("/tmp/run", ["/tmp/run"]),
    ),
    "become root": lambda: os.setuid(0),
    "become root's group": lambda: os.setgid(0),
    "open a raw socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1),
    "listen to the wire": lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 768),
    "mount": lambda: call(libc.mount(b"none", b"/tmp", b"tmpfs", 0, None)),
    "enter another namespace": lambda: call(libc.unshare(0x10000000 | 0x00020000)),
    "change the host's name": lambda: call(libc.sethostname(b"x", 1)),
    "trace the program": lambda: call(libc.ptrace(16, the_program(), None, None)),
    "read the program's environment": lambda: open(f"/proc/{the_program()}/environ"),
    "read the program's memory": lambda: open(f"/proc/{the_program()}/mem", "rb"),
    "make a device": lambda: os.mknod("/tmp/disk", 0o60600, os.makedev(8, 0)),
}
said = {}
for what, attempt in tried.items():
    try:
        attempt()
        said[what] = "done"
    except OSError as refusal:
        said[what] = type(refusal).__name__
print(json.dumps(said))
"""
DENIED = {"PermissionError", "OSError"}
"""Not allowed, or read-only."""


@pytest.mark.parametrize("container", [*SERVICES, *OTHERS])
def test_the_kernel_gives_it_no_rights(container: str) -> None:
    status = dict(
        line.split(":\t", 1)
        for line in compose("exec", "-T", container, "cat", "/proc/self/status").splitlines()
        if ":\t" in line
    )

    for kind in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(status[kind], 16) == NOTHING, kind
    assert status["NoNewPrivs"] == "1"
    assert int(status["Seccomp"]) == FILTERED
    assert "0" not in status["Uid"].split()


@pytest.mark.parametrize("container", [*SERVICES, *OTHERS])
def test_its_root_file_system_is_read_only(container: str) -> None:
    command = ["docker", "compose", "exec", "-T", container, "sh", "-c", "echo x >/written"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode != 0
    assert "Read-only file system" in done.stderr


@pytest.mark.parametrize("container", SERVICES)
def test_each_way_out_is_denied(container: str) -> None:
    said = json.loads(compose("exec", "-T", container, "python", "-c", TRIED))

    assert {what: result for what, result in said.items() if result not in DENIED} == {}


IN_THE_CLEAR = """
import contextlib, json, socket
from struct import pack

def said(host, port, words=b"", *, waits=True):
    \"\"\"What it answers to somebody who does not encrypt.\"\"\"
    try:
        with socket.create_connection((host, port), timeout=3) as wire:
            wire.settimeout(3)
            if waits:
                wire.recv(4096)
            wire.sendall(words)
            answer = b""
            with contextlib.suppress(TimeoutError):
                while part := wire.recv(4096):
                    answer += part
            return answer.decode("latin-1")
    except OSError as fault:
        return type(fault).__name__

asked = b"GET /metrics HTTP/1.0\\r\\n\\r\\n"
login = b"user\\0engagement\\0database\\0engagement\\0\\0"
told = {
    host: said(host, 8443, asked, waits=False)
    for host in ("portal", "assessment", "treatment", "engagement", "nginx")
}
told["postgres"] = said("postgres", 5432, pack("!ii", len(login) + 8, 196608) + login, waits=False)
told["mail"] = said("mail", 1025, b"EHLO here\\r\\nMAIL FROM:<a@b.example>\\r\\nQUIT\\r\\n")
told["what was caught"] = said("mail", 8025, asked, waits=False)
for number in (1, 2, 3):
    told[f"nats-{number}"] = said(f"nats-{number}", 4222, b"CONNECT {}\\r\\nPING\\r\\n")
    told[f"its monitor {number}"] = said(f"nats-{number}", 8222, asked, waits=False)
    told[f"its cluster {number}"] = said(f"nats-{number}", 6222, b"PING\\r\\n", waits=False)
print(json.dumps(told))
"""


NOT_ASKED = {"gaierror", "ConnectionRefusedError", "TimeoutError"}
"""Nobody of that name, or nobody who listens there: then nothing was tried."""


def test_nobody_answers_who_does_not_encrypt() -> None:
    """Asked from a container that may reach them all."""
    told = json.loads(compose("exec", "-T", "engagement", "python", "-c", IN_THE_CLEAR))

    for name, answer in told.items():
        if name.startswith(("its monitor", "what was caught")):
            assert answer == "ConnectionRefusedError", name
        elif name == "mail":
            assert "530" in answer
            assert "250 OK" not in answer
        elif name == "postgres":
            assert "no encryption" in answer
        else:
            assert answer not in NOT_ASKED, name
            assert "PONG" not in answer, name
            assert "200" not in answer.partition("\r\n")[0], name
            assert "mooring_" not in answer, name
