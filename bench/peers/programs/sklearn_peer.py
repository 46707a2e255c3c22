"""The nearest that scikit-learn has: MLPRegressor on freshly masked batches through `partial_fit`.

It is not the same network. MLPRegressor cannot tie weights, its output is linear, and it corrupts nothing: masks are drawn here.
Its objective halves the squared error, so its learning rate is twice the others'. No losses are compared with it.
"""

import os
import warnings

import common

work = common.parse_work()
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[variable] = str(work.threads)

import numpy
import sklearn
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPRegressor

THRESHOLD = common.mask_threshold(work.masking)
# A half in its objective, undone. Adam does not depend on the scale of a gradient.
RATE = work.learning_rate * (2 if work.optimizer == "sgd" else 1)


def main():
    if work.precision != "f32" or work.task != "train":
        raise SystemExit("scikit-learn's MLPRegressor neither computes in bf16 nor gives its hidden layer")
    warnings.simplefilter("ignore", ConvergenceWarning)
    images = common.read_images(work.images).astype(numpy.float32) / 255
    n = len(images)
    rng = numpy.random.Generator(numpy.random.SFC64(work.seed))
    model = MLPRegressor(
        hidden_layer_sizes=(work.hidden,),
        activation="logistic",
        solver=work.optimizer,
        alpha=0.0,
        batch_size=work.batch,
        learning_rate_init=RATE,
        momentum=0.0,
        nesterovs_momentum=False,
        random_state=work.seed,
    )

    def epoch(_):
        total = 0.0
        order = rng.permutation(n)
        for first in range(0, n, work.batch):
            x = images[order[first : first + work.batch]]
            noise = numpy.frombuffer(rng.bytes(x.size), numpy.uint8).reshape(x.shape)
            model.set_params(batch_size=len(x))
            model.partial_fit(x * (noise >= THRESHOLD), x)
            # `loss_` averages over components too, and halves.
            total += 2 * common.N_VISIBLE * len(x) * float(model.loss_)
        return total / n

    common.run(work, "scikit-learn", sklearn.__version__, n, epoch)


main()
