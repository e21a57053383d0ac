import { DerivativeError, OptionError, ShapeError } from '../errors.js'
import { callerLocation } from '../location.js'
import { reshape, take } from '../ops/index.js'
import { checkArgument, checkFunction, checkOptions } from '../options.js'
import { type Aval, dataFrom, formatAval, isFloat, sizeOf } from '../program/index.js'
import {
  argumentsOf,
  avalOf,
  flattenTree,
  formatAvals,
  fromData,
  isArgumentLeaf,
  Tensor,
} from '../record/index.js'
import { type Colouring, colourColumns, type SparsityPattern } from './colouring.js'
import { checkRunOptions, RUN_OPTIONS, type RunOptions } from './engine.js'
import type { TensorFunction } from './jacobian.js'
import { pushedAlong } from './jvp.js'
import { recorded } from './trace.js'
import { jitNamed } from './transformed.js'
import { pulledBack } from './vjp.js'
import { vmap } from './vmap.js'

/** A sparse matrix by the places of its elements (coordinate format). */
export interface SparseMatrix extends SparsityPattern {
  /** Number of rows and columns. */
  readonly shape: readonly [number, number]
  /** [elements], in the order of `rows` and `columns`. */
  readonly values: Tensor
}

/** What is known of a function at avals of its arguments. */
interface Compressed<A extends readonly unknown[]> {
  readonly shape: readonly [number, number]
  readonly values: (...args: [x: Tensor, ...rest: A]) => Tensor
}

/**
 * The function that computes the Jacobian of a function whose sparsity is known, from as many tangents or cotangents as
 * the pattern has colours, whichever are fewer (Griewank & Walther, Evaluating Derivatives, 2nd ed., ch. 8).
 *
 * @param fn from a tensor to a tensor, of any shapes; rows are elements of its result and columns elements of its argument,
 * both in row-major order. Further arguments, trees of tensors or numbers, are handed on to it and not differentiated.
 * @param pattern places of all elements that may differ from 0. Elements that it leaves out spoil others.
 * @throws {@link OptionError} for a pattern that has places outside of the Jacobian; {@link ShapeError} unless argument and
 * result are tensors; {@link DerivativeError} unless both are floating-point.
 * @example
 * const f = x => x.mul(x.roll(1))
 * const jacobian = sparseJacobian(f, { rows: [0, 0, 1, 1, 2, 2], columns: [0, 2, 1, 0, 2, 1] })
 * jacobian(tensor([1, 2, 3])).values.toArray() // → [3, 1, 1, 2, 2, 3]
 */
export function sparseJacobian<A extends readonly unknown[]>(
  fn: TensorFunction<A>,
  pattern: SparsityPattern,
  options: RunOptions = {},
): (x: Tensor, ...rest: A) => SparseMatrix {
  checkFunction('sparseJacobian', fn)
  checkOptions('sparseJacobian', options, RUN_OPTIONS)
  checkRunOptions(options)
  checkIsPattern(pattern)
  const { rows, columns } = pattern
  if (rows.length !== columns.length) {
    throw new OptionError({
      summary: `sparseJacobian: ${rows.length} rows and ${columns.length} columns.`,
      expected: 'a row and a column for each element',
      at: callerLocation(),
    })
  }
  const known = new Map<string, Compressed<A>>()
  return (x, ...rest) => {
    checkPoint(x)
    const { leaves, structure } = flattenTree([x, ...rest], isArgumentLeaf, argumentsOf('sparseJacobian'))
    const key = `${formatAvals(leaves.map(avalOf))} ${JSON.stringify(structure)}`
    const compressed = known.get(key) ?? compress(fn, pattern, x.aval, rest, options)
    known.set(key, compressed)
    return { rows, columns, shape: compressed.shape, values: compressed.values(x, ...rest) }
  }
}

