import type { DType } from '@wengert/kernels'
import { jit } from '@wengert/tape'
import { checkAdjoint, checkGradient, checkSecondOrder, type TensorFunction } from '../gradcheck.js'
import type { Plain } from '../reference/index.js'
import { indexAt, sample, toPlain, toTensor } from '../sample.js'
import { ulpError } from '../ulp.js'
import { type ConformanceCase, isSpecial, written } from './case.js'
import { specials } from './elementwise.js'

/** Operands of a case: numbers of its domain, or special values. */
function operandsOf(test: ConformanceCase): Plain[] {
  const { operands, domain } = test
  if (!isSpecial(test)) return sample(operands, domain)
  return operands.map(({ dtype, shape }) => ({ dtype, shape, values: specials[dtype] }))
}

/**
 * Asserts that an op gives what its reference gives within its bound: eagerly, compiled, and compiled without fused
 * multiply-add.
 *
 * @returns the largest error in units in the last place.
 * @throws Error naming the element, both results and the error.
 */
export function checkValue(test: ConformanceCase): number {
  const ways = [test.run, jit(test.run), jit(test.run, { arithmetic: 'portable' })]
  return Math.max(...ways.map(run => errorOf(test, run)))
}

/** The error of portable arithmetic alone, which is the same on every processor; see {@link checkValue}. */
export const portableError = (test: ConformanceCase): number =>
  errorOf(test, jit(test.run, { arithmetic: 'portable' }))

function errorOf(test: ConformanceCase, run: TensorFunction): number {
  const inputs = operandsOf(test)
  const want = test.reference(...inputs)
  const scale = test.scale?.(...inputs) ?? want
  const bound = boundOf(test, want.dtype)
  const out = run(...inputs.map(toTensor))
  if (out.dtype !== want.dtype || out.shape.join() !== want.shape.join()) {
    throw new Error(`${test.name} is ${written([out])}, expected ${written([want])}`)
  }
  const errors = toPlain(out).values.map((got, k) => {
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
  return Math.max(0, ...errors)
}

/** The largest error allowed in a result of this dtype. */
export const boundOf = ({ bound: [f32, f64] }: ConformanceCase, dtype: DType): number =>
  dtype === 'f32' ? f32 : f64

const show = (x: number) => (Object.is(x, -0) ? '-0' : String(x))

const where = (inputs: readonly Plain[]) =>
  inputs.map(({ values }) => `[${values.slice(0, 40).map(show).join(' ')}]`).join(', ')

/** Asserts the gradient, its gradient, and the adjoint identity of a differentiable case. */
export function checkDerivatives(test: ConformanceCase): void {
  const tensors = operandsOf(test).map(toTensor)
  checkGradient(test.run, tensors)
  checkSecondOrder(test.run, tensors)
  checkAdjoint(test.run, tensors)
}

/** Names among the functions of a table that no case tests, and names of cases that the table lacks. */
export function untested(table: readonly string[], cases: readonly ConformanceCase[]): string[] {
  const tested = new Set(cases.map(({ op }) => op))
  return [...table.filter(op => !tested.has(op)), ...[...tested].filter(op => !table.includes(op))]
}
