import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-core/dist/register_all_gradients.js'
import { type Engine, type GivenTask, type Settings, serve } from '../engine/index.js'

type Arrays = Readonly<Record<string, tf.Tensor>>
type Task = (arrays: Arrays, settings: Settings) => tf.Tensor

const at = <T extends tf.Tensor>(arrays: Arrays, name: string): T => arrays[name] as T

const dense = (arrays: Arrays, name: string | number, x: tf.Tensor): tf.Tensor2D =>
  tf.add(tf.matMul(x as tf.Tensor2D, at(arrays, `w${name}`)), at(arrays, `b${name}`))

/** The mean cross-entropy of logits and labels. */
function crossEntropy(logits: tf.Tensor, y: tf.Tensor): tf.Tensor {
  const chosen = tf.oneHot(y as tf.Tensor1D, logits.shape[1] as number)
  return tf.neg(tf.mean(tf.sum(tf.mul(chosen, tf.logSoftmax(logits)), 1)))
}

function recurrent(
  arrays: Arrays,
  step: (x: tf.Tensor, state: readonly tf.Tensor[]) => readonly tf.Tensor[],
  states: number,
): tf.Tensor {
  const x = at(arrays, 'x')
  const units = at(arrays, 'wh').shape[0] as number
  const [steps, rows] = x.shape as [number, number]
  let state: readonly tf.Tensor[] = Array.from({ length: states }, () => tf.zeros([rows, units]))
  let total: tf.Tensor = tf.scalar(0)
  for (const input of tf.unstack(x)) {
    state = step(input, state)
    total = tf.add(total, tf.sum(tf.square(state[0] as tf.Tensor)))
  }
  return tf.div(total, steps * rows * units)
}

/** Normalises over some axes, and scales and shifts along the last. */
function normalised(arrays: Arrays, k: number, x: tf.Tensor, axes: readonly number[]): tf.Tensor {
  const centred = tf.sub(x, tf.mean(x, [...axes], true))
  const variance = tf.mean(tf.square(centred), [...axes], true)
  const scaled = tf.mul(centred, tf.rsqrt(tf.add(variance, 1e-5)))
  return tf.add(tf.mul(scaled, at(arrays, `scale${k}`)), at(arrays, `shift${k}`))
}

const layerNorm = (arrays: Arrays, k: number, x: tf.Tensor) => normalised(arrays, k, x, [-1])

/** A layer's output, or where it is differentiated, the mean over rows of its inner product with a cotangent. */
function contracted(arrays: Arrays, { of }: Settings, out: tf.Tensor): tf.Tensor {
  if (of === 'value') return out
  return tf.div(tf.sum(tf.mul(out, at(arrays, 'ct'))), out.shape[0] as number)
}

function transformer(arrays: Arrays, settings: Settings): tf.Tensor {
  const x = at(arrays, 'x')
  const [rows, length, features] = x.shape as [number, number, number]
  const heads = settings['heads'] as number
  const flat = (v: tf.Tensor) => tf.reshape(v, [rows * length, features])
  const apart = (v: tf.Tensor) =>
    tf.transpose(tf.reshape(v, [rows, length, heads, features / heads]), [0, 2, 1, 3])
  const input = flat(layerNorm(arrays, 1, x))
  const [q, k, v] = ['q', 'k', 'v'].map(name => apart(dense(arrays, name, input))) as [
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
  ]
  const scores = tf.softmax(tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(features / heads)))
  const joined = flat(tf.transpose(tf.matMul(scores, v), [0, 2, 1, 3]))
  const y = tf.add(flat(x), dense(arrays, 'o', joined))
  const out = tf.add(y, dense(arrays, 2, tf.relu(dense(arrays, 1, layerNorm(arrays, 2, y)))))
  return tf.mean(tf.square(out))
}

const slope = ([q, v]: readonly tf.Tensor[]) =>
  [v as tf.Tensor, tf.sub(tf.mul(v as tf.Tensor, -0.1), tf.sin(q as tf.Tensor))] as const

