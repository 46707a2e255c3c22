"""Trains the network of the speed benchmark in Python, with the arguments and the output of ../peers/programs."""

import json
import os
import pathlib
import resource
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "peers" / "programs"))
import common

work = common.parse_work()
os.environ["OMP_NUM_THREADS"] = str(work.threads)

import penstroke


def main():
    images = common.read_images(work.images)
    if work.variant == "floats":
        images = images.astype("float32") / 255
    times = []
    penstroke.DenoisingAutoencoder(
        n_components=work.hidden,
        corruption=f"masking:{work.masking}",
        optimizer=work.optimizer,
        learning_rate=work.learning_rate,
        tied=not work.untied,
        precision=work.precision,
        batch_size=work.batch,
        max_iter=work.warmup + work.epochs,
        tol=None,
        random_state=work.seed,
        n_jobs=work.threads,
        callbacks=lambda event: times.append((time.perf_counter(), event.loss)) and False,
    ).fit(images)
    done = iter(times)
    before = [next(done) for _ in range(work.warmup)][-1][0]
    answers = []
    for now, loss in done:
        answers.append((now - before, loss))
        before = now
    print(
        json.dumps(
            {
                "name": "penstroke-python",
                "version": penstroke.__version__,
                "precision": work.precision,
                "threads": work.threads,
                "epoch_seconds": [seconds for seconds, _ in answers],
                "samples_per_epoch": len(images),
                "losses": [loss for _, loss in answers],
                "peak_rss_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
            }
        )
    )


main()
