import { createScheduler } from '@wengert/scheduler'
import {
  add,
  exp,
  flatten,
  log,
  matmul,
  mul,
  square,
  sub,
  sum,
  type Tensor,
  tanh,
  tensor,
} from '@wengert/tape'

/** Numbers in [−0.5, 0.5), the same in every run. */
function randomNumbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32 - 0.5
  }
}

const random = randomNumbers(7)

const matrix = (rows: number, columns: number, element: () => number) =>
  tensor(Float32Array.from({ length: rows * columns }, element), { shape: [rows, columns] })

export interface Params {
  readonly layers: readonly { readonly w: Tensor; readonly b: Tensor }[]
}

export interface Batch {
  readonly x: Tensor
  readonly y: Tensor
}

/** Rows of {@link batch}: several shards, the last one shorter. */
export const ROWS = 2003

export const params: Params = {
  layers: [
    { w: matrix(64, 160, () => random() / 4), b: tensor(new Float32Array(160)) },
    { w: matrix(160, 10, () => random() / 4), b: tensor(new Float32Array(10)) },
  ],
}

export const batch: Batch = {
  x: matrix(ROWS, 64, random),
  y: matrix(ROWS, 10, () => 0.1 + random() / 10),
}

/** Other rows of the same shapes: what is left of one batch shows in the result of the other. */
export const otherBatch: Batch = {
  x: matrix(ROWS, 64, random),
  y: matrix(ROWS, 10, () => 0.1 + random() / 10),
}

export const logits = ({ layers: [first, second] }: Params, { x }: { readonly x: Tensor }): Tensor => {
  if (!first || !second) throw new Error('two layers')
  return add(matmul(tanh(add(matmul(x, first.w), first.b)), second.w), second.b)
}

/** Cross entropy, one number a row. */
export const loss = (p: Params, b: Batch): Tensor => {
  const z = logits(p, b)
  return sub(log(sum(exp(z), { axis: 1 })), sum(mul(z, b.y), { axis: 1 }))
}

/** Whole numbers so small that every sum is exact in f32, in whatever order. */
export const whole = {
  w: matrix(64, 64, () => Math.round(2 * random())),
  batch: {
    x: matrix(1501, 64, () => Math.round(2 * random())),
    y: matrix(1501, 64, () => Math.round(4 * random())),
  },
  loss: (w: Tensor, { x, y }: Batch): Tensor => sum(square(sub(matmul(x, w), y)), { axis: 1 }),
}

/** Value and gradient as bytes in hexadecimal: equal text means equal bits. */
export const bitsOf = ({ value, gradient }: { readonly value: Tensor; readonly gradient: unknown }): string =>
  [value, ...flatten(gradient).leaves]
    .map(leaf => {
      const { buffer, byteOffset, byteLength } = leaf.toTypedArray()
      const bytes = new Uint8Array(buffer, byteOffset, byteLength)
      return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
    })
    .join(' ')

/** The bits that every scheduler must find for {@link params} and a batch. */
export async function expectedBits(rows: Batch = batch): Promise<string> {
  await using scheduler = await createScheduler(loss, { workers: 0 })
  return bitsOf(await scheduler.valueAndGrad(params, rows))
}