function ode(arrays: Arrays, settings: Settings): tf.Tensor {
  const h = 10 / (settings['steps'] as number)
  const along = (state: readonly tf.Tensor[], by: readonly tf.Tensor[], length: number) =>
    state.map((part, k) => tf.add(part, tf.mul(by[k] as tf.Tensor, length)))
  let state: readonly tf.Tensor[] = [at(arrays, 'q'), at(arrays, 'v')]
  for (let step = 0; step < (settings['steps'] as number); step++) {
    const k1 = slope(state)
    const k2 = slope(along(state, k1, h / 2))
    const k3 = slope(along(state, k2, h / 2))
    const k4 = slope(along(state, k3, h))
    const total = k1.map((one, k) =>
      tf.add(tf.add(one, k4[k as 0]), tf.mul(tf.add(k2[k as 0], k3[k as 0]), 2)),
    )
    state = along(state, total, h / 6)
  }
  return tf.add(tf.square(state[0] as tf.Tensor), tf.square(state[1] as tf.Tensor))
}

const functions: Readonly<Record<string, (x: tf.Tensor) => tf.Tensor>> = {
  exp: tf.exp,
  tanh: tf.tanh,
  log: tf.log,
  sigmoid: tf.sigmoid,
  erf: tf.erf,
}

const tasks: Readonly<Record<string, Task>> = {
  matmul: (arrays, { form }) => tf.matMul(at(arrays, 'a'), at(arrays, 'b'), form === 'Aᵀ·B', form === 'A·Bᵀ'),
  map: (arrays, { op }) => (functions[op as string] as (x: tf.Tensor) => tf.Tensor)(at(arrays, 'x')),
  chain(arrays, { k }) {
    let out = at(arrays, 'x')
    for (let step = 0; step < (k as number); step++) {
      if (step % 4 === 0) out = tf.mul(out, 0.5)
      else if (step % 4 === 1) out = tf.add(out, 1)
      else if (step % 4 === 2) out = tf.square(out)
      else out = tf.sub(out, 0.25)
    }
    return out
  },
  layer: arrays => tf.tanh(tf.add(tf.mul(at(arrays, 'x'), at(arrays, 'w')), at(arrays, 'b'))),
  sum: arrays => tf.sum(at(arrays, 'x')),
  convolution(arrays, { of }) {
    const [x, w, ct] = [at<tf.Tensor4D>(arrays, 'x'), at<tf.Tensor4D>(arrays, 'w'), at(arrays, 'ct')]
    const f = (images: tf.Tensor, filter: tf.Tensor) =>
      tf.conv2d(images as tf.Tensor4D, filter as tf.Tensor4D, 1, 'valid')
    if (of === 'value') return f(x, w)
    return of === 'x' ? tf.grad(one => f(one, w))(x, ct) : tf.grad(one => f(x, one))(w, ct)
  },
  scalars(arrays, { operations, third }) {
    const x = Object.values(arrays)
    const input = (k: number) => x[k % x.length] as tf.Tensor
    let [v, total] = [input(0), input(1)]
    for (let k = 0; k < (operations as number); k++) {
      if (k % 4 === 0) v = tf.mul(v, input(k / 4 + 2))
      else if (k % 4 === 1) v = tf.add(v, input(3 * k))
      else if (k % 4 === 2) v = third === 'sin' ? tf.sin(v) : tf.sub(v, input(k))
      else total = tf.add(total, v)
    }
    return tf.mean(total)
  },
  mlp(arrays) {
    const hidden = [1, 2].reduce((v, k) => tf.relu(dense(arrays, k, v)), at(arrays, 'x'))
    return crossEntropy(dense(arrays, 3, hidden), at(arrays, 'y'))
  },
  cnn(arrays) {
    const features = [1, 2].reduce(
      (v, k) => {
        const out = tf.conv2d(v as tf.Tensor4D, at<tf.Tensor4D>(arrays, `w${k}`), 1, 'valid')
        return tf.maxPool(tf.relu(tf.add(out, at(arrays, `b${k}`))) as tf.Tensor4D, 2, 2, 'valid')
      },
      at(arrays, 'x'),
    )
    const flat = tf.reshape(features, [features.shape[0] as number, -1])
    return crossEntropy(dense(arrays, 3, flat), at(arrays, 'y'))
  },
  normalisation(arrays, settings) {
    const x = at(arrays, 'x')
    const axes = settings['layer'] === 'layer norm' ? [-1] : x.shape.slice(1).map((_, k) => k)
    return contracted(arrays, settings, normalised(arrays, 1, x, axes))
  },
  pooling(arrays, settings) {
    const pool = settings['layer'] === 'max pool' ? tf.maxPool : tf.avgPool
    return contracted(arrays, settings, pool(at<tf.Tensor4D>(arrays, 'x'), 2, 2, 'valid'))
  },
  classification: arrays => crossEntropy(at(arrays, 'x'), at(arrays, 'y')),
  bias: arrays => tf.sub(at(arrays, 'b'), tf.mul(at(arrays, 'rate'), tf.sum(at(arrays, 'ct'), 0))),
  rnn: arrays =>
    recurrent(
      arrays,
      (x, [h]) => {
        const sum = tf.add(
          tf.matMul(x, at(arrays, 'wx')),
          tf.matMul(h as tf.Tensor, at<tf.Tensor2D>(arrays, 'wh')),
        )
        return [tf.tanh(tf.add(sum, at(arrays, 'b')))]
      },
      1,
    ),
  lstm: arrays =>
    recurrent(
      arrays,
      (x, [h, c]) => {
        const sum = tf.add(
          tf.matMul(x, at(arrays, 'wx')),
          tf.matMul(h as tf.Tensor, at<tf.Tensor2D>(arrays, 'wh')),
        )
        const [i, f, g, o] = tf.split(tf.add(sum, at(arrays, 'b')), 4, 1) as [
          tf.Tensor,
          tf.Tensor,
          tf.Tensor,
          tf.Tensor,
        ]
        const kept = tf.add(tf.mul(tf.sigmoid(f), c as tf.Tensor), tf.mul(tf.sigmoid(i), tf.tanh(g)))
        return [tf.mul(tf.sigmoid(o), tf.tanh(kept)), kept]
      },
      2,
    ),
  transformer,
  rosenbrock(arrays) {
    const x = at<tf.Tensor1D>(arrays, 'x')
    const n = x.shape[0]
    const [here, next] = [tf.slice(x, [0], [n - 1]), tf.slice(x, [1], [n - 1])]
    const far = tf.mul(tf.square(tf.sub(next, tf.square(here))), 100)
    return tf.sum(tf.add(far, tf.square(tf.sub(1, here))))
  },
  ode,
}

