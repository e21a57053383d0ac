import { lax, nn, numpy as np, vjp } from '@jax-js/jax'
import type { Settings } from '../engine/index.js'

type Array = np.Array
type Arrays = Readonly<Record<string, Array>>
type Task = (arrays: Arrays, settings: Settings) => Array

/** An array, with a reference of its own: whoever is given an array takes one away. */
const at = (arrays: Arrays, name: string): Array => (arrays[name] as Array).ref

const dense = (arrays: Arrays, name: string | number, x: Array): Array =>
  np.matmul(x, at(arrays, `w${name}`)).add(at(arrays, `b${name}`))

/** The mean cross-entropy of logits and labels. */
function crossEntropy(logits: Array, y: Array): Array {
  const chosen = nn.oneHot(y, logits.shape[1] as number)
  return chosen.mul(nn.logSoftmax(logits)).sum(1).mean().neg()
}

function recurrent(
  arrays: Arrays,
  step: (x: Array, state: readonly Array[]) => readonly Array[],
  states: number,
): Array {
  const x = arrays['x'] as Array
  const units = arrays['wh']?.shape[0] as number
  const [steps, rows] = x.shape as [number, number]
  let state: readonly Array[] = globalThis.Array.from({ length: states }, () => np.zeros([rows, units]))
  let total = np.zeros([])
  for (let t = 0; t < steps; t++) {
    state = step(x.ref.slice(t), state)
    total = total.add(np.square((state[0] as Array).ref).sum())
  }
  return total.mul(1 / (steps * rows * units))
}

const gates = (arrays: Arrays, x: Array, h: Array): Array =>
  np
    .matmul(x, at(arrays, 'wx'))
    .add(np.matmul(h, at(arrays, 'wh')))
    .add(at(arrays, 'b'))

/** Normalises over some axes, and scales and shifts along the last. */
function normalised(arrays: Arrays, k: number, x: Array, axes: number[]): Array {
  const centred = x.ref.sub(x.mean(axes, { keepdims: true }))
  const variance = np.square(centred.ref).mean(axes, { keepdims: true })
  const scaled = centred.mul(np.reciprocal(np.sqrt(variance.add(1e-5))))
  return scaled.mul(at(arrays, `scale${k}`)).add(at(arrays, `shift${k}`))
}

const layerNorm = (arrays: Arrays, k: number, x: Array): Array => normalised(arrays, k, x, [-1])

/** A layer's output, or where it is differentiated, the mean over rows of its inner product with a cotangent. */
function contracted(arrays: Arrays, { of }: Settings, out: Array): Array {
  if (of === 'value') return out
  const rows = out.shape[0] as number
  return out
    .mul(at(arrays, 'ct'))
    .sum()
    .mul(1 / rows)
}

/** Neighbouring pairs of rows and of columns of images whose channels lie last, along two axes of their own. */
function pairs(x: Array): Array {
  const [n, height, width, channels] = x.shape as [number, number, number, number]
  return x.reshape([n, height / 2, 2, width / 2, 2, channels])
}

function transformer(arrays: Arrays, settings: Settings): Array {
  const x = at(arrays, 'x')
  const [rows, length, features] = x.shape as [number, number, number]
  const heads = settings['heads'] as number
  const flat = (v: Array) => v.reshape([rows * length, features])
  const apart = (v: Array) => v.reshape([rows, length, heads, features / heads]).transpose([0, 2, 1, 3])
  const input = flat(layerNorm(arrays, 1, x.ref))
  const [q, k, v] = ['q', 'k', 'v'].map(name => apart(dense(arrays, name, input.ref))) as [
    Array,
    Array,
    Array,
  ]
  const scores = nn.softmax(np.matmul(q, k.transpose([0, 1, 3, 2])).mul(1 / Math.sqrt(features / heads)))
  const joined = flat(np.matmul(scores, v).transpose([0, 2, 1, 3]))
  const y = flat(x).add(dense(arrays, 'o', joined))
  const out = dense(arrays, 2, nn.relu(dense(arrays, 1, layerNorm(arrays, 2, y.ref))))
  return np.square(y.add(out)).mean()
}

type State = readonly [Array, Array]

const slope = ([q, v]: State): State => [v.ref, v.mul(-0.1).sub(np.sin(q))]

const along = (state: State, by: State, length: number): State => [
  state[0].ref.add(by[0].ref.mul(length)),
  state[1].ref.add(by[1].ref.mul(length)),
]

function ode(arrays: Arrays, settings: Settings): Array {
  const steps = settings['steps'] as number
  const h = 10 / steps
  let state: State = [at(arrays, 'q'), at(arrays, 'v')]
  for (let step = 0; step < steps; step++) {
    const k1 = slope([state[0].ref, state[1].ref])
    const k2 = slope(along(state, k1, h / 2))
    const k3 = slope(along(state, k2, h / 2))
    const k4 = slope(along(state, k3, h))
    const total = (k: 0 | 1) => k1[k].add(k4[k]).add(k2[k].add(k3[k]).mul(2))
    state = along(state, [total(0), total(1)], h / 6)
  }
  return np.square(state[0]).add(np.square(state[1]))
}

