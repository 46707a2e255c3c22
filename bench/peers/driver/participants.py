"""Who takes part, what each can do, and the command that starts it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from . import environments
from .configurations import N_VISIBLE

PENSTROKE = "penstroke"


@dataclass(frozen=True)
class Places:
    """Where the data and the programs are."""

    data: Path
    environments: Path
    penstroke: Path = Path("penstroke")

    @property
    def images(self):
        return self.data / "mnist" / "train-images-idx3-ubyte.gz"


@dataclass(frozen=True)
class Participant:
    """`environment` is what must be installed; `command` gives the words and the variables of one process."""

    name: str
    environment: str
    command: Callable
    tasks: tuple = ("train", "encode")
    precisions: tuple = ("f32",)
    # Whether it trains the very network: only then are its losses and its speed compared.
    same_network: bool = True

    def can(self, configuration):
        return configuration.task in self.tasks and configuration.precision in self.precisions


def work_words(configuration, schedule, places, variant):
    """The arguments of every peer's program, as programs/common.py reads them."""
    words = {
        "--images": places.images,
        "--task": configuration.task,
        "--variant": variant,
        "--hidden": configuration.hidden,
        "--batch": configuration.batch,
        "--masking": configuration.masking,
        "--optimizer": configuration.optimizer,
        "--learning-rate": configuration.learning_rate,
        "--precision": configuration.precision,
        "--threads": schedule.threads,
        "--epochs": schedule.epochs,
        "--warmup": schedule.warmup,
        "--seed": schedule.seed,
    }
    flags = ["--untied"] if configuration.untied else []
    return [str(word) for pair in words.items() for word in pair] + flags


def python_program(environment, program, variant="-"):
    def command(configuration, schedule, places):
        start = [str(environments.python(places.environments, environment)), str(environments.PROGRAMS / program)]
        variables = {}
        if environment == "torch" and (library := environments.openmp(places.environments)):
            variables["LD_PRELOAD"] = str(library)
        return start + work_words(configuration, schedule, places, variant), variables

    return command


def burn_program(configuration, schedule, places):
    words = [str(environments.burn(places.environments)), *work_words(configuration, schedule, places, "-")]
    return words, {"RAYON_NUM_THREADS": str(schedule.threads)}


def penstroke_program(configuration, schedule, places):
    words = {
        "--source": "mnist",
        "--data-dir": places.data,
        "--visible": N_VISIBLE,
        "--hidden": configuration.hidden,
        "--batch": configuration.batch,
        "--corruption": f"masking:{configuration.masking}",
        "--optimizer": configuration.optimizer,
        "--learning-rate": configuration.learning_rate,
        "--precision": configuration.precision,
        "--threads": schedule.threads,
        "--epochs": schedule.epochs,
        "--warmup": schedule.warmup,
        "--seed": schedule.seed,
    }
    flags = ["--json"] + ["--untied"] * configuration.untied + ["--encode"] * (configuration.task == "encode")
    return [str(places.penstroke), "bench", *(str(w) for pair in words.items() for w in pair), *flags], {}


BOTH = ("f32", "bf16")
PARTICIPANTS = {
    participant.name: participant
    for participant in [
        Participant(PENSTROKE, "", penstroke_program, precisions=BOTH),
        Participant("torch-eager", "torch", python_program("torch", "torch_peer.py", "eager"), precisions=BOTH),
        Participant("torch-compiled", "torch", python_program("torch", "torch_peer.py", "compiled"), precisions=BOTH),
        Participant("jax", "jax", python_program("jax", "jax_peer.py"), precisions=BOTH),
        Participant("burn", "burn", burn_program),
        Participant(
            "scikit-learn", "sklearn", python_program("sklearn", "sklearn_peer.py"), tasks=("train",), same_network=False
        ),
    ]
}
