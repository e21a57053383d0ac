import type { FloatDType } from '@wengert/kernels'
import { DTypeError, OptionError, ShapeError } from '../errors.js'
import { callerLocation } from '../location.js'
import { checkAmount, checkOptions, shown } from '../options.js'
import { formatAval, isFloat, sameShape } from '../program/index.js'
import { checkTensor, Tensor } from '../record/index.js'
import { add, mul, neg, sub } from './arithmetic.js'
import { normalizeAxis } from './axes.js'
import { less } from './comparison.js'
import { broadcastShapes } from './elementwise.js'
import { erfinv } from './error-function.js'
import { log, log1p } from './logarithm.js'
import { argmax } from './logic.js'
import { checkKey, draw } from './philox.js'
import { argsort } from './sort.js'
import { maximum, minimum } from './where.js'

/** Options of {@link randomBits}. */
export interface BitsOptions {
  /** Tells draws of one key apart. A whole number below 2³². Default 0. */
  readonly stream?: number
}

/**
 * Random words: word k of a key is word k mod 4 of Philox 4x32-10 (Salmon et al. 2011) of the counter
 * (⌊k/4⌋, 0, stream, 0). All other draws are made of those of stream 0.
 *
 * @returns i32, of the shape
 * @throws {@link ShapeError} and {@link DTypeError} unless it is a key; {@link OptionError} for another shape or stream.
 * @example
 * randomBits(randomKey(0), [2]).toArray() // → [1713891541, -513161843]
 */
export function randomBits(key: Tensor, shape: readonly number[], options: BitsOptions = {}): Tensor {
  const { stream = 0 } = checkOptions('randomBits', options, ['stream'])
  if (Number.isInteger(stream) && stream >= 0 && stream < 2 ** 32) {
    return draw('randomBits', key, shape, 'i32', stream)
  }
  throw new OptionError({
    summary: `randomBits: stream ${shown(stream)}.`,
    expected: 'a whole number from 0 to 2³² − 1',
    at: callerLocation(),
    data: { option: 'stream' },
  })
}

/** Options of {@link uniform}. */
export interface UniformOptions {
  /** Default 0. */
  readonly low?: number
  /** Default 1. */
  readonly high?: number
  /** Default f32. */
  readonly dtype?: FloatDType
}

/**
 * Uniform numbers in [low, high), never `high` itself: multiples of 2⁻²⁴ of the width in f32, of 2⁻⁵³ in f64.
 *
 * @throws {@link ShapeError} and {@link DTypeError} unless it is a key; {@link OptionError} for another shape or bounds
 * that are not finite and in order.
 * @example
 * uniform(randomKey(7), [2, 3]).shape // → [2, 3]
 * uniform(randomKey(7), [100], { low: -1, high: 1 }).toArray().every(x => x >= -1 && x < 1) // → true
 */
export function uniform(key: Tensor, shape: readonly number[], options: UniformOptions = {}): Tensor {
  const { low = 0, high = 1, dtype = 'f32' } = checkOptions('uniform', options, ['low', 'high', 'dtype'])
  checkFloat('uniform', dtype)
  checkAmount('uniform', 'low', low)
  checkAmount('uniform', 'high', high)
  const [from, to] = [low, high].map(bound => rounded(bound, dtype)) as [number, number]
  if (!(from < to) || !Number.isFinite(rounded(to - from, dtype))) {
    throw new OptionError({
      summary: `uniform: bounds ${low} and ${high}.`,
      expected: `low below high, a finite number of ${dtype} apart`,
      at: callerLocation(),
    })
  }
  const unit = draw('uniform', key, shape, dtype)
  if (from === 0 && to === 1) return unit
  // The sum may be rounded up to `high`.
  return minimum(add(mul(unit, to - from), from), below(to, dtype))
}

/** Options of {@link normal}. */
export interface NormalOptions {
  /** Default 0. */
  readonly mean?: number
  /** Standard deviation. Default 1. */
  readonly deviation?: number
  /** Default f32. */
  readonly dtype?: FloatDType
}

/**
 * Normal numbers mean + deviation·√2·erf⁻¹(u) of uniform u in (−1, 1), symmetric and never infinite: up to 5.4 standard
 * deviations in f32, 8.3 in f64. As functions of u they round as the host does, `arithmetic: 'portable'` aside, which
 * gives the same bits on every host; words and uniform numbers are the same in any case.
 *
 * @throws {@link ShapeError} and {@link DTypeError} unless it is a key; {@link OptionError} for another shape.
 * @example
 * normal(randomKey(7), [2, 3]).shape // → [2, 3]
 * normal(randomKey(7), [2], { mean: 5, deviation: 0 }).toArray() // → [5, 5]
 */
export function normal(key: Tensor, shape: readonly number[], options: NormalOptions = {}): Tensor {
  const names = ['mean', 'deviation', 'dtype']
  const { mean = 0, deviation = 1, dtype = 'f32' } = checkOptions('normal', options, names)
  checkFloat('normal', dtype)
  checkAmount('normal', 'mean', mean)
  checkAmount('normal', 'deviation', deviation)
  // The middles of the steps of the unit interval, times 2, minus 1: exact.
  const u = add(mul(2, draw('normal', key, shape, dtype)), step[dtype] - 1)
  const scaled = mul(Math.SQRT2 * deviation, erfinv(u))
  return mean === 0 ? scaled : add(scaled, mean)
}

