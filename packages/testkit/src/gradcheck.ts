/**
 * Derivatives against finite differences. Central differences D(h) = (f(x+h) − f(x−h)) / 2h have an error in even
 * powers of h, which Richardson's extrapolation removes one after the other (Ridders 1982, Adv. Eng. Software 4(2)).
 * Three halvings from h = 2⁻⁷ leave h⁸ ≈ 10⁻¹⁷ of truncation and ε/h ≈ 10⁻¹³ of rounding, both in units of f: a
 * tolerance of 10⁻⁹ of the largest derivative leaves room for functions whose values and high derivatives are in the
 * thousands.
 *
 * Only f64 is meaningful here.
 */
import { grad, jit, mul, sum, type Tensor } from '@wengert/tape'
import { indexAt, spread, toPlain, toTensor } from './sample.js'

const STEP = 2 ** -7
const ROWS = 4

/** A function of tensors; its floating-point arguments are differentiated. */
export type TensorFunction = (...args: Tensor[]) => Tensor

/** How a gradient is checked. */
export interface CheckOptions {
  /** Largest error in units of the largest derivative, or of 1 if that is less. Default 1e−9. */
  readonly tolerance?: number
}

/** The derivative of a function of one number at 0, and an estimate of its error. */
export function differentiate(f: (t: number) => number): { derivative: number; error: number } {
  let best = { derivative: Number.NaN, error: Number.POSITIVE_INFINITY }
  let previous: number[] = []
  for (let row = 0; row < ROWS; row++) {
    const h = STEP / 2 ** row
    const entries = [(f(h) - f(-h)) / (2 * h)]
    for (let k = 1; k <= row; k++) {
      const finer = entries[k - 1] as number
      entries.push(finer + (finer - (previous[k - 1] as number)) / (4 ** k - 1))
      const error = Math.max(
        Math.abs((entries[k] as number) - finer),
        Math.abs((entries[k] as number) - (previous[k - 1] as number)),
      )
      if (error <= best.error) best = { derivative: entries[k] as number, error }
    }
    previous = entries
  }
  return best
}

/** Fixed numbers in [½, 3/2] to contract a result with, so that no two elements count alike. */
export const weights = (shape: readonly number[], seed = 7): Tensor => {
  const size = shape.reduce((product, length) => product * length, 1)
  return toTensor({ dtype: 'f64', shape, values: spread(size, [0.5, 1.5], seed) })
}

/** Σ f(x) · w with fixed weights: one number that every element of the result has a part in. */
export const contracted =
  (fn: TensorFunction): TensorFunction =>
  (...args) => {
    const out = fn(...args)
    return sum(mul(out, weights(out.shape)))
  }

/** Positions of the floating-point arguments. */
const differentiable = (args: readonly Tensor[]): number[] =>
  args.flatMap(({ dtype }, k) => (dtype === 'f64' ? [k] : []))

/** Gradients of the contracted function by the engine. */
export function gradients(fn: TensorFunction, args: readonly Tensor[]): readonly Tensor[] {
  return grad(contracted(fn), { argnums: differentiable(args) })(...args)
}

/** Copies of the arguments with t added to one element of one of them. */
function moved(args: readonly Tensor[], argument: number, element: number, t: number): Tensor[] {
  return args.map((x, k) => {
    if (k !== argument) return x
    const { values, ...aval } = toPlain(x)
    return toTensor({ ...aval, values: values.map((value, e) => (e === element ? value + t : value)) })
  })
}

/**
 * Asserts that the gradient of Σ f(x) · w by the engine is the one by finite differences, for every element of every
 * f64 argument.
 *
 * @returns the largest error, in units of the largest derivative or of 1.
 * @throws Error naming the argument, the element and both derivatives.
 */
