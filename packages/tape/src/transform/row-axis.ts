/** Where the rows of a batch are after one instruction. */
import {
  type Aval,
  type Data,
  type Instruction,
  type Params,
  type Program,
  sameShape,
} from '../program/index.js'
import { ruleOf } from '../rules/index.js'

/**
 * What is known of how a value depends on rows: it does not ({@link Free}); it has a part for each row along this axis; it is in
 * a step of a loop over rows, one for each of the loops around it, and depends on the row of that step alone, or on rows of steps
 * before; or it depends on rows in a way that is not followed. The first axis may be longer: rows times more, with the elements
 * of each row one after another.
 */
export type Rows = Free | 'unknown' | number | OfStep

/**
 * What is known of a value that does not depend on rows: it may be zero in places, or other in every step of a loop over rows (a
 * mask); and it is another number at each place along each of its axes (drawn).
 */
export type Free = 'none' | 'mask' | 'drawn' | 'drawn mask'
export type OfStep = `${'row' | 'earlier'} of ${number}`

/** Whether a value depends on one row of a loop over rows, or on some. */
export const isOfStep = (rows: unknown): rows is OfStep => typeof rows === 'string' && rows.includes(' of ')

/** Whether a value does not depend on rows. */
export const isFree = (rows: unknown): rows is Free => free.has(rows as Free)

const free: ReadonlySet<Free> = new Set(['none', 'mask', 'drawn', 'drawn mask'])

/** Whether a value is other at each place. */
const isSpread = (rows: unknown): boolean => rows === 'drawn' || rows === 'drawn mask'

/** Whether a value may be zero in places, or other in every step. */
export const isMask = (rows: unknown): boolean => rows === 'mask' || rows === 'drawn mask'

/** What is known of a value that does not depend on rows. */
export const freeOf = (spread: boolean, mask: boolean): Free =>
  spread ? (mask ? 'drawn mask' : 'drawn') : mask ? 'mask' : 'none'

/** An instruction, with what is known of its operands. */
interface Site {
  readonly program: Program
  readonly instruction: Instruction
  readonly inputs: readonly Rows[]
  /** How many rows there are. */
  readonly count: number
}

type Shape = readonly number[]

/**
 * Where the rows are in what an instruction computes of them; `mixed` if it combines different ones, `placed` if it combines them
 * with what was drawn for their places.
 *
 * @param site some operand depends on rows.
 */
export function rowsAfter(site: Site): Rows | 'mixed' | 'placed' {
  const { instruction } = site
  const { op, params } = instruction
  if (site.inputs.includes('unknown') || isMasked(op, site.inputs)) return 'unknown'
  const inputs = site.inputs.map((one): Rows => (isFree(one) ? 'none' : one))
  const kinds = new Set(inputs.filter(one => one !== 'none'))
  const [kind] = kinds
  if (kinds.size === 1 && isOfStep(kind)) return kind
  // A row of a step meets another, or all of them; what puts values beside one another may leave them apart.
  if ([...kinds].some(isOfStep)) return isElementwise(op) || op === 'matmul' ? 'mixed' : 'unknown'
  const shapes = instruction.inputs.map(value => shapeOf(site.program, value))
  const out = shapeOf(site.program, instruction.outputs[0] as number)
  if ((isElementwise(op) || op === 'concat') && meetsDraws(site.inputs, shapes, out, params)) return 'placed'
  const axis = inputs[0] as number
  if (unchanged.includes(op)) return axis
  if (op === 'reshape') return reshaped(axis, shapes[0] as Shape, out, site.count)
  if (op === 'transpose') return transposed(axis, params.permutation as Shape, shapes[0] as Shape, site.count)
  if (op === 'broadcastTo') return aligned([axis], shapes, out)
  if (op === 'concat') return concatenated(inputs, params.axis as number)
  if (op === 'philox') return inputs.every(one => one === 'none' || one === 0) ? 0 : 'unknown'
  if (Array.isArray(params.axes)) return along(axis, params.axes as Shape, shapes[0] as Shape, out)
  if (picks(op, params, axis, shapes)) return 'mixed'
  if (op === 'slice' || op === 'argsort') return axis
  if (alongAxis.includes(op))
    return inputs.slice(1).every(one => one === 'none' || one === axis) ? axis : 'unknown'
  // Images are taken one by one along the first axis; what else an op reads must not depend on rows.
  if (imagewise.includes(op))
    return oneAlone(inputs, 0) && axis === 0 && shapes[0]?.length === 4 ? 0 : 'unknown'
  if (op === 'gather') {
    return oneAlone(inputs, 1) && params.axis === 0 && params.batchRank === 0
      ? (inputs[1] as number)
      : 'unknown'
  }
  if (op === 'matmul') return product(params, inputs, shapes, out)
  return isElementwise(op) ? aligned(inputs, shapes, out) : 'unknown'
}

