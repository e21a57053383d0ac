"""JAX on the CPU, compiled."""

import wire

wire.settle_cores()

import os

os.environ["JAX_PLATFORMS"] = "cpu"

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

jax.config.update("jax_enable_x64", True)


def dense(arrays, name, x):
    return x @ arrays[f"w{name}"] + arrays[f"b{name}"]


def cross_entropy(logits, y):
    return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(logits), y[:, None], 1))


def convolve(x, w):
    return lax.conv_general_dilated(x, w, (1, 1), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC"))


def matmul(arrays, form):
    a, b = arrays["a"], arrays["b"]
    return (a.T if form == "Aᵀ·B" else a) @ (b.T if form == "A·Bᵀ" else b)


FUNCTIONS = {
    "exp": jnp.exp,
    "tanh": jnp.tanh,
    "log": jnp.log,
    "sigmoid": jax.nn.sigmoid,
    "erf": jax.scipy.special.erf,
}


def chain(arrays, k):
    out = arrays["x"]
    for step in range(k):
        out = [lambda v: v * 0.5, lambda v: v + 1, jnp.square, lambda v: v - 0.25][step % 4](out)
    return out


def convolution(arrays, of):
    x, w, ct = arrays["x"], arrays["w"], arrays["ct"]
    if of == "value":
        return convolve(x, w)
    if of == "x":
        return jax.vjp(lambda one: convolve(one, w), x)[1](ct)[0]
    return jax.vjp(lambda one: convolve(x, one), w)[1](ct)[0]


def scalars(arrays, operations, third):
    x = [arrays[name] for name in sorted(arrays)]
    v, total = x[0], x[1]
    for k in range(operations):
        if k % 4 == 0:
            v = v * x[(k // 4 + 2) % len(x)]
        elif k % 4 == 1:
            v = v + x[3 * k % len(x)]
        elif k % 4 == 2:
            v = jnp.sin(v) if third == "sin" else v - x[k % len(x)]
        else:
            total = total + v
    return jnp.mean(total) if total.ndim else total


def mlp(arrays):
    x = arrays["x"]
    for k in (1, 2):
        x = jax.nn.relu(dense(arrays, k, x))
    return cross_entropy(dense(arrays, 3, x), arrays["y"])


def cnn(arrays):
    x = arrays["x"]
    for k in (1, 2):
        x = jax.nn.relu(convolve(x, arrays[f"w{k}"]) + arrays[f"b{k}"])
        x = lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
    return cross_entropy(dense(arrays, 3, x.reshape(x.shape[0], -1)), arrays["y"])


def recurrent(arrays, step, states):
    x, units = arrays["x"], arrays["wh"].shape[0]
    steps, rows = x.shape[:2]

    def one(carry, row):
        state, total = carry
        state = step(row, state)
        return (state, total + jnp.sum(jnp.square(state[0]))), None

    first = tuple(jnp.zeros((rows, units), x.dtype) for _ in range(states))
    (_, total), _ = lax.scan(one, (first, jnp.zeros((), x.dtype)), x)
    return total / (steps * rows * units)


def rnn(arrays):
    return recurrent(
        arrays, lambda x, s: (jnp.tanh(x @ arrays["wx"] + s[0] @ arrays["wh"] + arrays["b"]),), 1
    )


def lstm(arrays):
    def step(x, state):
        h, c = state
        i, f, g, o = jnp.split(x @ arrays["wx"] + h @ arrays["wh"] + arrays["b"], 4, 1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        return jax.nn.sigmoid(o) * jnp.tanh(c), c

    return recurrent(arrays, step, 2)


def normalised(arrays, k, x, axes):
    centred = x - jnp.mean(x, axes, keepdims=True)
    variance = jnp.mean(jnp.square(centred), axes, keepdims=True)
    return centred * lax.rsqrt(variance + 1e-5) * arrays[f"scale{k}"] + arrays[f"shift{k}"]


def layer_norm(arrays, k, x):
    return normalised(arrays, k, x, (-1,))


def contracted(arrays, of, out):
    return out if of == "value" else jnp.sum(out * arrays["ct"]) / out.shape[0]


def normalisation(arrays, layer, of):
    x = arrays["x"]
    axes = (-1,) if layer == "layer norm" else tuple(range(x.ndim - 1))
    return contracted(arrays, of, normalised(arrays, 1, x, axes))


def pooling(arrays, layer, of):
    window = ((1, 2, 2, 1), (1, 2, 2, 1), "VALID")
    if layer == "max pool":
        return contracted(arrays, of, lax.reduce_window(arrays["x"], -jnp.inf, lax.max, *window))
    return contracted(arrays, of, lax.reduce_window(arrays["x"], 0.0, lax.add, *window) / 4)


def transformer(arrays, heads):
    x = arrays["x"]
    rows, length, features = x.shape
    apart = lambda v: v.reshape(rows, length, heads, features // heads).transpose(0, 2, 1, 3)
    normed = layer_norm(arrays, 1, x)
    q, k, v = (apart(dense(arrays, name, normed)) for name in "qkv")
    scores = jax.nn.softmax(q @ k.transpose(0, 1, 3, 2) / np.sqrt(features // heads).astype(x.dtype))
    y = x + dense(arrays, "o", (scores @ v).transpose(0, 2, 1, 3).reshape(x.shape))
    out = y + dense(arrays, 2, jax.nn.relu(dense(arrays, 1, layer_norm(arrays, 2, y))))
    return jnp.mean(jnp.square(out))


def rosenbrock(arrays):
    x = arrays["x"]
    return jnp.sum(100 * jnp.square(x[1:] - jnp.square(x[:-1])) + jnp.square(1 - x[:-1]))


def ode(arrays, steps):
    h = 10 / steps
    slope = lambda s: jnp.stack([s[1], -0.1 * s[1] - jnp.sin(s[0])])

    def step(s, _):
        k1 = slope(s)
        k2 = slope(s + h / 2 * k1)
        k3 = slope(s + h / 2 * k2)
        k4 = slope(s + h * k3)
        return s + h / 6 * (k1 + 2 * (k2 + k3) + k4), None

    last, _ = lax.scan(step, jnp.stack([arrays["q"], arrays["v"]]), None, steps)
    return jnp.sum(jnp.square(last))


TASKS = {
    "matmul": matmul,
    "map": lambda arrays, op: FUNCTIONS[op](arrays["x"]),
    "chain": chain,
    "layer": lambda arrays: jnp.tanh(arrays["x"] * arrays["w"] + arrays["b"]),
    "sum": lambda arrays: jnp.sum(arrays["x"]),
    "convolution": convolution,
    "scalars": scalars,
    "mlp": mlp,
    "cnn": cnn,
    "normalisation": normalisation,
    "pooling": pooling,
    "classification": lambda arrays: cross_entropy(arrays["x"], arrays["y"]),
    "bias": lambda arrays: arrays["b"] - arrays["rate"] * jnp.sum(arrays["ct"], 0),
    "rnn": rnn,
    "lstm": lstm,
    "transformer": transformer,
    "rosenbrock": rosenbrock,
    "ode": ode,
}


def prepare(task, arrays):
    f, settings, by = TASKS[task["kind"]], task["settings"], task["by"]
    given = {name: jnp.asarray(x) for name, x in arrays.items()}
    loss = lambda chosen, rest: f({**chosen, **rest}, **settings)
    chosen = {name: x for name, x in given.items() if name in by}
    rest = {name: x for name, x in given.items() if name not in by}
    run = jax.jit(jax.value_and_grad(loss) if by else loss)

    def step():
        result = jax.block_until_ready(run(chosen, rest))
        return [result[0], *(result[1][name] for name in by)] if by else [result]

    return step


wire.serve(prepare)