export function checkGradient(
  fn: TensorFunction,
  args: readonly Tensor[],
  { tolerance = 1e-9 }: CheckOptions = {},
): number {
  const f = jit(contracted(fn))
  const found = gradients(fn, args)
  const rows = differentiable(args).flatMap((argument, k) => {
    const { shape, values } = toPlain(found[k] as Tensor)
    if (shape.join() !== (args[argument] as Tensor).shape.join()) {
      throw new Error(`The gradient of argument ${argument} has shape [${shape}], not that of the argument.`)
    }
    return values.map((got, element) => {
      const { derivative } = differentiate(t => f(...moved(args, argument, element, t)).item())
      return { got, want: derivative, where: `argument ${argument} at ${indexAt(shape, element)}` }
    })
  })
  return worst('gradient', rows, tolerance)
}

/**
 * Asserts that the derivative of x ↦ ⟨∇f(x), v⟩, for fixed v, is the one by finite differences: order 2.
 *
 * @returns the largest error, as {@link checkGradient}.
 */
export function checkSecondOrder(fn: TensorFunction, args: readonly Tensor[], options: CheckOptions = {}) {
  const directional: TensorFunction = (...inner) => {
    const found = gradients(fn, inner)
    const parts = found.map((gradient, k) => sum(mul(gradient, weights(gradient.shape, 11 + k))))
    return parts.reduce((total, part) => total.add(part))
  }
  return checkGradient(directional, args, options)
}

/**
 * Asserts ⟨ȳ, Jẋ⟩ = ⟨Jᵀȳ, ẋ⟩ for one ȳ and one ẋ, with Jẋ from the pullback of the pullback (ȳ ↦ Jᵀȳ is linear, and
 * its transpose is J) and again from finite differences.
 *
 * @returns the larger of the two errors, in units of Σ |ȳ·Jẋ| or of 1.
 */
export function checkAdjoint(
  fn: TensorFunction,
  args: readonly Tensor[],
  { tolerance = 1e-9 }: CheckOptions = {},
): number {
  const positions = differentiable(args)
  const tangents = positions.map((position, k) => weights((args[position] as Tensor).shape, 23 + k))
  const out = jit(fn)(...args)
  const ct = weights(out.shape)
  // g(ȳ) = ⟨Jᵀȳ, ẋ⟩
  const transposed = (y: Tensor) => {
    const pulled = grad((...inner: Tensor[]) => sum(mul(fn(...inner), y)), { argnums: positions })(...args)
    return pulled.map((x, k) => sum(mul(x, tangents[k] as Tensor))).reduce((total, part) => total.add(part))
  }
  const pushed = toPlain(grad(transposed)(ct)).values
  const terms = toPlain(ct).values.map((y, k) => y * (pushed[k] as number))
  const size = terms.reduce((total, term) => total + Math.abs(term), 0)
  const left = terms.reduce((total, term) => total + term, 0)
  const f = jit(contracted(fn))
  const { derivative } = differentiate(t =>
    f(
      ...args.map((x, k) => {
        const tangent = tangents[positions.indexOf(k)]
        return tangent ? x.add(tangent.mul(t)) : x
      }),
    ).item(),
  )
  const right = transposed(ct).item()
  const scale = Math.max(1, size)
  return worst(
    'adjoint identity',
    [
      { got: left / scale, want: right / scale, where: '⟨ȳ, Jẋ⟩ = ⟨Jᵀȳ, ẋ⟩, J by pullbacks' },
      { got: derivative / scale, want: right / scale, where: '⟨ȳ, Jẋ⟩ = ⟨Jᵀȳ, ẋ⟩, J by differences' },
    ],
    tolerance,
  )
}

interface Row {
  readonly got: number
  readonly want: number
  readonly where: string
}

/** The largest error among pairs of derivatives; throws if it is above the tolerance. */
function worst(what: string, rows: readonly Row[], tolerance: number): number {
  const scale = Math.max(1, ...rows.map(({ want }) => Math.abs(want)))
  let largest = 0
  for (const { got, want, where } of rows) {
    const error = got === want ? 0 : Math.abs(got - want) / scale
    if (!(error <= tolerance)) {
      throw new Error(`${what}: ${where} is ${got}, expected ${want} (error ${error} > ${tolerance})`)
    }
    largest = Math.max(largest, error)
  }
  return largest
}