/** Whether something decides that does not depend on rows in which steps, and where, what depends on them goes on. */
function isMasked(op: string, inputs: readonly Rows[]): boolean {
  if (!inputs.some(isOfStep)) return false
  const [choice, a, b] = inputs
  return op === 'where' ? isFree(choice) && a !== b : factors.includes(op) && inputs.some(isMask)
}

/**
 * Whether what an instruction computes of values that do not depend on rows is another number at each place, as draws are.
 *
 * @param site no operand depends on rows.
 */
export function isDrawn({ program, instruction, inputs }: Omit<Site, 'count'>): boolean {
  const { op, params } = instruction
  if (op === 'philox') return true
  const out = shapeOf(program, instruction.outputs[0] as number)
  const isWhole = (value: number) => sameShape(shapeOf(program, value), out)
  if (isElementwise(op))
    return inputs.some((known, k) => isSpread(known) && isWhole(instruction.inputs[k] as number))
  const isArranged = [...unchanged, 'reshape', 'transpose'].includes(op)
  return isSpread(inputs[0]) && (isArranged || Array.isArray(params.axes))
}

/**
 * Whether a constant is other for each row along every axis along which there may be rows, as long as them or, the first, as rows
 * times more. Whole numbers are not: they may say where a row is.
 */
export function isPlaced({ dtype, shape }: Aval, data: Data, count: number): boolean {
  return (
    dtype !== 'i32' &&
    shape.every((length, axis) => {
      const isOfRows = length === count || (axis === 0 && length % count === 0)
      return !isOfRows || differsAlong(shape, data, axis, length / count)
    })
  )
}

/** Whether stretches of so many places along an axis differ from the first one. */
function differsAlong(shape: Shape, data: Data, axis: number, stretch: number): boolean {
  const length = shape[axis] as number
  const inner = sizeBefore(shape.toReversed(), shape.length - 1 - axis)
  const outer = sizeBefore(shape, axis)
  for (let o = 0; o < outer; o++) {
    const from = o * length * inner
    for (let k = stretch * inner; k < length * inner; k++) {
      if (differs(data[from + k] as number, data[from + (k % (stretch * inner))] as number)) return true
    }
  }
  return false
}

/** Zeros of both signs are one number, and what is no number is the same everywhere. */
const differs = (a: number, b: number): boolean => a !== b && !(Number.isNaN(a) && Number.isNaN(b))

/** Ops that give what they are given. */
const unchanged: readonly string[] = ['convert', 'named', 'stopGradient']

/** Whether draws lie along the axis of rows, in what is combined place by place or put side by side. */
function meetsDraws(
  inputs: readonly Rows[],
  shapes: readonly Shape[],
  out: Shape,
  { axis: along }: Params,
): boolean {
  const fromLast = new Set(
    inputs.flatMap((axis, k) => (typeof axis === 'number' ? [(shapes[k] as Shape).length - axis] : [])),
  )
  if (typeof along === 'number') fromLast.delete(out.length - along)
  return inputs.some((known, k) => {
    const shape = shapes[k] as Shape
    return isSpread(known) && [...fromLast].some(place => (shape.at(-place) ?? 1) > 1)
  })
}

/** Ops whose result is zero where an operand is. */
const factors: readonly string[] = ['mul', 'div', 'matmul', 'logicalAnd']

const isElementwise = (op: string): boolean => 'partials' in ruleOf(op)

const shapeOf = (program: Program, value: number): Shape => program.avals[value]?.shape ?? []

const sizeBefore = (shape: Shape, axis: number) =>
  shape.slice(0, axis).reduce((size, length) => size * length, 1)

/** The axis that has as many elements before it and is as long; or the first, if it is rows times more. */
function reshaped(axis: number, from: Shape, to: Shape, count: number): Rows {
  if (axis === 0 && to[0] !== undefined && to[0] > 0 && to[0] % count === 0) return 0
  const length = axis === 0 && from[0] !== count ? undefined : from[axis]
  const before = sizeBefore(from, axis)
  const found = to.findIndex((size, k) => size === length && sizeBefore(to, k) === before)
  return found < 0 ? 'unknown' : found
}

