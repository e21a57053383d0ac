import { closestTie, type RandomProgram, random, randomPrograms, toPlain, toTensor } from '@wengert/testkit'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { record, stack, type Tensor } from '../index.js'
import { grad, hessian, hvp, jacfwd, jacrev, jvp, vjp, vmap } from './index.js'

/** In units of the largest element; the two sides round differently, and up to 15 ops magnify that. */
const TOLERANCE = 1e-9

/** Where a comparison is closer than this, either answer is right. */
const TIE = 1e-8

const flat = (x: Tensor) => toPlain(x).values

function expectClose(got: readonly number[], want: readonly number[], made: RandomProgram): void {
  expect(got.length).toBe(want.length)
  const scale = Math.max(1, ...want.map(Math.abs))
  got.forEach((value, k) => {
    if (Math.abs(value - (want[k] as number)) / scale <= TOLERANCE) return
    throw new Error(`element ${k} is ${value}, expected ${want[k]}, in\n${fc.stringify(made)}`)
  })
}

/** The first input as a variable, the others as they are. */
function ofFirst(made: RandomProgram) {
  const [x, ...rest] = made.inputs.map(toTensor) as [Tensor, ...Tensor[]]
  return {
    x,
    loss: (first: Tensor) => made.loss(first, ...rest),
    ends: (first: Tensor) => made.run(first, ...rest)[0] as Tensor,
  }
}

/** A tensor like another with other numbers. */
function like(x: Tensor, seed: number): Tensor {
  const next = random(seed)
  const { values, ...aval } = toPlain(x)
  return toTensor({ ...aval, values: values.map(() => 2 * next() - 1) })
}

const programs = (maxSteps: number) => randomPrograms({ maxSteps })
const check = (maxSteps: number, numRuns: number, property: (made: RandomProgram) => void) =>
  fc.assert(
    fc.property(programs(maxSteps), made => {
      // Sums of a batch may be associated differently; where a comparison is close, either answer is right.
      const { program } = record((...xs) => made.loss(...xs), ...made.inputs)
      fc.pre(closestTie(program, made.inputs) > TIE)
      property(made)
    }),
    { numRuns, endOnFailure: true },
  )

describe('nested transformations of random programs', () => {
  it('jacfwd is jacrev', () => {
    check(15, 60, made => {
      const { x, ends } = ofFirst(made)
      expectClose(flat(jacfwd(ends)(x)), flat(jacrev(ends)(x)), made)
    })
  })

  it('⟨ȳ, Jẋ⟩ is ⟨Jᵀȳ, ẋ⟩', () => {
    check(30, 100, made => {
      const { x, ends } = ofFirst(made)
      const t = like(x, 1)
      const { value, pullback } = vjp(ends, x)
      const ct = like(value, 2)
      const { tangent } = jvp(ends, [x], [t])
      const inner = (a: Tensor, b: Tensor) => flat(a.mul(b)).reduce((total, term) => total + term, 0)
      expectClose([inner(ct, tangent)], [inner(pullback(ct)[0], t)], made)
    })
  })

  it('hvp is the Hessian times v, and forward over reverse is reverse over forward', () => {
    check(10, 50, made => {
      const { x, loss } = ofFirst(made)
      const v = like(x, 3)
      const product = flat(hvp(loss, x, v))
      const rows = flat(hessian(loss)(x))
      const want = product.map((_, row) =>
        flat(v).reduce((total, vk, k) => total + vk * (rows[row * product.length + k] as number), 0),
      )
      expectClose(product, want, made)
      const reversed = grad((y: Tensor) => jvp(loss, [y], [v]).tangent)(x)
      expectClose(flat(reversed), want, made)
      expectClose(flat(jvp(grad(loss), [x], [v]).tangent), want, made)
    })
  })

  it('vmap(grad) is grad of each, and grad of a vmap is vmap of the grad', () => {
    check(12, 60, made => {
      const { x, loss } = ofFirst(made)
      const xs = [x, like(x, 4), like(x, 5)]
      const batch = stack(xs)
      const mapped = flat(vmap(grad(loss))(batch))
      expectClose(
        mapped,
        xs.flatMap(one => flat(grad(loss)(one))),
        made,
      )
      expectClose(flat(grad((all: Tensor) => vmap(loss)(all).sum())(batch)), mapped, made)
    })
  })

  it('record what they compute: a gradient inside a vmap inside a gradient', () => {
    check(6, 30, made => {
      const { x, loss } = ofFirst(made)
      const energy = (all: Tensor) => vmap(grad(loss))(all).square().sum()
      const batch = stack([x, like(x, 6)])
      const { program } = record(grad(energy), batch)
      expect(program.outputs).toHaveLength(1)
      const want = [x, like(x, 6)].flatMap(one =>
        flat(grad((y: Tensor) => grad(loss)(y).square().sum())(one)),
      )
      expectClose(flat(grad(energy)(batch)), want, made)
    })
  })
})
