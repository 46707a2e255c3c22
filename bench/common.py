"""What the programs of tables/ and anomaly/ share: the command line, records, tables of numbers, processes and their memory, intervals."""

import csv
import datetime
import json
import math
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# The 97.5 % quantile of Student's t for 1, 2, 3 ... degrees of freedom.
STUDENT = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262]


def tell(line):
    print(line, file=sys.stderr, flush=True)


def add_common(parser, name):
    parser.add_argument("--penstroke", type=Path, metavar="FILE", help="the command line [default: built from this repository]")
    parser.add_argument("--out", type=Path, metavar="FILE", help=f"the record [default: records/DATE{name} beside this program]")


def record_file(options, name):
    """Where the record goes, by default below records/ beside the program; ends the program if a file is there."""
    out = options.out or Path(sys.argv[0]).resolve().parent / "records" / f"{datetime.date.today().isoformat()}{name}"
    out.parent.mkdir(exist_ok=True)
    if out.exists():
        sys.exit(f"{Path(sys.argv[0]).name}: {out} is there already; name another file with --out")
    return out


def write_record(out, **values):
    """Writes a record whole or not at all, so that an interrupted run leaves what it has measured so far."""
    about = {"date": datetime.date.today().isoformat(), "processor": processor(), "processors": os.cpu_count()}
    part = out.with_name(out.name + ".part")
    part.write_text(json.dumps({**about, **values}, indent=1) + "\n")
    part.replace(out)


def data_folder(name):
    """The folder of a data set below PENSTROKE_DATA."""
    data = os.environ.get("PENSTROKE_DATA")
    if not data or not Path(data, name).is_dir():
        sys.exit(f"{Path(sys.argv[0]).name}: PENSTROKE_DATA must name a folder that holds {name}/; see README.md")
    return Path(data, name)


def use_penstroke(options):
    """Finds or builds the command line; `penstroke` in this process and in its children then runs it."""
    if options.penstroke is None:
        tell("building penstroke")
        subprocess.run(["cargo", "build", "--release", "--quiet", "-p", "penstroke-cli"], cwd=ROOT, check=True)
        options.penstroke = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"), "release/penstroke")
    if not options.penstroke.is_file():
        sys.exit(f"{Path(sys.argv[0]).name}: {options.penstroke} is not a file")
    os.environ["PENSTROKE"] = str(options.penstroke.resolve())


def penstroke(*words):
    """Runs the command line and returns what it prints; its messages appear only if it fails."""
    command = [os.environ["PENSTROKE"], *map(str, words)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"penstroke {words[0]}: {done.stderr.strip()[-500:]}")
    return done.stdout


def write_numbers(path, values):
    """Writes `(n, d)` as CSV with the columns c0, c1, ...; NaN is a gap. Returns the names of the columns."""
    names = [f"c{column}" for column in range(values.shape[1])]
    with open(path, "w", newline="") as file:
        rows = [["" if math.isnan(value) else repr(float(value)) for value in row] for row in values]
        csv.writer(file).writerows([names, *rows])
    return names


def measured(command):
    """Runs a command; its seconds, and the peak memory in MiB of the largest process among it and its children."""
    with tempfile.TemporaryFile("w+") as messages:
        began = time.monotonic()
        child = subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL, stderr=messages)
        try:
            _, status, usage = os.wait4(child.pid, 0)
        except KeyboardInterrupt:
            child.terminate()
            raise
        seconds = time.monotonic() - began
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            messages.seek(0)
            lines = messages.read().strip().splitlines() or [f"exit status {child.returncode}"]
            raise RuntimeError(lines[-1])
    # Kibibytes on Linux, bytes on macOS.
    return seconds, usage.ru_maxrss / (1024 if sys.platform != "darwin" else 1024 * 1024)


def processor():
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def interval(values):
    """The mean, and its 95 % interval by Student's t; None for a single value."""
    mean = sum(values) / len(values)
    if len(values) < 2:
        return mean, None
    spread = math.sqrt(sum((value - mean) ** 2 for value in values) / (len(values) - 1) / len(values))
    half = STUDENT[min(len(values) - 1, len(STUDENT)) - 1] * spread
    return mean, [mean - half, mean + half]


def wilson(hits, n):
    """The 95 % interval of a share by Wilson (1927)."""
    z = 1.96
    share, middle = hits / n, hits / n + z * z / (2 * n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return [(middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)]


def span(ends, digits=3):
    return f" ({ends[0]:.{digits}f} to {ends[1]:.{digits}f})" if ends else ""
