import { OptionError, ShapeError } from '../errors.js'
import { callerLocation } from '../location.js'
import { reshape, transpose } from '../ops/index.js'
import { checkFunction, checkOptions, shown } from '../options.js'
import { allocate, formatAval, sizeOf } from '../program/index.js'
import {
  type ArgumentLeaf,
  avalOf,
  fromData,
  isArgumentLeaf,
  Tensor,
  type TreeName,
  type TreeOf,
} from '../record/index.js'
import { RUN_OPTIONS, type RunOptions } from './engine.js'
import type { Transformed } from './explained.js'
import { grad } from './grad.js'
import { pushedAlong } from './jvp.js'
import { recorded } from './trace.js'
import { jitNamed } from './transformed.js'
import { pulledBack } from './vjp.js'
import { vmap } from './vmap.js'

/** A function of a tensor, and of further arguments that are not differentiated, to a tensor. */
export type TensorFunction<A extends readonly unknown[]> = (x: Tensor, ...rest: A) => Tensor

/** One that is compiled. */
type Compiled<A extends readonly unknown[]> = Transformed<[x: Tensor, ...rest: A], Tensor>

/** Rows of the unit matrix, each in a shape. */
function basis(like: Tensor): Tensor {
  const { size, dtype, shape } = like
  const data = allocate({ dtype, shape: [size, size] })
  for (let k = 0; k < size; k++) data[k * size + k] = 1
  return fromData({ dtype, shape: [size, ...shape] }, data)
}

/**
 * Jacobian by forward accumulation, one pushforward for each element of x, all at once: best for few inputs.
 *
 * @param fn of x; further arguments, trees of tensors or numbers, are handed on to it and not differentiated.
 * @returns a function to [...shape of f(x), ...shape of x]
 * @example
 * jacfwd(x => x.mul(x))(tensor([2, 3])).toArray() // → [[4, 0], [0, 6]]
 * jacfwd((x, s) => x.mul(x).mul(s))(tensor([2, 3]), 10).toArray() // → [[40, 0], [0, 60]]
 */
export function jacfwd<A extends readonly unknown[]>(
  fn: TensorFunction<A>,
  options: RunOptions = {},
): Compiled<A> {
  check('jacfwd', fn, options)
  return forward('jacfwd', fn, options)
}

/** As {@link jacfwd}, for a transformation that is made of it. */
function forward<A extends readonly unknown[]>(
  name: string,
  fn: TensorFunction<A>,
  options: RunOptions,
): Compiled<A> {
  return jitNamed(
    { name },
    (x: Tensor, ...rest: A) => {
      checkOne(name, x)
      const own = (x: Tensor) => fn(x, ...rest)
      const columns = vmap((t: Tensor) => one(name, pushedAlong(name, own, [x], [t], {}).tangent))(basis(x))
      const rank = columns.rank - 1
      const out = columns.shape.slice(1)
      const last = transpose(columns, [...Array.from({ length: rank }, (_, k) => k + 1), 0])
      return reshape(last, [...out, ...x.shape])
    },
    options,
  )
}

/**
 * Jacobian by reverse accumulation, one pullback for each element of f(x), all at once: best for few outputs.
 *
 * @param fn of x; further arguments, trees of tensors or numbers, are handed on to it and not differentiated.
 * @returns a function to [...shape of f(x), ...shape of x]
 * @example
 * jacrev(x => x.mul(x))(tensor([2, 3])).toArray() // → [[4, 0], [0, 6]]
 * jacrev((x, p) => x.mul(p.scale).sum())(tensor([2, 3]), { scale: tensor([4, 5]) }).toArray() // → [4, 5]
 */
export function jacrev<A extends readonly unknown[]>(
  fn: TensorFunction<A>,
  options: RunOptions = {},
): Compiled<A> {
  check('jacrev', fn, options)
  return jitNamed(
    { name: 'jacrev' },
    (x: Tensor, ...rest: A) => {
      checkOne('jacrev', x)
      const { value, pullback } = pulledBack('jacrev', (x: Tensor) => fn(x, ...rest), [x])
      one('jacrev', value)
      const rows = vmap((ct: Tensor) => pullback(ct)[0])(basis(value))
      return reshape(rows, [...value.shape, ...x.shape])
    },
    options,
  )
}

/**
 * Jacobian by forward accumulation where x has no more elements than f(x), otherwise by reverse accumulation.
 *
 * @param fn of x; further arguments, trees of tensors or numbers, are handed on to it and not differentiated.
 * @example
 * jacobian(x => x.sum().reshape([1]))(tensor([2, 3])).toArray() // → [[1, 1]]
 */
export function jacobian<A extends readonly unknown[]>(
  fn: TensorFunction<A>,
  options: RunOptions = {},
): Compiled<A> {
  check('jacobian', fn, options)
  const [forwards, backwards] = [jacfwd(fn, options), jacrev(fn, options)]
  const better = (x: ArgumentLeaf, ...rest: readonly unknown[]) => {
    if (!isArgumentLeaf(x)) checkOne('jacobian', x)
    const { program, outputs } = recorded('jacobian', fn, [avalOf(x), ...rest])
    if (outputs !== '*') throw notOne('jacobian', 'what the function returned', 'a tree')
    const out = program.avals[program.outputs[0] as number] as Tensor['aval']
    return sizeOf(avalOf(x).shape) <= sizeOf(out.shape) ? forwards : backwards
  }
  return Object.assign((...args: [x: Tensor, ...rest: A]) => better(...args)(...args), {
    explain: (...args: Parameters<typeof forwards.explain>) => better(...args).explain(...args),
  })
}