/**
 * True with probability p, in steps of 2⁻²⁴ (2⁻⁵³ where p is f64): never for p = 0, always for p = 1.
 *
 * @param p a number, or a tensor that broadcasts to the shape
 * @param shape default: the shape of p
 * @returns bool, of the shape
 * @throws {@link ShapeError} unless it is a key and p broadcasts to the shape; {@link DTypeError} for other dtypes;
 * {@link OptionError} for a number that is no probability.
 * @example
 * bernoulli(randomKey(7), 1, [2]).toArray() // → [true, true]
 * bernoulli(randomKey(7), tensor([0, 1])).toArray() // → [false, true]
 */
export function bernoulli(
  key: Tensor,
  p: Tensor | number,
  shape: readonly number[] = p instanceof Tensor ? p.shape : [],
): Tensor {
  if (!(p instanceof Tensor)) {
    if (typeof p === 'number' && p >= 0 && p <= 1) return less(draw('bernoulli', key, shape, 'f32'), p)
    throw new OptionError({
      summary: `bernoulli: p is ${shown(p)}.`,
      expected: 'a probability from 0 to 1',
      at: callerLocation(),
    })
  }
  const dtype = checkFloat('bernoulli', p.dtype)
  const unit = draw('bernoulli', key, shape, dtype)
  if (!sameShape(broadcastShapes('bernoulli', [p.aval, unit.aval]), shape)) {
    throw new ShapeError({
      summary: `bernoulli: p ${formatAval(p.aval)} does not broadcast to [${shape.join(',')}].`,
      expected: 'a shape that p broadcasts to',
      at: callerLocation(),
    })
  }
  return less(unit, p)
}

/**
 * Indices drawn with probabilities softmax(logits) along an axis: those of the largest of the logits plus Gumbel noise
 * −log(−log u) (Gumbel 1954). A logit of −∞ is never drawn; NaN always is.
 *
 * @returns i32, of the shape of the logits without the axis
 * @throws {@link ShapeError} and {@link DTypeError} unless it is a key and the logits are floats;
 * {@link OptionError} for an axis that is not there.
 * @example
 * categorical(randomKey(7), tensor([[0, -Infinity], [-Infinity, 0]])).toArray() // → [0, 1]
 */
export function categorical(key: Tensor, logits: Tensor, options: { readonly axis?: number } = {}): Tensor {
  checkTensor('categorical', 'logits', logits)
  const { axis = -1 } = checkOptions('categorical', options, ['axis'])
  const dtype = checkFloat('categorical', logits.dtype)
  const along = normalizeAxis('categorical', logits.aval, axis)
  // 0 would be infinite noise.
  const unit = maximum(draw('categorical', key, logits.shape, dtype), step[dtype] / 2)
  const exponential = neg(log1p(neg(unit)))
  return argmax(sub(logits, log(exponential)), { axis: along })
}

/**
 * A random order of 0 … count − 1: the order of as many random numbers of 53 bits; should two be equal, the first one
 * comes first, so that it is a permutation in any case.
 *
 * @returns i32[count]
 * @throws {@link ShapeError} and {@link DTypeError} unless it is a key; {@link OptionError} for a count that is no whole
 * number.
 * @example
 * sort(permutation(randomKey(7), 4)).toArray() // → [0, 1, 2, 3]
 */
export function permutation(key: Tensor, count: number): Tensor {
  checkKey('permutation', key)
  return argsort(draw('permutation', key, [count], 'f64'))
}

/** The distance of the numbers that are drawn from [0, 1). */
const step: Readonly<Record<FloatDType, number>> = { f32: 2 ** -24, f64: 2 ** -53 }

const rounded = (x: number, dtype: FloatDType): number => (dtype === 'f32' ? Math.fround(x) : x)

/** The largest number of a dtype below another one. */
function below(x: number, dtype: FloatDType): number {
  const floats = dtype === 'f32' ? new Float32Array([x]) : new Float64Array([x])
  if (x === 0) return dtype === 'f32' ? -(2 ** -149) : -(2 ** -1074)
  // Numbers of one sign are in the order of their bits.
  const away = x > 0 ? -1 : 1
  if (floats instanceof Float32Array) {
    const bits = new Int32Array(floats.buffer)
    bits[0] = (bits[0] as number) + away
  } else {
    const bits = new BigInt64Array(floats.buffer)
    bits[0] = (bits[0] as bigint) + BigInt(away)
  }
  return floats[0] as number
}

function checkFloat(op: string, dtype: string): FloatDType {
  if (isFloat(dtype as FloatDType)) return dtype as FloatDType
  throw new DTypeError({
    summary: `${op}: dtype ${shown(dtype)}.`,
    expected: 'f32 or f64',
    at: callerLocation(),
  })
}