const functions: Readonly<Record<string, (x: Array) => Array>> = {
  exp: np.exp,
  tanh: np.tanh,
  log: np.log,
  sigmoid: nn.sigmoid,
  erf: lax.erf,
}

const convolve = (x: Array, w: Array): Array => lax.convGeneralDilated(x, w, [1, 1], 'VALID')

/** What jax-js computes, by the kind of task. */
export const tasks: Readonly<Record<string, Task>> = {
  matmul(arrays, { form }) {
    const [a, b] = [at(arrays, 'a'), at(arrays, 'b')]
    return np.matmul(form === 'Aᵀ·B' ? a.transpose() : a, form === 'A·Bᵀ' ? b.transpose() : b)
  },
  map: (arrays, { op }) => (functions[op as string] as (x: Array) => Array)(at(arrays, 'x')),
  chain(arrays, { k }) {
    let out = at(arrays, 'x')
    for (let step = 0; step < (k as number); step++) {
      if (step % 4 === 0) out = out.mul(0.5)
      else if (step % 4 === 1) out = out.add(1)
      else if (step % 4 === 2) out = np.square(out)
      else out = out.sub(0.25)
    }
    return out
  },
  layer: arrays => np.tanh(at(arrays, 'x').mul(at(arrays, 'w')).add(at(arrays, 'b'))),
  sum: arrays => at(arrays, 'x').sum(),
  convolution(arrays, { of }) {
    const [x, w, ct] = [at(arrays, 'x'), at(arrays, 'w'), at(arrays, 'ct')]
    if (of === 'value') return convolve(x, w)
    const [, pullback] =
      of === 'x'
        ? vjp((one: Array) => convolve(one, w.ref), [x])
        : vjp((one: Array) => convolve(x.ref, one), [w])
    return (pullback(ct) as unknown as readonly [Array])[0]
  },
  scalars(arrays, { operations, third }) {
    const x = Object.keys(arrays).sort()
    const input = (k: number) => at(arrays, x[k % x.length] as string)
    let [v, total] = [input(0), input(1)]
    for (let k = 0; k < (operations as number); k++) {
      if (k % 4 === 0) v = v.mul(input(k / 4 + 2))
      else if (k % 4 === 1) v = v.add(input(3 * k))
      else if (k % 4 === 2) v = third === 'sin' ? np.sin(v) : v.sub(input(k))
      else total = total.add(v.ref)
    }
    return total.mean()
  },
  mlp(arrays) {
    const hidden = [1, 2].reduce((v, k) => nn.relu(dense(arrays, k, v)), at(arrays, 'x'))
    return crossEntropy(dense(arrays, 3, hidden), at(arrays, 'y'))
  },
  cnn(arrays) {
    const features = [1, 2].reduce(
      (v, k) => {
        const bias = at(arrays, `b${k}`).reshape([1, -1, 1, 1])
        const out = nn.relu(convolve(v, at(arrays, `w${k}`)).add(bias))
        const [n, c, height, width] = out.shape as [number, number, number, number]
        return out.reshape([n, c, height / 2, 2, width / 2, 2]).max([3, 5])
      },
      at(arrays, 'x'),
    )
    const rows = features.shape[0] as number
    const flat = features.transpose([0, 2, 3, 1]).reshape([rows, -1])
    return crossEntropy(dense(arrays, 3, flat), at(arrays, 'y'))
  },
  normalisation(arrays, settings) {
    const x = at(arrays, 'x')
    const axes = settings['layer'] === 'layer norm' ? [-1] : x.shape.slice(1).map((_, k) => k)
    return contracted(arrays, settings, normalised(arrays, 1, x, axes))
  },
  pooling(arrays, settings) {
    const x = pairs(at(arrays, 'x'))
    return contracted(arrays, settings, settings['layer'] === 'max pool' ? x.max([2, 4]) : x.mean([2, 4]))
  },
  classification: arrays => crossEntropy(at(arrays, 'x'), at(arrays, 'y')),
  bias: arrays => at(arrays, 'b').sub(at(arrays, 'rate').mul(at(arrays, 'ct').sum(0))),
  rnn: arrays => recurrent(arrays, (x, [h]) => [np.tanh(gates(arrays, x, h as Array))], 1),
  lstm: arrays =>
    recurrent(
      arrays,
      (x, [h, c]) => {
        const [i, f, g, o] = np.split(gates(arrays, x, h as Array), 4, 1) as [Array, Array, Array, Array]
        const kept = nn
          .sigmoid(f)
          .mul(c as Array)
          .add(nn.sigmoid(i).mul(np.tanh(g)))
        return [nn.sigmoid(o).mul(np.tanh(kept.ref)), kept]
      },
      2,
    ),
  transformer,
  rosenbrock(arrays) {
    const x = at(arrays, 'x')
    const n = x.size
    const [here, next] = [x.ref.slice([0, n - 1]), x.slice([1, n])]
    const far = np.square(next.sub(np.square(here.ref))).mul(100)
    return far.add(np.square(here.sub(1))).sum()
  },
  ode,
}
