"""What is measured: each configuration is the base network with what its name says changed."""

from dataclasses import dataclass, replace

N_VISIBLE = 784
N_SAMPLES = 60_000


@dataclass(frozen=True)
class Configuration:
    """One network, its data's noise and its schedule, the same for every participant."""

    name: str
    task: str = "train"
    hidden: int = 500
    batch: int = 128
    masking: float = 0.25
    optimizer: str = "sgd"
    learning_rate: float = 0.02
    untied: bool = False
    precision: str = "f32"


BASE = Configuration("base")
CONFIGURATIONS = {
    configuration.name: configuration
    for configuration in [
        BASE,
        replace(BASE, name="masking-0.5", masking=0.5),
        replace(BASE, name="batch-20", batch=20),
        replace(BASE, name="batch-32", batch=32),
        replace(BASE, name="batch-512", batch=512),
        replace(BASE, name="hidden-1000", hidden=1000),
        replace(BASE, name="hidden-2000", hidden=2000),
        replace(BASE, name="adam", optimizer="adam", learning_rate=0.002),
        replace(BASE, name="untied", untied=True),
        replace(BASE, name="bf16-128", precision="bf16"),
        replace(BASE, name="bf16-512", precision="bf16", batch=512),
        replace(BASE, name="encode", task="encode"),
    ]
}


@dataclass(frozen=True)
class Schedule:
    """How long a process works, and on how many threads."""

    epochs: int = 2
    warmup: int = 1
    threads: int = 2
    seed: int = 0
