"""Runs one participant's process, and says how much of the machine others took meanwhile."""

import json
import os
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

# Variables of a user's shell that would choose kernels or threads for a peer.
OVERRIDING = ("OPENBLAS_", "MKL_", "OMP_", "KMP_", "GOMP_", "XLA_", "RAYON_", "GEMMKIT_", "TORCHINDUCTOR_")
# A process is disturbed where others took more than this share of the processors' time. A thread that waits at a barrier for
# one that lost its processor waits long: beside a compiler, PyTorch's epochs took ten times as long as alone.
DISTURBED = 0.05
QUIET_SECONDS = 2
QUIET_PATIENCE_SECONDS = 60


class Failed(Exception):
    """A participant did not give an answer."""


@dataclass(frozen=True)
class ProcessorTime:
    """Seconds since the machine started, summed over processors; what a hypervisor took for others counts as busy."""

    busy: float
    idle: float

    @classmethod
    def parse(cls, stat, ticks_a_second):
        """From the text of /proc/stat, whose first line is: cpu user nice system idle iowait irq softirq steal ..."""
        ticks = [int(field) for field in stat.splitlines()[0].split()[1:9]]
        idle = ticks[3] + ticks[4]
        return cls((sum(ticks) - idle) / ticks_a_second, idle / ticks_a_second)

    @classmethod
    def now(cls):
        try:
            return cls.parse(Path("/proc/stat").read_text(), os.sysconf("SC_CLK_TCK"))
        except OSError:
            return None


def foreign_share(before, after, own_seconds):
    """The share of the processors' time that neither `own_seconds` nor idling explain; None where it is unknown."""
    if before is None or after is None:
        return None
    busy = after.busy - before.busy
    total = busy + after.idle - before.idle
    return max(0.0, busy - own_seconds) / total if total > 0 else 0.0


def wait_for_quiet():
    """Waits until others leave the processors alone, a minute at most."""
    deadline = time.monotonic() + QUIET_PATIENCE_SECONDS
    while time.monotonic() < deadline:
        before = ProcessorTime.now()
        time.sleep(QUIET_SECONDS)
        share = foreign_share(before, ProcessorTime.now(), 0.0)
        if share is None or share <= DISTURBED:
            return


def environment(variables):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OVERRIDING)}
    return {**kept, **variables}


def measure(name, words, variables):
    """The answer of one process, with `foreign_share` added."""
    # A compiler's cache is fresh, so that what compiling takes is seen every time.
    with tempfile.TemporaryDirectory() as cache, tempfile.TemporaryFile("w+") as errors:
        before, own_before = ProcessorTime.now(), children_seconds()
        own = environment({**variables, "TORCHINDUCTOR_CACHE_DIR": cache})
        process = subprocess.run(words, env=own, stdout=subprocess.PIPE, stderr=errors, text=True)
        share = foreign_share(before, ProcessorTime.now(), children_seconds() - own_before)
        errors.seek(0)
        return {**answer(name, process, errors.read()), "foreign_share": share}


def children_seconds():
    """Processor time of all processes started and ended here."""
    times = os.times()
    return times.children_user + times.children_system


def answer(name, process, errors):
    if process.returncode != 0:
        message = "\n".join(errors.strip().splitlines()[-5:])
        raise Failed(f"{name} failed with exit code {process.returncode}:\n{message}")
    try:
        return json.loads(process.stdout)
    except ValueError:
        raise Failed(f"{name} should print JSON, but printed {process.stdout[-200:]!r}") from None


def measure_undisturbed(name, words, variables, attempts):
    """The least disturbed of several attempts; stops at the first that is undisturbed."""
    best = None
    for _ in range(attempts):
        wait_for_quiet()
        found = measure(name, words, variables)
        if best is None or (found["foreign_share"] or 0.0) < best["foreign_share"]:
            best = found
        if (best["foreign_share"] or 0.0) <= DISTURBED:
            break
    return best
