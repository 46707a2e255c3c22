"""Where the peers are installed, and how: a Python environment each, and burn's program built by cargo."""

import os
import subprocess
import sys
from pathlib import Path

PEERS = Path(__file__).resolve().parents[1]
PROGRAMS = PEERS / "programs"
ROOT = PEERS.parents[1]
PYTHON_ENVIRONMENTS = ("torch", "jax", "sklearn")


class Missing(Exception):
    """Something that was to be run is not there; the message says what to do."""


def python(environments, name):
    return environments / name / "bin" / "python"


def openmp(environments):
    """Intel's OpenMP library of the torch environment, or None."""
    return next((environments / "torch").glob("lib/**/libiomp5.so"), None)


def burn(environments):
    return environments / "burn" / "release" / "burn-peer"


def set_up(environments, names):
    """Installs what `names` need, at the versions of requirements/ and burn's lock file."""
    environments.mkdir(parents=True, exist_ok=True)
    for name in PYTHON_ENVIRONMENTS:
        if name in names:
            run([sys.executable, "-m", "venv", environments / name])
            requirements = PEERS / "requirements" / f"{name}.txt"
            run([python(environments, name), "-m", "pip", "install", "--quiet", "-r", requirements])
    if "burn" in names:
        # A peer may use every instruction that this processor has.
        flags = {**os.environ, "RUSTFLAGS": "-C target-cpu=native"}
        target = environments / "burn"
        run(["cargo", "build", "--release", "--locked", "--target-dir", target], cwd=PROGRAMS / "burn", env=flags)


def build_penstroke():
    """The command line, built in release as a user would."""
    run(["cargo", "build", "--release", "--quiet"], cwd=ROOT)
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    return target / "release" / "penstroke"


def version(program):
    """What a program answers to --version, without its name."""
    try:
        output = subprocess.run([str(program), "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError) as problem:
        raise Missing(f"{program} does not run: {problem}") from None
    return output.split()[-1] if output.split() else ""


def run(command, **options):
    command = [str(word) for word in command]
    if subprocess.run(command, **options).returncode != 0:
        raise Missing(f"{' '.join(command)} failed")