function checkIsPattern(pattern: SparsityPattern): void {
  const lists = [pattern?.rows, pattern?.columns]
  const fits = lists.every(list => Array.isArray(list) || ArrayBuffer.isView(list))
  checkArgument('sparseJacobian', 'the pattern', pattern, fits, '{ rows, columns }, lists of whole numbers')
}

function compress<A extends readonly unknown[]>(
  fn: TensorFunction<A>,
  pattern: SparsityPattern,
  aval: Aval,
  rest: A,
  options: RunOptions,
): Compressed<A> {
  const { program, outputs } = recorded('sparseJacobian', fn, [aval, ...rest])
  if (outputs !== '*') throw notATensor('result')
  const out = program.avals[program.outputs[0] as number] as Aval
  if (!isFloat(out.dtype)) throw notDifferentiable('result', out)
  const shape = [sizeOf(out.shape), sizeOf(aval.shape)] as const
  checkPattern(pattern, shape)
  const transposed = { rows: pattern.columns, columns: pattern.rows }
  const [ofColumns, ofRows] = [colourColumns(pattern, shape[1]), colourColumns(transposed, shape[0])]
  const forward = ofColumns.count <= ofRows.count
  const seeds = seedsOf(forward ? ofColumns : ofRows, forward ? aval : out)
  const places = placesOf(
    forward ? pattern : transposed,
    forward ? ofColumns : ofRows,
    shape[forward ? 0 : 1],
  )
  const along = (x: Tensor, own: (x: Tensor) => Tensor) =>
    forward
      ? vmap((t: Tensor) => pushedAlong('sparseJacobian', own, [x], [t], {}).tangent)(seeds)
      : vmap((ct: Tensor) => pulledBack('sparseJacobian', own, [x]).pullback(ct)[0] as Tensor)(seeds)
  const values = jitNamed(
    { name: 'sparseJacobian' },
    (x: Tensor, ...rest: A) => {
      const sums = along(x, x => fn(x, ...rest))
      return take(reshape(sums, [sums.size]), places)
    },
    options,
  )
  return { shape, values }
}

/** For each colour a tensor that is 1 where its columns are. */
function seedsOf({ colours, count }: Colouring, { dtype, shape }: Aval): Tensor {
  const ones = new Float64Array(count * colours.length)
  colours.forEach((colour, column) => {
    if (count > 0) ones[colour * colours.length + column] = 1
  })
  return fromData({ dtype, shape: [count, ...shape] }, dataFrom(dtype, ones))
}

/** Where each element is found among the sums of columns, a row of them for each colour. */
function placesOf({ rows, columns }: SparsityPattern, { colours }: Colouring, rowCount: number): Tensor {
  const places = rows.map((row, k) => (colours[columns[k] as number] as number) * rowCount + row)
  return fromData({ dtype: 'i32', shape: [places.length] }, dataFrom('i32', places))
}

function checkPoint(x: unknown): void {
  if (!(x instanceof Tensor)) throw notATensor('argument')
  if (!isFloat(x.dtype)) throw notDifferentiable('argument', x.aval)
}

const notATensor = (what: string) =>
  new ShapeError({
    summary: `sparseJacobian: the ${what} is no tensor.`,
    expected: 'one tensor',
    at: callerLocation(),
  })

const notDifferentiable = (what: string, aval: Aval) =>
  new DerivativeError({
    summary: `sparseJacobian: the ${what} is ${formatAval(aval)}, which is not differentiable.`,
    expected: 'f32 or f64',
    at: callerLocation(),
  })

function checkPattern({ rows, columns }: SparsityPattern, [height, width]: readonly [number, number]): void {
  const inside = (index: number, length: number) => Number.isInteger(index) && index >= 0 && index < length
  const wrong = rows.findIndex((row, k) => !inside(row, height) || !inside(columns[k] as number, width))
  if (wrong < 0) return
  throw new OptionError({
    summary: `sparseJacobian: element ${wrong} of the pattern is at row ${rows[wrong]}, column ${columns[wrong]}.`,
    expected: `places in a Jacobian of ${height} rows and ${width} columns`,
    at: callerLocation(),
  })
}
