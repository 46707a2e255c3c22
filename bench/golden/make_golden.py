"""Golden training trajectories from JAX in f64, against which the engine's reference is held.

Run:       python -m venv golden-venv && golden-venv/bin/pip install -r bench/golden/requirements.txt
           golden-venv/bin/python bench/golden/make_golden.py
Writes:    crates/penstroke-engine/tests/golden.json (format: README.md beside this script); the same bytes each time.
Versions:  Python 3.11, jax 0.10.2, optax 0.2.8, numpy 2.4.6. The tests need none of them, only the file.

Each case is a small dense network that learns ten steps to restore a clean batch `x` from ten given corrupted
batches. The gradients are JAX's own (reverse mode), never derived by hand. The optimizers are written out below as
in their papers, and every step is checked against optax.

Shapes: n samples; `x` is (n, d); layer l has inputs i_l and outputs o_l, weights (o_l, i_l) and biases (o_l).
"""

import argparse
import json
import pathlib
from typing import NamedTuple, Optional

import jax
import jax.numpy as jnp
import numpy as np
import optax

jax.config.update("jax_enable_x64", True)
jax.config.update("jax_platforms", "cpu")

N_SAMPLES = 5
N_STEPS = 10
OUT = pathlib.Path(__file__).resolve().parents[2] / "crates/penstroke-engine/tests/golden.json"

# The derivative of ReLU jumps at 0. Pre-activations this far from it stay on their side in f32 as well.
RELU_MARGIN = 1e-4
# Ours and optax's updates differ only in the order of a few roundings of 1.1e-16, over ten steps.
OPTAX_TOLERANCE = 1e-13


class Layer(NamedTuple):
    inputs: int
    outputs: int
    activation: str
    tied_to: Optional[int] = None  # the layer whose matrix this one uses transposed


class Sgd(NamedTuple):
    learning_rate: float
    momentum: float = 0.0
    weight_decay: float = 0.0  # L2: added to the gradient of the matrices


class Adam(NamedTuple):
    learning_rate: float
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    weight_decay: float = 0.0  # decoupled (AdamW), on the matrices


class Head(NamedTuple):
    units: tuple  # (first, past the last)
    loss: str
    target: str  # "values" or "labels"
    weight: float


class Cell(NamedTuple):
    inputs: tuple  # (first, past the last)
    units: tuple


class Case(NamedTuple):
    name: str
    layers: list
    loss: str
    corruption: str  # "kind:level", level as in Penstroke's own spelling
    values: tuple  # range of the clean data, (minimum, maximum)
    optimizer: object
    emphasis: Optional[tuple] = None  # (alpha, beta)
    bias_shift: Optional[list] = None  # added to the initial biases of the last layer
    heads: Optional[list] = None  # of a table, whose loss is "table"
    cells: Optional[list] = None