function transposed(axis: number, permutation: Shape, shape: Shape, count: number): Rows {
  const to = permutation.indexOf(axis)
  return to === axis || shape[axis] === count ? to : 'unknown'
}

/** Rows stay where each operand that has them has them at the same axis from the last of the result. */
function aligned(inputs: readonly Rows[], shapes: readonly Shape[], out: Shape): Rows | 'mixed' {
  const places = new Set<Rows>()
  inputs.forEach((axis, k) => {
    if (typeof axis !== 'number') return
    const shape = shapes[k] as Shape
    const place = axis + out.length - shape.length
    places.add(shape[axis] === out[place] ? place : 'unknown')
  })
  const [place] = places
  if (places.size === 1) return place as Rows
  return places.has('unknown') ? 'unknown' : pairs(out, [...places] as number[])
}

/** Rows along two axes: each meets all others, if there are others. */
const pairs = (out: Shape, axes: readonly number[]): Rows | 'mixed' =>
  axes.every(axis => (out[axis] ?? 1) > 1) ? 'mixed' : 'unknown'

/** What goes over axes, of which it may leave nothing. */
function along(axis: number, axes: Shape, shape: Shape, out: Shape): Rows | 'mixed' {
  if (axes.includes(axis)) return (shape[axis] ?? 1) > 1 ? 'mixed' : 'unknown'
  return out.length === shape.length ? axis : axis - axes.filter(one => one < axis).length
}

/** Parts beside one another; rows that are put behind others are in no order that is followed. */
function concatenated(inputs: readonly Rows[], along: number): Rows {
  const places = new Set(inputs.filter(one => one !== 'none'))
  const [place] = places
  return places.size === 1 && place !== along ? (place as Rows) : 'unknown'
}

/** Ops that go along an axis, each line for itself. */
const alongAxis: readonly string[] = ['cumsum', 'cumprod', 'cummax', 'cummin', 'linearRecurrence']

/** Whether an instruction chooses or orders rows by their place in the batch, which differs from shard to shard. */
function picks(op: string, params: Params, axis: Rows, [shape = []]: readonly Shape[]): boolean {
  if (typeof axis !== 'number' || (shape[axis] ?? 1) <= 1) return false
  if (alongAxis.includes(op)) return params.axis === axis
  if (op === 'argsort') return axis === shape.length - 1
  if (op === 'gather') return params.axis === axis && params.batchRank === 0
  if (op !== 'slice') return false
  const [start, limit, step] = [params.starts, params.limits, params.steps].map(
    list => (list as Shape | undefined)?.[axis],
  )
  return !(start === 0 && limit === shape[axis] && step === 1)
}

/** Ops on images and sequences, with a filter or without. */
const imagewise: readonly string[] = ['conv2d', 'conv2dInputPullback', 'maxPool2d', 'sumPool2d']

/** Whether an operand depends on rows, and no other does. */
const oneAlone = (inputs: readonly Rows[], position: number): boolean =>
  inputs.every((one, k) => (k === position ? typeof one === 'number' : one === 'none'))

/** Where rows are in an operand of a product: in the batch, in the rows or columns of the result, or in what is summed over. */
function placeIn(
  axis: Rows,
  shape: Shape,
  transposed: boolean,
  isLeft: boolean,
): 'none' | 'batch' | 'kept' | 'summed' {
  if (typeof axis !== 'number') return 'none'
  const matrix = axis - (shape.length - 2)
  if (matrix < 0) return 'batch'
  const summed = (isLeft ? 1 : 0) === (transposed ? 1 - matrix : matrix)
  return summed ? 'summed' : 'kept'
}

function product(
  { transposeX, transposeW }: Params,
  [x, w]: readonly Rows[],
  [ofX = [], ofW = []]: readonly Shape[],
  out: Shape,
): Rows | 'mixed' {
  const left = placeIn(x as Rows, ofX, transposeX === true, true)
  const right = placeIn(w as Rows, ofW, transposeW === true, false)
  const isSummed = (place: string, shape: Shape, axis: Rows | undefined) =>
    place === 'summed' && (shape[axis as number] ?? 1) > 1
  if (isSummed(left, ofX, x) || isSummed(right, ofW, w)) return 'mixed'
  const batch = out.length - 3
  if (left === 'kept' && right === 'none') return out.length - 2
  if (left === 'none' && right === 'kept') return out.length - 1
  if (left === 'kept' && right === 'kept') return pairs(out, [out.length - 2, out.length - 1])
  const isBatch = [left, right].every(place => place === 'batch' || place === 'none')
  return isBatch ? batch : 'unknown'
}
