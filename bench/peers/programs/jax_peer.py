"""The network in JAX: one compiled epoch, whose loop, order and masks are all inside the compilation."""

import functools
import os

import common

work = common.parse_work()
# JAX makes as many threads as it may use processors, so the number is set before it is loaded.
os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: work.threads])
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_enable_fast_math=true")

import jax
import jax.numpy as jnp

# The generator that XLA provides itself: threefry makes the epoch 8 % longer.
jax.config.update("jax_default_prng_impl", "rbg")
N_BYTES_A_WORD = 4
DTYPE = jnp.bfloat16 if work.precision == "bf16" else jnp.float32
THRESHOLD = common.mask_threshold(work.masking)


def product(a, b):
    return jnp.dot(a.astype(DTYPE), b.astype(DTYPE), preferred_element_type=jnp.float32)


def initial(key):
    bound = common.initial_bound(work.hidden)
    uniform = lambda key, *shape: jax.random.uniform(key, shape, jnp.float32, -bound, bound)
    encoder, decoder = jax.random.split(key)
    parameters = {
        "w": uniform(encoder, work.hidden, common.N_VISIBLE),
        "b": jnp.zeros(work.hidden),
        "c": jnp.zeros(common.N_VISIBLE),
    }
    if work.untied:
        parameters["v"] = uniform(decoder, common.N_VISIBLE, work.hidden)
    return parameters


def encode(parameters, x):
    return jax.nn.sigmoid(product(x, parameters["w"].T) + parameters["b"])


def loss(parameters, x, corrupted):
    """Squared error, summed over components and averaged over samples."""
    decoder = parameters["v"].T if work.untied else parameters["w"]
    restored = jax.nn.sigmoid(product(encode(parameters, corrupted), decoder) + parameters["c"])
    return jnp.sum((restored - x) ** 2) / len(x)


def corrupt(key, x):
    """Masks by one random byte a component, drawn four at a time."""
    words = jax.random.bits(key, (len(x), common.N_VISIBLE // N_BYTES_A_WORD), jnp.uint32)
    noise = jax.lax.bitcast_convert_type(words, jnp.uint8).reshape(x.shape)
    return jnp.where(noise >= THRESHOLD, x, 0)


def sgd(state, gradients):
    return {**state, "parameters": jax.tree.map(lambda p, g: p - work.learning_rate * g, state["parameters"], gradients)}


def adam(state, gradients):
    beta1, beta2, epsilon = common.ADAM["beta1"], common.ADAM["beta2"], common.ADAM["epsilon"]
    n_steps = state["n_steps"] + 1
    first = jax.tree.map(lambda m, g: beta1 * m + (1 - beta1) * g, state["first"], gradients)
    second = jax.tree.map(lambda v, g: beta2 * v + (1 - beta2) * g * g, state["second"], gradients)
    rate, correction = work.learning_rate / (1 - beta1**n_steps), 1 / jnp.sqrt(1 - beta2**n_steps)
    change = lambda p, m, v: p - rate * m / (jnp.sqrt(v) * correction + epsilon)
    parameters = jax.tree.map(change, state["parameters"], first, second)
    return {"parameters": parameters, "n_steps": n_steps, "first": first, "second": second}


OPTIMIZER = {"sgd": sgd, "adam": adam}[work.optimizer]


def start(key):
    parameters = initial(key)
    if work.optimizer == "sgd":
        return {"parameters": parameters}
    zeros = lambda: jax.tree.map(jnp.zeros_like, parameters)
    return {"parameters": parameters, "n_steps": jnp.zeros(()), "first": zeros(), "second": zeros()}


@functools.partial(jax.jit, donate_argnums=0)
def train_epoch(state, key, images):
    """One epoch: a loop over full batches, then the rest; gives the new state and the mean loss."""
    n = len(images)
    n_full = n // work.batch
    order_key, mask_key = jax.random.split(key)
    order = jax.random.permutation(order_key, n)
    keys = jax.random.split(mask_key, n_full + 1)

    def step(state, rows_and_key):
        rows, key = rows_and_key
        x = images[rows]
        value, gradients = jax.value_and_grad(loss)(state["parameters"], x, corrupt(key, x))
        return OPTIMIZER(state, gradients), value * len(x)

    full, rest = order[: n_full * work.batch].reshape(n_full, work.batch), order[n_full * work.batch :]
    state, sums = jax.lax.scan(step, state, (full, keys[:n_full]))
    total = sums.sum()
    if len(rest) > 0:
        state, last = step(state, (rest, keys[n_full]))
        total += last
    return state, total / n


def main():
    images = jnp.asarray(common.read_images(work.images)).astype(jnp.float32) / 255
    key = jax.random.key(work.seed)
    state = start(key)
    compiled_encode = jax.jit(encode)

    def train(number):
        nonlocal state
        state, mean = train_epoch(state, jax.random.fold_in(key, number), images)
        return float(mean)

    def encode_all(_):
        compiled_encode(state["parameters"], images).block_until_ready()

    common.run(work, "JAX", jax.__version__, len(images), train if work.task == "train" else encode_all)


main()
