import type { DType } from '@wengert/kernels'
import { erf, erfc } from './error-function.js'
import { digamma, erfinv, lgamma } from './gamma.js'
import { broadcastShape, build, type Plain, readBroadcast } from './plain.js'

type Scalar = (x: number, y: number) => number

/** To the nearest integer, halves to the even one. */
function round(x: number): number {
  const floor = Math.floor(x)
  if (x - floor !== 0.5) return Number.isInteger(x) ? x : Math.sign(x) * Math.round(Math.abs(x))
  return floor % 2 === 0 ? (floor === 0 && x < 0 ? -0 : floor) : floor + 1
}

/** The remainder with the sign of y. */
function mod(x: number, y: number): number {
  const r = x % y
  if (r === 0) return y < 0 ? -0 : 0
  return r < 0 === y < 0 ? r : r + y
}

/** As IEEE 754 has it: 1 to any power is 1, and so is −1 to an infinite one. */
function pow(x: number, y: number): number {
  if (x === 1 || (x === -1 && Math.abs(y) === Number.POSITIVE_INFINITY)) return 1
  return x ** y
}

/** log(1 + eˣ). */
export const softplus = (x: number): number =>
  x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x))

/** Each elementwise op as a function of real numbers. */
const scalars: Readonly<Record<string, Scalar>> = {
  add: (x, y) => x + y,
  sub: (x, y) => x - y,
  mul: (x, y) => x * y,
  div: (x, y) => x / y,
  neg: x => -x,
  square: x => x * x,
  exp: x => Math.exp(x),
  log: x => Math.log(x),
  exp2: x => 2 ** x,
  expm1: x => Math.expm1(x),
  log2: x => Math.log2(x),
  log10: x => Math.log10(x),
  log1p: x => Math.log1p(x),
  erf,
  erfc,
  erfinv,
  lgamma,
  digamma,
  softplus,
  sqrt: x => Math.sqrt(x),
  rsqrt: x => 1 / Math.sqrt(x),
  reciprocal: x => 1 / x,
  cbrt: x => Math.cbrt(x),
  pow,
  hypot: (x, y) => Math.hypot(x, y),
  abs: x => Math.abs(x),
  flushSubnormals: x => (Math.abs(x) < 2 ** -1022 ? 0 : x),
  sign: x => Math.sign(x),
  floor: x => Math.floor(x),
  ceil: x => Math.ceil(x),
  round,
  trunc: x => Math.trunc(x),
  mod,
  sin: x => Math.sin(x),
  cos: x => Math.cos(x),
  tan: x => Math.tan(x),
  asin: x => Math.asin(x),
  acos: x => Math.acos(x),
  atan: x => Math.atan(x),
  atan2: (y, x) => Math.atan2(y, x),
  sinh: x => Math.sinh(x),
  cosh: x => Math.cosh(x),
  tanh: x => Math.tanh(x),
  asinh: x => Math.asinh(x),
  acosh: x => Math.acosh(x),
  atanh: x => Math.atanh(x),
  // σ(x) = 1/(1 + e⁻ˣ) = eˣ/(1 + eˣ); each form where it does not overflow.
  sigmoid: x => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x))),
  relu: x => Math.max(x, 0),
  maximum: (x, y) => Math.max(x, y),
  minimum: (x, y) => Math.min(x, y),
  equal: (x, y) => Number(x === y),
  notEqual: (x, y) => Number(x !== y),
  less: (x, y) => Number(x < y),
  lessEqual: (x, y) => Number(x <= y),
  greater: (x, y) => Number(x > y),
  greaterEqual: (x, y) => Number(x >= y),
  isFinite: x => Number(Number.isFinite(x)),
  isNaN: x => Number(Number.isNaN(x)),
  logicalAnd: (x, y) => x & y,
  logicalOr: (x, y) => x | y,
  logicalXor: (x, y) => x ^ y,
  logicalNot: x => 1 - x,
}

/** Where the real result may have more than 53 bits, the product of integers modulo 2³². */
const products: Readonly<Record<string, Scalar>> = {
  mul: (x, y) => Number(BigInt.asIntN(32, BigInt(x) * BigInt(y))),
  square: x => Number(BigInt.asIntN(32, BigInt(x) * BigInt(x))),
}

/** Ops whose result is a truth value, whatever their operands are. */
const tests = ['equal', 'notEqual', 'less', 'lessEqual', 'greater', 'greaterEqual', 'isFinite', 'isNaN']

/** Names of the elementwise ops that have a reference. */
export const elementwiseOps: readonly string[] = Object.keys(scalars)

/** Ops that depend on the digits of a dtype, for f32. */
const singles: Readonly<Record<string, (x: number, y: number) => number>> = {
  flushSubnormals: x => (Math.abs(x) < 2 ** -126 ? 0 : x),
}

/** An elementwise op of one or two operands, broadcast together; integers wrap modulo 2³². */
export function elementwise(op: string, inputs: readonly Plain[]): Plain {
  const real = scalars[op]
  if (!real) throw new Error(`There is no reference for the elementwise op ${op}.`)
  const dtype = (inputs[0] as Plain).dtype
  const scalar = (dtype === 'i32' ? products[op] : dtype === 'f32' ? singles[op] : undefined) ?? real
  const shape = broadcastShape(inputs.map(x => x.shape))
  const [x, y = x] = inputs as readonly [Plain, Plain?]
  return build(tests.includes(op) ? 'bool' : dtype, shape, index => {
    const value = scalar(readBroadcast(x, index), readBroadcast(y, index))
    return dtype === 'i32' ? value | 0 : value
  })
}

/** `x` where the condition is 1, else `y`. */
export const where = (condition: Plain, x: Plain, y: Plain): Plain =>
  build(x.dtype, broadcastShape([condition.shape, x.shape, y.shape]), index =>
    readBroadcast(condition, index) ? readBroadcast(x, index) : readBroadcast(y, index),
  )

/** The same numbers in another dtype. */
export const convert = (x: Plain, dtype: DType): Plain => ({
  dtype,
  shape: x.shape,
  values: x.values.map(value => converted(value, dtype)),
})

function converted(value: number, dtype: DType): number {
  switch (dtype) {
    case 'f64':
      return value
    case 'f32':
      return Math.fround(value)
    case 'bool':
      return value === 0 ? 0 : 1
    case 'i32':
      if (Number.isNaN(value)) return 0
      return Math.min(2 ** 31 - 1, Math.max(-(2 ** 31), Math.trunc(value))) + 0
  }
}
