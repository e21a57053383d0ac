import { batchNorm, crossEntropy, initBatchStatistics, layerNorm } from '@wengert/nn'
import { averagePool2d, maxPool2d, mul, sub, sum, type Tensor } from '@wengert/tape'
import { type ArraySpec, labels, type Task, uniform } from '../engine/index.js'
import type { Objective } from '../own/index.js'
import { type Contest, inPlace, type Scale, type Suite } from './suite.js'

/** A layer's output, or, where it is differentiated, its inner product with a cotangent, a number a row. */
const contracted =
  (layer: (arrays: Readonly<Record<string, Tensor>>, name: string) => Tensor): Objective =>
  (arrays, { layer: name, of }) => {
    const out = layer(arrays, name as string)
    if (of === 'value') return out
    return sum(mul(out, arrays['ct'] as Tensor), { axis: out.shape.slice(1).map((_, k) => k + 1) })
  }

const normalisation = contracted(({ x, scale1, shift1 }, name) => {
  const params = { scale: scale1 as Tensor, shift: shift1 as Tensor }
  if (name === 'layer norm') return layerNorm(params, x as Tensor)
  return batchNorm(params, initBatchStatistics(params.scale.size), x as Tensor).out
})

const pooling = contracted(({ x }, name) => {
  return (name === 'max pool' ? maxPool2d : averagePool2d)(x as Tensor, 2)
})

const classification: Objective = ({ x, y }) => crossEntropy(x as Tensor, y as Tensor)

/** A bias after a step against the sum of its cotangents. */
const bias: Objective = ({ b, ct, rate }) =>
  sub(b as Tensor, mul(rate as Tensor, sum(ct as Tensor, { axis: 0 })))

interface Layer {
  readonly kind: string
  readonly name: string
  readonly shape: readonly number[]
  readonly out: readonly number[]
  readonly params: Readonly<Record<string, ArraySpec>>
}

const sizeOf = (shape: readonly number[]) => shape.reduce((size, length) => size * length, 1)

/** A layer by itself, and with its gradient. */
function layerContests({ kind, name, shape, out, params }: Layer): readonly Contest[] {
  return (['value', 'gradient'] as const).map((of): Contest => {
    const isValue = of === 'value'
    const x = uniform(shape, 1, 1)
    const task: Task = {
      kind,
      settings: { layer: name, of },
      arrays: { x, ...params, ...(!isValue && { ct: uniform(out, 1, 2) }) },
      by: isValue ? [] : ['x', ...Object.keys(params)],
      tolerance: 1e-3,
    }
    const elements = isValue ? sizeOf(shape) + sizeOf(out) : 2 * sizeOf(shape) + sizeOf(out)
    return measured(`${name}, ${shape.join('×')}, ${of}`, task, 4 * elements)
  })
}

const measured = (name: string, task: Task, bytes: number): Contest => ({
  case: name,
  entrants: [inPlace(task, { yardstick: 'copy' })],
  peers: task,
  bytes,
})

const normParams = (size: number) => ({
  scale1: uniform([size], 0.1, 3, { centre: 1 }),
  shift1: uniform([size], 0.1, 4),
})

function contestsOf(scale: Scale): readonly Contest[] {
  const isTiny = scale === 'tiny'
  const losses = (
    isTiny
      ? [[3, 4]]
      : [
          [1024, 10],
          [1024, 1000],
        ]
  ).map(([rows, classes]) => {
    const [n, c] = [rows as number, classes as number]
    const task: Task = {
      kind: 'classification',
      settings: {},
      arrays: { x: uniform([n, c], 1, 1), y: labels(n, c, 2) },
      by: ['x'],
      tolerance: 1e-3,
    }
    return measured(`cross-entropy, ${n}×${c}, gradient`, task, 2 * 4 * n * c)
  })
  const [rows, units] = isTiny ? [5, 4] : [8192, 256]
  const step: Task = {
    kind: 'bias',
    settings: {},
    arrays: { b: uniform([units], 1, 1), ct: uniform([rows, units], 1, 2), rate: uniform([], 1, 3) },
    by: [],
    tolerance: 1e-3,
  }
  const norms = (
    isTiny
      ? [[3, 4]]
      : [
          [2048, 128],
          [8192, 256],
        ]
  ).map(shape => ({
    ...{ kind: 'normalisation', name: 'layer norm', shape, out: shape },
    params: normParams(shape.at(-1) as number),
  }))
  const image = isTiny ? [2, 4, 4, 3] : [32, 32, 32, 16]
  const [n, height, width, channels] = image as [number, number, number, number]
  const batch = {
    ...{ kind: 'normalisation', name: 'batch norm', shape: image, out: image },
    params: normParams(channels),
  }
  const pools = ['max pool', 'average pool'].map(name => ({
    ...{ kind: 'pooling', name, shape: image, out: [n, height / 2, width / 2, channels], params: {} },
  }))
  return [
    ...losses,
    measured(`bias, ${rows}×${units}, its step`, step, 4 * rows * units),
    ...[...norms, batch, ...pools].flatMap(layerContests),
  ]
}

/** Layers and losses that are bound by memory, beside a copy of their arrays. */
export const layers: Suite = {
  objectives: { normalisation, pooling, classification, bias },
  contests: contestsOf,
}
