import type { Algebra, V } from '@wengert/kernels'
import { DTypeError, ShapeError } from '../errors.js'
import { callerLocation } from '../location.js'
import { type Aval, formatAval, registerOp, sameShape } from '../program/index.js'
import { applyOne, type Operand, operands, type Tensor } from '../record/index.js'
import { defineRule, type Partial } from '../rules/index.js'

/** What conformance tests know of an op besides its kernel and its derivatives. */
export interface Facts {
  /** One sentence for the table of ops. */
  readonly summary: string
  /** Range the tests draw operands from; default [−2, 2]. */
  readonly domain?: readonly [number, number]
  /** Jumps too often for finite differences: its derivatives have tests of their own. */
  readonly jumps?: boolean
}

/** An elementwise op of one operand. */
export interface UnarySpec extends Facts {
  /** Emitted once for any dtype and lane width. */
  readonly kernel: (m: Algebra, x: V) => V
  /** f′(x), from x and f(x); or the map t ↦ f′(x)·t. */
  readonly derivative?: (x: Tensor, out: Tensor) => Tensor | number
  readonly scale?: (t: Tensor, x: Tensor, out: Tensor) => Tensor
  /** Dtypes it takes; default: the floating-point ones. */
  readonly dtypes?: readonly string[]
  /** Whether the result is a truth value. */
  readonly test?: boolean
}

/** An elementwise op of two operands, broadcast together. */
export interface BinarySpec extends Facts {
  readonly kernel: (m: Algebra, x: V, y: V) => V
  /** ∂f/∂x and ∂f/∂y; none for ops without derivatives. */
  readonly partials?: readonly [Partial, Partial]
  /** The tangent from those of both operands, where that takes fewer operations than the sum over partials. */
  readonly tangent?: (tangents: readonly Tensor[], ...inputsAndOut: Tensor[]) => Tensor
  readonly dtypes?: readonly string[]
  /** Whether the result is a truth value. */
  readonly test?: boolean
}

const FLOATS = ['f32', 'f64']
const NUMBERS = ['f32', 'f64', 'i32']

/** {@link Facts} of an op with what its declaration implies. */
export interface ElementwiseFacts extends Facts {
  readonly arity: number
  /** The computation of one element, in operations of an algebra. */
  readonly kernel: (m: Algebra, ...xs: [V, V]) => V
  readonly dtypes: readonly string[]
  /** Whether finite differences give its derivatives. */
  readonly differentiable: boolean
  /** Whether the result is a truth value. */
  readonly test: boolean
}

/** Elementwise ops by name, with what the conformance tests need. */
export const elementwiseFacts = new Map<string, ElementwiseFacts>()

/** Defines an elementwise op of one operand from its kernel and its derivative. */
export function unary(name: string, spec: UnarySpec): (x: Operand) => Tensor {
  const { kernel, derivative, scale, dtypes = FLOATS, test = false } = spec
  const partial = derivative ? { derivative } : scale && { scale }
  registerElementwise(name, 1, dtypes, avals => (test ? 'bool' : (avals[0] as Aval).dtype), kernel)
  elementwiseFacts.set(name, {
    ...spec,
    arity: 1,
    dtypes,
    test,
    differentiable: partial !== undefined && !spec.jumps,
  })
  defineRule(name, { partials: [(partial as Partial | undefined) ?? null] })
  return x => applyOne(name, operands(name, [x]))
}

/** Defines an elementwise op of two operands from its kernel and its partial derivatives. */
export function binary(name: string, spec: BinarySpec): (x: Operand, y: Operand) => Tensor {
  const { kernel, partials, tangent, dtypes = NUMBERS, test = false } = spec
  registerElementwise(name, 2, dtypes, avals => (test ? 'bool' : (avals[0] as Aval).dtype), kernel)
  elementwiseFacts.set(name, {
    ...spec,
    arity: 2,
    dtypes,
    test,
    differentiable: partials !== undefined && !spec.jumps,
  })
  defineRule(name, { partials: partials ?? [null, null], ...(tangent ? { tangent } : {}) })
  return (x, y) => applyOne(name, operands(name, [x, y]))
}

function registerElementwise(
  name: string,
  arity: number,
  dtypes: readonly string[],
  result: (avals: readonly Aval[]) => Aval['dtype'],
  kernel: (m: Algebra, ...xs: [V, V]) => V,
): void {
  registerOp({
    name,
    infer(avals) {
      checkDTypes(name, avals, dtypes)
      const [dtype, shape] = [result(avals), broadcastShapes(name, avals)]
      // Long programs have few different avals; operands and results share theirs.
      return [avals.find(aval => aval.dtype === dtype && aval.shape === shape) ?? { dtype, shape }]
    },
    element: ([x]) => ({
      name,
      algebra: (x as Aval).dtype,
      body: (m, ...xs) => kernel(m, ...(xs.slice(0, arity) as [V, V])),
    }),
  })
}

/**
 * The shape that operands have together by NumPy's rule: aligned at the last axis, lengths are equal or 1.
 *
 * @throws {@link ShapeError} naming the avals.
 */
export function broadcastShapes(op: string, avals: readonly Aval[]): readonly number[] {
  const [first] = avals
  if (first && avals.every(({ shape }) => sameShape(shape, first.shape))) return first.shape
  const rank = Math.max(0, ...avals.map(({ shape }) => shape.length))
  const out = new Array<number>(rank).fill(1)
  for (const { shape } of avals) {
    shape.forEach((length, axis) => {
      const at = rank - shape.length + axis
      if (out[at] === 1) out[at] = length
      else if (length !== 1 && length !== out[at]) throw notBroadcastable(op, avals)
    })
  }
  return out
}

function notBroadcastable(op: string, avals: readonly Aval[]): ShapeError {
  return new ShapeError({
    summary: `${op}: shapes do not broadcast: ${avals.map(formatAval).join(', ')}.`,
    expected: 'lengths that are equal or 1, aligned at the last axis',
    at: callerLocation(),
    fix: 'reshape an operand so that the axes line up',
  })
}

function checkDTypes(op: string, avals: readonly Aval[], dtypes: readonly string[]): void {
  const [first] = avals as readonly [Aval, ...Aval[]]
  if (avals.every(({ dtype }) => dtype === first.dtype) && dtypes.includes(first.dtype)) return
  const mixed = avals.some(({ dtype }) => dtype !== first.dtype)
  throw new DTypeError({
    summary: `${op}: ${mixed ? 'dtypes differ' : 'dtype not taken'}: ${avals.map(formatAval).join(', ')}.`,
    expected: `${mixed ? 'operands of one dtype' : 'operands'} among ${dtypes.join(', ')}`,
    at: callerLocation(),
    fix: "convert with x.convert('f32')",
  })
}
