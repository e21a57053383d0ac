import { jit } from '@wengert/tape'
import { checkAdjoint, checkGradient, checkSecondOrder } from '../gradcheck.js'
import type { Plain } from '../reference/index.js'
import { indexAt, sample, toPlain, toTensor } from '../sample.js'
import { ulpError } from '../ulp.js'
import { type ConformanceCase, written } from './case.js'
import { specials } from './elementwise.js'

/** Operands of a case: of its domain, or special values where the name says so. */
function operandsOf({ operands, domain, name }: ConformanceCase): Plain[] {
  if (!name.endsWith('special values')) return sample(operands, domain)
  return operands.map(({ dtype, shape }) => ({ dtype, shape, values: specials[dtype] }))
}

/**
 * Asserts that an op gives what its reference gives, eagerly and compiled, within its bound.
 *
 * @returns the largest error in units in the last place.
 * @throws Error naming the element, both results and the error.
 */
export function checkValue(test: ConformanceCase): number {
  const inputs = operandsOf(test)
  const want = test.reference(...inputs)
  const scale = test.scale?.(...inputs) ?? want
  const tensors = inputs.map(toTensor)
  const [f32, f64] = test.bound
  const bound = want.dtype === 'f32' ? f32 : f64
  const errors = [test.run(...tensors), jit(test.run)(...tensors)].map(out => {
    if (out.dtype !== want.dtype || out.shape.join() !== want.shape.join()) {
      throw new Error(`${test.name} is ${written([out])}, expected ${written([want])}`)
    }
    return toPlain(out).values.map((got, k) => {
      const exact = want.values[k] as number
      const error = ulpError(got, exact, want.dtype, scale.values[k])
      const sign = got === 0 && exact === 0 && !test.scale && !Object.is(got, exact)
      if (error > bound || sign) {
        const at = indexAt(want.shape, k)
        throw new Error(
          `${test.name} at ${at} is ${show(got)}, expected ${show(exact)} (${error} > ${bound} ulp) of ${where(inputs)}`,
        )
      }
      return error
    })
  })
  return Math.max(0, ...errors.flat())
}

const show = (x: number) => (Object.is(x, -0) ? '-0' : String(x))

const where = (inputs: readonly Plain[]) =>
  inputs.map(({ values }) => `[${values.slice(0, 40).map(show).join(' ')}]`).join(', ')

/** Largest errors of the derivatives of a case. */
export interface DerivativeErrors {
  readonly gradient: number
  readonly second: number
  readonly adjoint: number
}

/** Asserts the gradient, its gradient, and the adjoint identity of a differentiable case. */
export function checkDerivatives(test: ConformanceCase): DerivativeErrors {
  const tensors = operandsOf(test).map(toTensor)
  return {
    gradient: checkGradient(test.run, tensors),
    second: checkSecondOrder(test.run, tensors),
    adjoint: checkAdjoint(test.run, tensors),
  }
}

/** Names among the functions of a table that no case tests, and names of cases that the table lacks. */
export function untested(table: readonly string[], cases: readonly ConformanceCase[]): string[] {
  const tested = new Set(cases.map(({ op }) => op))
  return [...table.filter(op => !tested.has(op)), ...[...tested].filter(op => !table.includes(op))]
}
