"""PyTorch on the CPU, as it is: not compiled."""

import wire

cores = wire.settle_cores()

import torch
import torch.nn.functional as F

if cores:
    torch.set_num_threads(cores)


def dense(arrays, name, x):
    return x @ arrays[f"w{name}"] + arrays[f"b{name}"]


def matmul(arrays, form):
    a, b = arrays["a"], arrays["b"]
    return (a.T if form == "Aᵀ·B" else a) @ (b.T if form == "A·Bᵀ" else b)


FUNCTIONS = {
    "exp": torch.exp,
    "tanh": torch.tanh,
    "log": torch.log,
    "sigmoid": torch.sigmoid,
    "erf": torch.erf,
}


def chain(arrays, k):
    out = arrays["x"]
    for step in range(k):
        out = [lambda v: v * 0.5, lambda v: v + 1, torch.square, lambda v: v - 0.25][step % 4](out)
    return out


def convolution(arrays, of):
    x, w, ct = arrays["x"], arrays["w"], arrays["ct"]
    if of == "value":
        return F.conv2d(x, w)
    if of == "x":
        return torch.nn.grad.conv2d_input(x.shape, w, ct)
    return torch.nn.grad.conv2d_weight(x, w.shape, ct)


def scalars(arrays, operations, third):
    x = [arrays[name] for name in sorted(arrays)]
    v, total = x[0], x[1]
    for k in range(operations):
        if k % 4 == 0:
            v = v * x[(k // 4 + 2) % len(x)]
        elif k % 4 == 1:
            v = v + x[3 * k % len(x)]
        elif k % 4 == 2:
            v = torch.sin(v) if third == "sin" else v - x[k % len(x)]
        else:
            total = total + v
    return total.mean()


def mlp(arrays):
    x = arrays["x"]
    for k in (1, 2):
        x = F.relu(dense(arrays, k, x))
    return F.cross_entropy(dense(arrays, 3, x), arrays["y"].long())


def cnn(arrays):
    x = arrays["x"]
    for k in (1, 2):
        x = F.max_pool2d(F.relu(F.conv2d(x, arrays[f"w{k}"], arrays[f"b{k}"])), 2)
    flat = x.permute(0, 2, 3, 1).reshape(x.shape[0], -1)
    return F.cross_entropy(dense(arrays, 3, flat), arrays["y"].long())


def recurrent(arrays, step, states):
    x, units = arrays["x"], arrays["wh"].shape[0]
    steps, rows = x.shape[:2]
    state = tuple(torch.zeros(rows, units) for _ in range(states))
    total = torch.zeros(())
    for row in x:
        state = step(row, state)
        total = total + torch.square(state[0]).sum()
    return total / (steps * rows * units)


def rnn(arrays):
    return recurrent(
        arrays, lambda x, s: (torch.tanh(x @ arrays["wx"] + s[0] @ arrays["wh"] + arrays["b"]),), 1
    )


def lstm(arrays):
    def step(x, state):
        h, c = state
        i, f, g, o = (x @ arrays["wx"] + h @ arrays["wh"] + arrays["b"]).chunk(4, 1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c

    return recurrent(arrays, step, 2)


def contracted(arrays, of, out):
    return out if of == "value" else (out * arrays["ct"]).sum() / out.shape[0]


def normalisation(arrays, layer, of):
    x, scale, shift = arrays["x"], arrays["scale1"], arrays["shift1"]
    if layer == "layer norm":
        return contracted(arrays, of, F.layer_norm(x, scale.shape, scale, shift))
    return contracted(arrays, of, F.batch_norm(x, None, None, scale, shift, training=True))


def pooling(arrays, layer, of):
    pool = F.max_pool2d if layer == "max pool" else F.avg_pool2d
    return contracted(arrays, of, pool(arrays["x"], 2))


def transformer(arrays, heads):
    x = arrays["x"]
    rows, length, features = x.shape
    norm = lambda k, v: F.layer_norm(v, (features,), arrays[f"scale{k}"], arrays[f"shift{k}"])
    apart = lambda v: v.reshape(rows, length, heads, features // heads).transpose(1, 2)
    normed = norm(1, x)
    q, k, v = (apart(dense(arrays, name, normed)) for name in "qkv")
    joined = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(x.shape)
    y = x + dense(arrays, "o", joined)
    out = y + dense(arrays, 2, F.relu(dense(arrays, 1, norm(2, y))))
    return out.square().mean()


def rosenbrock(arrays):
    x = arrays["x"]
    return (100 * (x[1:] - x[:-1].square()).square() + (1 - x[:-1]).square()).sum()


def ode(arrays, steps):
    h = 10 / steps
    slope = lambda s: torch.stack([s[1], -0.1 * s[1] - torch.sin(s[0])])
    s = torch.stack([arrays["q"], arrays["v"]])
    for _ in range(steps):
        k1 = slope(s)
        k2 = slope(s + h / 2 * k1)
        k3 = slope(s + h / 2 * k2)
        k4 = slope(s + h * k3)
        s = s + h / 6 * (k1 + 2 * (k2 + k3) + k4)
    return s.square().sum()


TASKS = {
    "matmul": matmul,
    "map": lambda arrays, op: FUNCTIONS[op](arrays["x"]),
    "chain": chain,
    "layer": lambda arrays: torch.tanh(arrays["x"] * arrays["w"] + arrays["b"]),
    "sum": lambda arrays: arrays["x"].sum(),
    "convolution": convolution,
    "scalars": scalars,
    "mlp": mlp,
    "cnn": cnn,
    "normalisation": normalisation,
    "pooling": pooling,
    "classification": lambda arrays: F.cross_entropy(arrays["x"], arrays["y"].long()),
    "bias": lambda arrays: arrays["b"] - arrays["rate"] * arrays["ct"].sum(0),
    "rnn": rnn,
    "lstm": lstm,
    "transformer": transformer,
    "rosenbrock": rosenbrock,
    "ode": ode,
}


def placed(kind, name, x):
    """Images lie channels first here, and filters with their outputs first."""
    x = torch.from_numpy(x)
    if kind not in ("cnn", "convolution", "normalisation", "pooling") or x.ndim != 4:
        return x
    return x.permute(3, 2, 0, 1).contiguous() if name.startswith("w") else x.permute(0, 3, 1, 2).contiguous()


def prepare(task, arrays):
    f, settings, by = TASKS[task["kind"]], task["settings"], task["by"]
    given = {name: placed(task["kind"], name, x) for name, x in arrays.items()}
    for name in by:
        given[name].requires_grad_(True)

    def step():
        if not by:
            return [f(given, **settings).numpy()]
        loss = f(given, **settings)
        gradients = torch.autograd.grad(loss, [given[name] for name in by])
        return [loss.detach().numpy(), *(x.numpy() for x in gradients)]

    return step


wire.serve(prepare)
