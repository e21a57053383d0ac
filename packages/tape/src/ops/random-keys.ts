import { DTypeError, OptionError } from '../errors.js'
import { callerLocation } from '../location.js'
import { shown } from '../options.js'
import { formatAval } from '../program/index.js'
import { fromData, scalarLike, Tensor } from '../record/index.js'
import { checkKey, domains, streams } from './philox.js'
import { broadcastTo } from './reduction.js'

/**
 * A key for random numbers: equal keys draw equal numbers, every time and on every host. Use each key for one draw, and
 * make others from it with {@link splitKey} and {@link foldIn}.
 *
 * @param seed a whole number from 0 to 2⁵³ − 1
 * @returns i32[2], the two words of a key of Philox 4x32-10 (Salmon et al. 2011)
 * @throws {@link OptionError} for another seed.
 * @example
 * randomKey(7).toArray() // → [7, 0]
 * randomKey(-1) // → throws OPTION
 */
export function randomKey(seed: number): Tensor {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new OptionError({
      summary: `randomKey: seed ${shown(seed)}.`,
      expected: 'a whole number from 0 to 2⁵³ − 1',
      at: callerLocation(),
      data: { option: 'seed' },
    })
  }
  return fromData({ dtype: 'i32', shape: [2] }, Int32Array.of(seed | 0, Math.floor(seed / 2 ** 32)))
}

/**
 * New keys from one, as many as wanted: for the layers of a model, say. They are independent of what the key itself
 * draws and of what {@link foldIn} makes of it.
 *
 * @param count a whole number; default 2
 * @returns i32[count, 2]
 * @throws {@link ShapeError} and {@link DTypeError} unless it is a key; {@link OptionError} for another count.
 * @example
 * const keys = splitKey(randomKey(7), 3)
 * keys.shape // → [3, 2]
 * uniform(at(keys, 0), [2]).shape // → [2]
 */
export function splitKey(key: Tensor, count = 2): Tensor {
  checkKey('splitKey', key)
  if (!Number.isInteger(count) || count < 0) {
    throw new OptionError({
      summary: `splitKey: count ${count}.`,
      expected: 'a whole number of at least 0',
      at: callerLocation(),
    })
  }
  const places = fromData(
    { dtype: 'i32', shape: [count] },
    Int32Array.from({ length: count }, (_, k) => k),
  )
  return derived(key, places, domains.split)
}

/**
 * A new key from a key and a number: of a step, a layer or a row.
 *
 * Rows that are computed in shards draw the same numbers under any sharding if they carry their index (or their own key)
 * as data: `vmap((x, index) => f(x, foldIn(key, index)))(batch.x, batch.index)`.
 *
 * @param data i32[...], or a whole number of 32 bits
 * @returns i32[..., 2], a key for each
 * @throws {@link ShapeError} and {@link DTypeError} unless it is a key and the data i32; {@link OptionError} for another
 * number.
 * @example
 * foldIn(randomKey(7), 1).shape // → [2]
 * foldIn(randomKey(7), tensor([4, 5, 6], { dtype: 'i32' })).shape // → [3, 2]
 * const noise = (x, index) => x.add(normal(foldIn(randomKey(7), index), [4]))
 * const rows = tensor(new Float32Array(12), { shape: [3, 4] })
 * vmap(noise)(rows, tensor([0, 1, 2], { dtype: 'i32' })).shape // → [3, 4]
 */
export function foldIn(key: Tensor, data: Tensor | number): Tensor {
  checkKey('foldIn', key)
  if (data instanceof Tensor) {
    if (data.dtype === 'i32') return derived(key, data, domains.foldIn)
    throw new DTypeError({
      summary: `foldIn: the data are ${formatAval(data.aval)}.`,
      expected: 'dtype i32',
      at: callerLocation(),
      fix: "convert them with data.convert('i32')",
    })
  }
  if (Number.isInteger(data) && data >= -(2 ** 31) && data < 2 ** 32) {
    return derived(key, scalarLike(key, data | 0), domains.foldIn)
  }
  throw new OptionError({
    summary: `foldIn: ${data} is no word.`,
    expected: 'a whole number of 32 bits',
    at: callerLocation(),
  })
}

/** A key for each datum: the first two words of its stream. */
const derived = (key: Tensor, data: Tensor, domain: number): Tensor =>
  streams(broadcastTo(key, [...data.shape, 2]), data, { dtype: 'i32', count: 2, domain })
