"""The most memory that a process has held."""

from __future__ import annotations

from pathlib import Path


def most_memory() -> int:
    """The peak of resident memory of this process, in kibibytes, since it was started.

    `VmHWM` of proc_pid_status(5), not `ru_maxrss` of getrusage(2): that one outlives execve(2), so a process started
    by a larger one would report its parent's peak.
    """
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    raise OSError("/proc/self/status tells no VmHWM: this is not Linux with procfs")