CASES = [
    Case(
        "tied sigmoid-sigmoid, squared, masking, SGD",
        [Layer(7, 4, "sigmoid"), Layer(4, 7, "sigmoid", tied_to=0)],
        "squared", "masking:0.25", (0, 1), Sgd(0.5),
    ),
    # Three pre-activations far out: sigmoid(40) rounds to 1, so that ln(1 - sigmoid(40)) would be infinite.
    Case(
        "untied sigmoid-sigmoid, cross-entropy, masking, Adam, pre-activations far out",
        [Layer(8, 5, "sigmoid"), Layer(5, 8, "sigmoid")],
        "cross-entropy", "masking:0.5", (0, 1), Adam(0.05),
        bias_shift=[0, 40, 0, 0, -40, 0, 41.5, 0],
    ),
    Case(
        "tied sigmoid-linear, squared, gaussian, AdamW",
        [Layer(6, 5, "sigmoid"), Layer(5, 6, "linear", tied_to=0)],
        "squared", "gaussian:0.5", (-2, 2), Adam(0.03, weight_decay=0.2),
    ),
    Case(
        "untied relu-linear, squared, gaussian, SGD with momentum and L2 decay",
        [Layer(9, 7, "relu"), Layer(7, 9, "linear")],
        "squared", "gaussian:0.3", (-1, 1), Sgd(0.01, momentum=0.9, weight_decay=0.05),
    ),
    # Unusual betas and a large epsilon, so that each of them is seen to be read and epsilon to stand outside the root.
    Case(
        "tied tanh-tanh, squared, salt-and-pepper, Adam",
        [Layer(6, 7, "tanh"), Layer(7, 6, "tanh", tied_to=0)],
        "squared", "salt-and-pepper:0.3", (-1, 1), Adam(0.02, beta1=0.8, beta2=0.95, epsilon=1e-3),
    ),
    Case(
        "tied sigmoid-sigmoid, cross-entropy with emphasis 1 and 0.5, masking, SGD with momentum and L2 decay",
        [Layer(8, 6, "sigmoid"), Layer(6, 8, "sigmoid", tied_to=0)],
        "cross-entropy", "masking:0.4", (0, 1), Sgd(0.05, momentum=0.9, weight_decay=0.02), emphasis=(1.0, 0.5),
    ),
    Case(
        "deep tied tanh-relu-sigmoid-linear, squared, gaussian, Adam",
        [
            Layer(9, 6, "tanh"),
            Layer(6, 4, "relu"),
            Layer(4, 6, "sigmoid", tied_to=1),
            Layer(6, 9, "linear", tied_to=0),
        ],
        "squared", "gaussian:0.2", (-1, 1), Adam(0.02),
    ),
    Case(
        "classifier relu-softmax, softmax cross-entropy, masking, SGD with momentum",
        [Layer(8, 6, "relu"), Layer(6, 4, "softmax")],
        "softmax-cross-entropy", "masking:0.2", (0, 1), Sgd(0.1, momentum=0.5),
    ),
    Case(
        "tied relu-sigmoid, squared with emphasis 1 and 0, masking, SGD with momentum",
        [Layer(7, 5, "relu"), Layer(5, 7, "sigmoid", tied_to=0)],
        "squared", "masking:0.5", (0, 1), Sgd(0.3, momentum=0.9), emphasis=(1.0, 0.0),
    ),
    # Softmax does not change when all its inputs are shifted together, but exp(1000) overflows.
    Case(
        "classifier tanh-softmax, softmax cross-entropy, gaussian, AdamW, pre-activations shifted by 1000",
        [Layer(6, 5, "tanh"), Layer(5, 3, "softmax")],
        "softmax-cross-entropy", "gaussian:0.1", (-1, 1), Adam(0.05, weight_decay=0.1),
        bias_shift=[1000, 1000, 1000],
    ),
    # Two numbers (value, encoding, flag) and two categories (one-hot, flag); a fifth of the cells are missing.
    Case(
        "table tanh-linear, numbers and categories, weights, gaps, cells masked with emphasis 1 and 0.25, Adam",
        [Layer(13, 7, "tanh"), Layer(7, 7, "linear")],
        "table", "mask:0.1..0.6", (-2, 2), Adam(0.05), emphasis=(1.0, 0.25),
        heads=[
            Head((0, 1), "squared", "values", 1.25),
            Head((1, 4), "softmax-cross-entropy", "labels", 0.9),
            Head((4, 5), "squared", "values", 0.4),
            Head((5, 7), "softmax-cross-entropy", "labels", 1.5),
        ],
        cells=[
            Cell((0, 3), (0, 1)),
            Cell((3, 7), (1, 4)),
            Cell((7, 10), (4, 5)),
            Cell((10, 13), (5, 7)),
        ],
    ),
]


# --- The network and its losses -----------------------------------------------------------------------------------

ACTIVATIONS = {
    "sigmoid": jax.nn.sigmoid,
    "tanh": jnp.tanh,
    "relu": jax.nn.relu,
    "linear": lambda a: a,
    "softmax": lambda a: jax.nn.softmax(a, axis=1),
}


