"""What the Python peers share: the work they are given, the images, and the one line of JSON they answer with."""

import argparse
import gzip
import json
import math
import resource
import time

STARTED = time.perf_counter()
N_VISIBLE = 784
INITIAL_GAIN = 4.0
ADAM = {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8}


def parse_work():
    """The arguments that every participant is started with; see ../driver/participants.py."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--images", required=True, help="train-images-idx3-ubyte.gz")
    parser.add_argument("--task", choices=["train", "encode"], default="train")
    parser.add_argument("--variant", default="", help="which of the program's ways to do the work")
    parser.add_argument("--hidden", type=int, default=500)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--masking", type=float, default=0.25)
    parser.add_argument("--optimizer", choices=["sgd", "adam"], default="sgd")
    parser.add_argument("--learning-rate", type=float, default=0.02)
    parser.add_argument("--untied", action="store_true")
    parser.add_argument("--precision", choices=["f32", "bf16"], default="f32")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--warmup", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def read_images(path):
    """Pixels of an IDX file of images, shape (n, 784), bytes, writable."""
    import numpy

    with gzip.open(path) as file:
        content = file.read()
    header = numpy.frombuffer(content, ">u4", count=4)
    if header[0] != 0x803 or header[2] * header[3] != N_VISIBLE:
        raise SystemExit(f"{path}: not an IDX file of 28x28 images")
    return numpy.frombuffer(content, numpy.uint8, offset=16).reshape(int(header[1]), N_VISIBLE).copy()


def initial_bound(hidden):
    """Weights start uniform in ±bound: Glorot & Bengio (2010), times 4 for sigmoid units."""
    return INITIAL_GAIN * math.sqrt(6.0 / (N_VISIBLE + hidden))


def mask_threshold(masking):
    """A component is masked where a random byte is below this.

    One byte a component is the cheapest source of masks that every framework has, and exact for multiples of 1/256.
    """
    threshold = masking * 256
    if threshold != int(threshold):
        raise SystemExit(f"--masking {masking} is not a multiple of 1/256, which these programs draw exactly")
    return int(threshold)


def run(work, name, version, n_samples, epoch):
    """Runs `epoch(number) -> mean loss or None`, first to warm up, then timed, and prints the answer."""
    for number in range(work.warmup):
        epoch(number)
    setup_seconds = time.perf_counter() - STARTED
    seconds, losses = [], []
    for number in range(work.warmup, work.warmup + work.epochs):
        begin = time.perf_counter()
        loss = epoch(number)
        seconds.append(time.perf_counter() - begin)
        if loss is not None:
            losses.append(loss)
    answer = {
        "name": name,
        "version": version,
        "precision": work.precision,
        "threads": work.threads,
        "setup_seconds": setup_seconds,
        "epoch_seconds": seconds,
        "samples_per_epoch": n_samples,
        "losses": losses,
        "peak_rss_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }
    print(json.dumps(answer))