/**
 * Matrix of second derivatives of a scalar function: the pushforward of its gradient.
 *
 * @param fn of x; further arguments, trees of tensors or numbers, are handed on to it and not differentiated.
 * @throws {@link ShapeError} unless the function returns a scalar.
 * @returns a function to [...shape of x, ...shape of x]
 * @example
 * hessian(x => x.mul(x).mul(x).sum())(tensor([2, 3])).toArray() // → [[12, 0], [0, 18]]
 * hessian((x, s) => x.square().sum().mul(s))(tensor([2, 3]), 10).toArray() // → [[20, 0], [0, 20]]
 */
export function hessian<A extends readonly unknown[]>(
  fn: TensorFunction<A>,
  options: RunOptions = {},
): Compiled<A> {
  check('hessian', fn, options)
  return forward('hessian', grad(scalar('hessian', fn)) as unknown as TensorFunction<A>, options)
}

/** Values of inner functions are mapped over a batch of directions, so none of them can be read: there is no `dynamic`. */
function check(name: string, fn: unknown, options: RunOptions): void {
  checkFunction(name, fn)
  checkOptions(name, options, RUN_OPTIONS)
}

/** @throws {@link OptionError} unless the argument is one tensor. */
function checkOne(name: string, x: unknown): void {
  if (!(x instanceof Tensor)) throw notOne(name, 'argument 0', shown(x))
}

/** The result of a function that is one tensor. */
function one(name: string, result: unknown): Tensor {
  if (result instanceof Tensor) return result
  throw notOne(name, 'what the function returned', shown(result))
}

const notOne = (name: string, what: string, found: string): OptionError =>
  new OptionError({
    summary: `${name}: ${what} is ${found}, not a tensor.`,
    expected: 'one tensor',
    at: callerLocation(),
    fix: name === 'hessian' ? 'hvp takes trees' : 'jvp and vjp take trees',
  })

/**
 * Product of the Hessian at x with a vector, without the Hessian: the directional derivative of the gradient
 * (Pearlmutter 1994).
 *
 * @param fn to a scalar, of one argument: a tensor or a tree of them.
 * @param v a tree like x.
 * @returns a tree like x
 * @throws {@link OptionError} without an x or a v; {@link ShapeError} unless the function returns a scalar and v is like x;
 * {@link DerivativeError} if a leaf of x is not floating-point; {@link BudgetError} if no plan fits the memory.
 * @example
 * hvp(x => x.mul(x).mul(x).sum(), tensor([2, 3]), tensor([1, 10])).toArray() // → [12, 180]
 * const { a, b } = hvp(({ a, b }) => a.mul(a).mul(b), { a: tensor(2), b: tensor(3) }, { a: tensor(1), b: tensor(0) })
 * a.item() // → 6
 * b.item() // → 4
 */
export function hvp<X extends TreeOf<X>>(fn: (x: X) => Tensor, x: X, v: X, options: RunOptions = {}): X {
  check('hvp', fn, options)
  if (x === undefined || v === undefined) throw incomplete(x === undefined ? 'x' : 'v')
  return pushedAlong('hvp', gradientOf(fn), [x], [v], options, POINT_AND_VECTOR).tangent
}

const incomplete = (missing: string) =>
  new OptionError({
    summary: `hvp: there is no ${missing}.`,
    expected: 'a tensor, or a tree of them, and a vector like it',
    at: callerLocation(),
    fix: 'a call is hvp(fn, x, v)',
    data: { option: missing },
  })

/** What errors call x and v, which are [primals, tangents] of one argument. */
const POINT_AND_VECTOR: TreeName = {
  role: 'argument',
  place: path => [`hvp: ${path.startsWith('[0]') ? 'x' : 'v'}`, path.slice('[0][0]'.length)],
}

/** The function, held to return a scalar. */
const scalar =
  <A extends readonly unknown[]>(op: string, fn: (...args: A) => Tensor): ((...args: A) => Tensor) =>
  (...args) => {
    const out: unknown = fn(...args)
    if (out instanceof Tensor && out.rank === 0) return out
    throw new ShapeError({
      summary: `${op}: the function returned ${out instanceof Tensor ? formatAval(out.aval) : shown(out)}.`,
      expected: 'a scalar',
      at: callerLocation(),
      fix: 'sum it, or take the Hessian of each row with vmap',
    })
  }

/** Gradients of functions that are still in use, so that they are compiled once. */
const gradients = new WeakMap<object, unknown>()

function gradientOf<X extends TreeOf<X>>(fn: (x: X) => Tensor): (x: X) => X {
  const known = gradients.get(fn) ?? grad(scalar('hvp', fn))
  gradients.set(fn, known)
  return known as (x: X) => X
}