def forward(layers, params, batch):
    """Pre-activations and activations of every layer, each (n, o_l)."""
    pre_activations, activations = [], []
    for layer, weights, biases in zip(layers, params["weights"], params["biases"]):
        matrix = weights if layer.tied_to is None else params["weights"][layer.tied_to].T
        pre = batch @ matrix.T + biases
        batch = ACTIVATIONS[layer.activation](pre)
        pre_activations.append(pre)
        activations.append(batch)
    return pre_activations, activations


def loss_of(params, case, x, x_corrupted, corrupted, labels):
    """The objective without weight decay: summed over components, averaged over samples."""
    pre_activations, activations = forward(case.layers, params, x_corrupted)
    a, out = pre_activations[-1], activations[-1]
    if case.loss == "table":
        return table_loss(case, a, corrupted, *labels)
    if case.loss == "softmax-cross-entropy":
        return -jax.nn.log_softmax(a, axis=1)[jnp.arange(len(x)), labels].sum() / len(x)
    if case.loss == "squared":
        terms = (out - x) ** 2
    else:
        terms = jnp.maximum(a, 0) - a * x + jnp.log1p(jnp.exp(-jnp.abs(a)))
    if case.emphasis is not None:
        alpha, beta = case.emphasis
        terms = jnp.where(corrupted == 1, alpha, beta) * terms
    return terms.sum() / len(x)


def table_loss(case, a, corrupted, targets, observed):
    """Head by head; a term counts if its target was observed, by the emphasis of its cell and the weight of its head."""
    alpha, beta = case.emphasis
    loss = 0.0
    for head, cell, target in zip(case.heads, case.cells, targets):
        first, end = head.units
        struck = corrupted[:, cell.inputs[0] : cell.inputs[1]].any(axis=1)
        if head.target == "labels":
            terms = -jax.nn.log_softmax(a[:, first:end], axis=1)[jnp.arange(len(a)), jnp.asarray(target)]
        else:
            terms = (a[:, first] - jnp.asarray(target)) ** 2
        loss += head.weight * (jnp.where(struck, alpha, beta) * observed[:, first] * terms).sum()
    return loss / len(a)


# --- The optimizers, as in their papers ---------------------------------------------------------------------------
# A parameter tree is {"weights": [matrix, or None where the layer is tied], "biases": [vector]}; None is not a leaf, so
# that a shared matrix is one parameter with one gradient and one state.


def on_matrices(params, value):
    """A tree of `value` on the matrices and 0 on the biases."""
    tree_map = jax.tree_util.tree_map
    return {
        "weights": tree_map(lambda _: value, params["weights"]),
        "biases": tree_map(lambda _: 0.0, params["biases"]),
    }


def sgd_step(o, state, params, gradients, _step):
    """v <- momentum v + g;  w <- w - lr v;  with g <- g + weight_decay w on the matrices."""
    tree_map = jax.tree_util.tree_map
    decay = on_matrices(params, o.weight_decay)
    gradients = tree_map(lambda g, w, wd: g + wd * w, gradients, params, decay)
    v = tree_map(lambda v, g: o.momentum * v + g, state["v"], gradients)
    params = tree_map(lambda w, v: w - o.learning_rate * v, params, v)
    return {"v": v}, params


def adam_step(o, state, params, gradients, step):
    """Kingma & Ba 2015, algorithm 1, with the decoupled decay of Loshchilov & Hutter 2019; `step` counts from 1."""
    tree_map = jax.tree_util.tree_map
    decay = on_matrices(params, o.weight_decay)
    m = tree_map(lambda m, g: o.beta1 * m + (1 - o.beta1) * g, state["m"], gradients)
    v = tree_map(lambda v, g: o.beta2 * v + (1 - o.beta2) * g**2, state["v"], gradients)

    def update(w, m, v, wd):
        m_hat = m / (1 - o.beta1**step)
        v_hat = v / (1 - o.beta2**step)
        return w - o.learning_rate * (m_hat / (jnp.sqrt(v_hat) + o.epsilon) + wd * w)

    return {"m": m, "v": v}, tree_map(update, params, m, v, decay)