/** The WebAssembly backend of TensorFlow.js, with SIMD; it has no f64. */
const engine: Engine = {
  async prepare({ kind, settings, arrays, by }: GivenTask) {
    const wasm = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm')
    setWasmPaths(join(dirname(wasm), '/'))
    await tf.setBackend('wasm')
    const tensors = Object.fromEntries(
      Object.entries(arrays).map(([name, { dtype, shape, data }]) => [
        name,
        dtype === 'i32'
          ? tf.tensor(data as Int32Array, [...shape], 'int32')
          : tf.tensor(Float32Array.from(data), [...shape], 'float32'),
      ]),
    )
    const task = tasks[kind]
    if (!task) throw new Error(`tfjs has no task ${kind}`)
    const chosen = by.map(name => tensors[name] as tf.Tensor)
    const gradient = tf.valueAndGrads(
      (...given: tf.Tensor[]) =>
        task(
          { ...tensors, ...Object.fromEntries(by.map((name, k) => [name, given[k] as tf.Tensor])) },
          settings,
        ) as tf.Scalar,
    )
    /** Reads what came out, since work may be put off until then. */
    const run = () =>
      tf.tidy(() => {
        if (by.length === 0) return [task(tensors, settings).dataSync()]
        const { value, grads } = gradient(chosen)
        return [value, ...grads].map(result => result.dataSync())
      })
    return { results: run() as Float32Array[], step: run }
  },
}

await serve(engine)
