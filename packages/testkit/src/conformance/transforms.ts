import { add, at, jit, jvp, mul, stack, sum, type Tensor, vjp, vmap } from '@wengert/tape'
import { contracted, differentiate, weights } from '../gradcheck.js'
import { sample, toPlain, toTensor } from '../sample.js'
import type { ConformanceCase } from './case.js'

/** Largest |⟨ȳ, Jẋ⟩ − ⟨Jᵀȳ, ẋ⟩| in units of the larger side, or of 1 if that is less. */
const TOLERANCE = 1e-9

/**
 * Asserts that pushforward and pullback of a differentiable case are transposes of each other: ⟨ȳ, Jẋ⟩ = ⟨Jᵀȳ, ẋ⟩.
 *
 * @returns the difference in units of the larger side.
 */
export function checkTransposes({ operands, domain, run }: ConformanceCase): number {
  const primals = sample(operands, domain).map(toTensor)
  const tangents = sample(operands, [-1, 1], 11).map(toTensor)
  const { tangent } = jvp(run as (...xs: Tensor[]) => Tensor, primals, tangents)
  const { value, pullback } = vjp(run as (...xs: Tensor[]) => Tensor, ...primals)
  const ct = weights(value.shape)
  const forward = inner(ct, tangent)
  const reverse = pullback(ct).reduce(
    (total, back, k) => (operands[k]?.dtype === 'f64' ? total + inner(back, tangents[k] as Tensor) : total),
    0,
  )
  const error = Math.abs(forward - reverse) / Math.max(1, Math.abs(forward), Math.abs(reverse))
  if (!(error <= TOLERANCE)) throw new Error(`⟨ȳ, Jẋ⟩ is ${forward}, but ⟨Jᵀȳ, ẋ⟩ is ${reverse}`)
  return error
}

/**
 * Asserts that the tangent of a differentiable case, contracted with fixed weights, is the derivative along it by finite
 * differences.
 *
 * @returns the difference in units of Σ |ȳ·ẏ|, or of 1 if that is less.
 */
export function checkTangent({ operands, domain, run }: ConformanceCase): number {
  const primals = sample(operands, domain).map(toTensor)
  // As steps of finite differences: shorter than the distance from a kink.
  const tangents = sample(operands, [-1, 1], 13).map(toTensor)
  const float = (k: number) => operands[k]?.dtype === 'f64'
  const { tangent } = jvp(run as (...xs: Tensor[]) => Tensor, primals, tangents)
  const terms = toPlain(mul(tangent, weights(tangent.shape))).values
  const got = terms.reduce((total, term) => total + term, 0)
  const f = jit(contracted(run))
  const along = (t: number) => primals.map((x, k) => (float(k) ? add(x, mul(tangents[k] as Tensor, t)) : x))
  const { derivative } = differentiate(t => f(...along(t)).item())
  const size = terms.reduce((total, term) => total + Math.abs(term), 0)
  const error = Math.abs(got - derivative) / Math.max(1, size)
  if (!(error <= TOLERANCE)) throw new Error(`the tangent is ${got}, by finite differences ${derivative}`)
  return error
}

const inner = (x: Tensor, y: Tensor): number => sum(mul(x, y)).item()

const BATCH = 3

/**
 * Asserts that a case mapped over a batch gives what a loop over the elements gives: with all operands batched, and
 * with each of them alone. Sums may be associated differently, so floats may differ in the last places.
 */
export function checkBatch({ operands, domain, run, name }: ConformanceCase): void {
  const batches = sample(
    operands.map(({ dtype, shape }) => ({ dtype, shape: [BATCH, ...shape] })),
    domain,
  ).map(toTensor)
  const all = operands.map(() => true)
  const alone = operands.length > 1 ? operands.map((_, k) => all.map((_, other) => other === k)) : []
  for (const batched of [all, ...alone]) {
    const args = batches.map((x, k) => (batched[k] ? x : at(x, 0)))
    const inAxes = batched.map(one => (one ? 0 : null))
    const mapped = vmap(run as (...xs: Tensor[]) => Tensor, { inAxes })(...args)
    const loop = stack(
      Array.from({ length: BATCH }, (_, element) =>
        run(...args.map((x, k) => (batched[k] ? at(x, element) : x))),
      ),
    )
    compare(`vmap of ${name}, batched ${batched.join(' ')}`, mapped, loop)
  }
}

/** Asserts that a case mapped over a batch of length 0 gives an empty result of the right dtype and shape. */
export function checkEmptyBatch({ operands, domain, run, name }: ConformanceCase): void {
  const one = run(...sample(operands, domain).map(toTensor))
  const none = operands.map(({ dtype, shape }) => toTensor({ dtype, shape: [0, ...shape], values: [] }))
  const mapped = vmap(run as (...xs: Tensor[]) => Tensor)(...none)
  const want = `${one.dtype}[${[0, ...one.shape]}]`
  const got = `${mapped.dtype}[${mapped.shape}]`
  if (got !== want) throw new Error(`vmap of ${name} over nothing is ${got}, expected ${want}`)
}

function compare(name: string, mapped: Tensor, loop: Tensor): void {
  const [got, want] = [toPlain(mapped), toPlain(loop)]
  if (got.dtype !== want.dtype || got.shape.join() !== want.shape.join()) {
    throw new Error(`${name} is ${got.dtype}[${got.shape}], expected ${want.dtype}[${want.shape}]`)
  }
  const room = got.dtype === 'f32' ? 1e-5 : got.dtype === 'f64' ? 1e-13 : 0
  const scale = Math.max(1, ...want.values.filter(Number.isFinite).map(Math.abs))
  got.values.forEach((value, k) => {
    const expected = want.values[k] as number
    if (Object.is(value, expected) || Math.abs(value - expected) <= room * scale) return
    throw new Error(`${name} has ${value} at ${k}, expected ${expected}`)
  })
}