def optax_of(o):
    """The same optimizer as optax has it."""
    matrices = lambda params: jax.tree_util.tree_map(bool, on_matrices(params, 1.0))
    if isinstance(o, Sgd):
        return optax.chain(optax.add_decayed_weights(o.weight_decay, matrices), optax.sgd(o.learning_rate, o.momentum))
    return optax.adamw(o.learning_rate, o.beta1, o.beta2, o.epsilon, weight_decay=o.weight_decay, mask=matrices)


# --- The data: short decimals, so that a reader gets exactly these numbers -----------------------------------------


def corrupt(rng, x, corruption, values):
    """One corrupted presentation of x, and the 0/1 mask of the components that the corruption touched."""
    kind, level = corruption.split(":")
    level = float(level)
    if kind == "gaussian":
        return np.round(x + level * rng.randn(*x.shape), 3), np.ones(x.shape, int)
    hit = rng.rand(*x.shape) < level
    low, high = (0.0, 0.0) if kind == "masking" else values
    replacement = np.where(rng.rand(*x.shape) < 0.5, low, high)
    return np.where(hit, replacement, x), hit.astype(int)


def table(rng, case):
    """The inputs of a table, the targets of each head, and which outputs were observed."""
    columns, targets, observed = [], [], []
    for head in case.heads:
        there = (rng.rand(N_SAMPLES) < 0.8).astype(int)
        width = head.units[1] - head.units[0]
        if head.target == "labels":
            target = rng.permutation(np.arange(N_SAMPLES) % width)
            code = np.eye(width)[target]
        else:
            target = np.round(rng.uniform(*case.values, N_SAMPLES), 3)
            code = np.stack([target, np.round(np.clip(target + 0.5, 0, 1), 3)], axis=1)
        columns += [code * there[:, None], there[:, None]]
        targets.append(target)
        observed += [there[:, None]] * width
    return np.concatenate(columns, axis=1), targets, np.concatenate(observed, axis=1)


def mask_cells(rng, x, case):
    """One presentation of a table x: every row loses its cells with a probability of its own."""
    low, high = (float(end) for end in case.corruption.split(":")[1].split(".."))
    corrupted = np.zeros(x.shape, int)
    for row in corrupted:
        share = rng.uniform(low, high)
        for cell in case.cells:
            row[cell.inputs[0] : cell.inputs[1]] = rng.rand() < share
    return np.where(corrupted == 1, 0.0, x), corrupted


def initial(rng, case):
    """Weights that give pre-activations of about unit size, and biases drawn too, so that an unread one shows."""
    weights, biases = [], []
    for layer in case.layers:
        scale = 1.5 / np.sqrt(layer.inputs)
        matrix = np.round(scale * rng.randn(layer.outputs, layer.inputs), 3)
        weights.append(jnp.asarray(matrix) if layer.tied_to is None else None)
        biases.append(jnp.asarray(np.round(rng.uniform(-0.5, 0.5, layer.outputs), 3)))
    if case.bias_shift is not None:
        biases[-1] = jnp.asarray(np.round(np.asarray(biases[-1]) + case.bias_shift, 3))
    return {"weights": weights, "biases": biases}


# --- One case ------------------------------------------------------------------------------------------------------


