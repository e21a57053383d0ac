import { type ScanKind, scan } from '@wengert/kernels'
import { DTypeError } from '../errors.js'
import { callerLocation } from '../location.js'
import { checkOptions } from '../options.js'
import { type Aval, formatAval, type Params, registerOp } from '../program/index.js'
import { applyOne, scalarLike, type Tensor } from '../record/index.js'
import type { Batch } from '../rules/index.js'
import { normalizeAxis } from './axes.js'
import { allBatched } from './batch.js'
import { concat } from './concat.js'
import { broadcastTo } from './reduction.js'
import { slice } from './shape.js'

/** Along which axis to go, and from which end. */
export interface ScanOptions {
  /** Default −1, the last. */
  readonly axis?: number
  /** From the end of the axis to its beginning. */
  readonly reverse?: boolean
}

/** The axis and direction of an instruction. */
export interface Direction {
  readonly axis: number
  readonly reverse: boolean
}

/** The direction of an instruction. */
export const directionOf = (params: Params) => params as unknown as Direction
/** The same axis from its other end. */
export const opposite = ({ axis, reverse }: Direction): Direction => ({ axis, reverse: !reverse })

/** Dtypes with arithmetic. */
export const NUMBERS = ['f32', 'f64', 'i32']

/** Makes the scan of a kind known as an op. */
export function defineScan(name: string, kind: ScanKind): void {
  registerOp({
    name,
    infer([x]) {
      if (NUMBERS.includes((x as Aval).dtype)) return [x as Aval]
      throw new DTypeError({
        summary: `${name}: dtype not taken: ${formatAval(x as Aval)}.`,
        expected: NUMBERS.join(', '),
        at: callerLocation(),
        fix: "convert with x.convert('i32')",
      })
    },
    lower: ([x], _out, params) =>
      scan({ kind, ...(x as { dtype: 'f32'; shape: readonly number[] }), ...directionOf(params) }),
  })
}

/** Each element of a batch is scanned along its own axis. */
export const scanned =
  (name: string): Batch =>
  site =>
    applyOne(name, allBatched(site).inputs, { ...site.params, axis: directionOf(site.params).axis + 1 })

/** Applies a scan with these options. */
export function scanAlong(name: string, inputs: readonly Tensor[], options: ScanOptions) {
  const { axis = -1, reverse = false } = checkOptions(name, options, ['axis', 'reverse'])
  const x = inputs[0] as Tensor
  return applyOne(name, inputs, { axis: normalizeAxis(name, x.aval, axis), reverse })
}

/** out[k] = x[k − 1] in the direction of a scan, with a value for the first. */
export function previous(x: Tensor, { axis, reverse }: Direction, first: number): Tensor {
  const length = x.shape[axis] as number
  if (length === 0) return x
  const rest = slice(
    x,
    x.shape.map((_, k) => (k === axis && reverse ? 1 : 0)),
    x.shape.with(axis, reverse ? length : length - 1),
  )
  const edge = broadcastTo(scalarLike(x, first), x.shape.with(axis, 1))
  return concat(reverse ? [rest, edge] : [edge, rest], { axis })
}
