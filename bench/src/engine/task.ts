import { randomWords, uniformWeights } from '@wengert/nn'
import { type Aval, allocate, type Data, type DType, dataOf } from '@wengert/tape'

/** How the numbers of an array are drawn; the same for every engine. */
export type Draw =
  | { readonly kind: 'uniform'; readonly limit: number; readonly centre?: number; readonly seed: number }
  | { readonly kind: 'labels'; readonly classes: number; readonly seed: number }

/** An array of a task: what it is, and how its numbers come about. */
export interface ArraySpec {
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly draw: Draw
  /** Whether the numbers are drawn in the order that they have with the first two axes exchanged. */
  readonly swapped?: true
}

/** Numbers and words that a task is made with. */
export type Settings = Readonly<Record<string, number | string | boolean>>

/** What an engine computes, as plain data: each engine knows kinds of tasks by their names. */
export interface Task {
  readonly kind: string
  readonly settings: Settings
  /** Arrays by name. */
  readonly arrays: Readonly<Record<string, ArraySpec>>
  /** Names of the arrays by which the loss is differentiated; none: the value alone. */
  readonly by: readonly string[]
  /** Names of the arrays with a row for each row of the batch, if losses do not combine rows. */
  readonly rows?: readonly string[]
  /** How far engines may lie apart, relative to the larger figure. */
  readonly tolerance: number
}

/** Numbers in -limit … limit about a centre. */
export const uniform = (
  shape: readonly number[],
  limit: number,
  seed: number,
  { centre = 0, dtype = 'f32' }: { centre?: number; dtype?: 'f32' | 'f64' } = {},
): ArraySpec => ({ dtype, shape, draw: { kind: 'uniform', limit, centre, seed } })

/** Whole numbers from 0 to below `classes`. */
export const labels = (rows: number, classes: number, seed: number): ArraySpec => ({
  dtype: 'i32',
  shape: [rows],
  draw: { kind: 'labels', classes, seed },
})

/** The same numbers with the first two axes exchanged. */
export const swapped = (spec: ArraySpec): ArraySpec => {
  const [first, second, ...rest] = spec.shape as [number, number, ...number[]]
  return { ...spec, shape: [second, first, ...rest], swapped: true }
}

/** The numbers of an array, the same on every host. */
export function drawn(spec: ArraySpec): Data {
  if (!spec.swapped) return drawnInOrder(spec)
  const [first, second, ...rest] = spec.shape as [number, number, ...number[]]
  const data = drawnInOrder(spec)
  const length = rest.reduce((size, one) => size * one, 1)
  return data.map((_, at) => {
    const [row, k] = [Math.floor(at / length), at % length]
    const from = (row % second) * first + Math.floor(row / second)
    return data[from * length + k] as number
  })
}

function drawnInOrder({ dtype, shape, draw }: ArraySpec): Data {
  const data = allocate({ dtype, shape } as Aval)
  if (draw.kind === 'labels') {
    data.set(randomWords(data.length, { seed: draw.seed }).map(word => word % draw.classes))
    return data
  }
  data.set(dataOf(uniformWeights(shape, draw.limit, { seed: draw.seed, dtype: dtype as 'f32' | 'f64' })))
  const { centre = 0 } = draw
  for (let k = 0; k < data.length && centre !== 0; k++) data[k] = (data[k] as number) + centre
  return data
}