def run(case, seed):
    rng = np.random.RandomState(seed)  # its streams are frozen by NumPy's compatibility promise; Generator's are not
    low, high = case.values
    is_table = case.loss == "table"
    if is_table:
        x, *labels = table(rng, case)
        presented = [mask_cells(rng, x, case) for _ in range(N_STEPS)]
    else:
        x = np.round(rng.uniform(low, high, (N_SAMPLES, case.layers[0].inputs)), 3)
        n_classes = case.layers[-1].outputs
        classifies = case.loss == "softmax-cross-entropy"
        labels = rng.permutation(np.arange(N_SAMPLES) % n_classes) if classifies else None
        presented = [corrupt(rng, x, case.corruption, case.values) for _ in range(N_STEPS)]
    params = start = initial(rng, case)

    sgd = isinstance(case.optimizer, Sgd)
    step_of = sgd_step if sgd else adam_step
    zeros = jax.tree_util.tree_map(jnp.zeros_like, params)
    state = {"v": zeros} if sgd else {"m": zeros, "v": zeros}
    theirs, their_params = optax_of(case.optimizer), params
    their_state = theirs.init(params)

    losses, first_step = [], None
    for step, (x_corrupted, corrupted) in enumerate(presented, start=1):
        given = (case, x, x_corrupted, corrupted, labels)
        loss, gradients = jax.value_and_grad(loss_of)(params, *given)
        pre_activations, activations = forward(case.layers, params, x_corrupted)
        for layer, pre in zip(case.layers, pre_activations):
            if layer.activation == "relu":
                assert jnp.abs(pre).min() > RELU_MARGIN, f"{case.name}: step {step} touches the kink of ReLU"
        if first_step is None:
            first_step = {
                "pre_activations": pre_activations,
                "activations": activations,
                "loss": loss,
                "gradients": gradients,
            }
        losses.append(loss)
        state, params = step_of(case.optimizer, state, params, gradients, step)

        their_gradients = jax.grad(loss_of)(their_params, *given)
        updates, their_state = theirs.update(their_gradients, their_state, their_params)
        their_params = optax.apply_updates(their_params, updates)
        for ours, optaxs in zip(jax.tree_util.tree_leaves(params), jax.tree_util.tree_leaves(their_params)):
            np.testing.assert_allclose(ours, optaxs, rtol=OPTAX_TOLERANCE, atol=OPTAX_TOLERANCE, err_msg=case.name)

    after = loss_of(params, case, x, *presented[0], labels)
    assert after < losses[0], f"{case.name}: ten steps did not lower the loss on the first corrupted batch"
    return {
        "name": case.name,
        "sizes": [case.layers[0].inputs] + [layer.outputs for layer in case.layers],
        "layers": [layer._asdict() for layer in case.layers],
        "loss": case.loss,
        "corruption": case.corruption,
        "optimizer": {"kind": "sgd" if sgd else "adam", **case.optimizer._asdict()},
        "emphasis": case.emphasis and {"alpha": case.emphasis[0], "beta": case.emphasis[1]},
        "initial": start,
        "x": x,
        "x_corrupted": [x_corrupted for x_corrupted, _ in presented],
        "corrupted": [corrupted for _, corrupted in presented],
        **(
            {
                "heads": [head._asdict() for head in case.heads],
                "cells": [cell._asdict() for cell in case.cells],
                "targets": labels[0],
                "observed": labels[1],
            }
            if is_table
            else {"labels": labels}
        ),
        "expected": {"first_step": first_step, "losses": losses, "final": params},
    }


def plain(value):
    """Arrays as nested lists; Python writes a float as the shortest decimal that reads back to the same f64."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value.tolist() if hasattr(value, "tolist") else value


def text_of(value, indent=""):
    """JSON with each innermost list on one line, so that a change shows as the rows that changed."""
    deeper = indent + " "
    if isinstance(value, dict):
        items = [f"{json.dumps(key)}: {text_of(item, deeper)}" for key, item in value.items()]
        return "{\n" + ",\n".join(deeper + item for item in items) + "\n" + indent + "}"
    if isinstance(value, list) and any(isinstance(item, (list, dict)) for item in value):
        return "[\n" + ",\n".join(deeper + text_of(item, deeper) for item in value) + "\n" + indent + "]"
    return json.dumps(value, allow_nan=False)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=pathlib.Path, default=OUT)
    out = parser.parse_args().out
    golden = {
        "about": "Made by bench/golden/make_golden.py, described in bench/golden/README.md.",
        "made_with": {"jax": jax.__version__, "optax": optax.__version__, "numpy": np.__version__},
        "cases": [plain(run(case, seed)) for seed, case in enumerate(CASES)],
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(text_of(golden) + "\n")
    print(f"{out}: {len(CASES)} cases, {out.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
