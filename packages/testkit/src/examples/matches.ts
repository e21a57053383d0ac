/** A tensor, in so far as an example looks at it. */
interface Readable {
  toArray(): unknown
  item?(): unknown
}

const isReadable = (value: unknown): value is Readable =>
  typeof value === 'object' && value !== null && typeof (value as Readable).toArray === 'function'

/** A value as arrays, plain objects and primitives: tensors and typed arrays become arrays. */
export async function plain(value: unknown): Promise<unknown> {
  const settled = await value
  if (isReadable(settled)) return plain(settled.toArray())
  if (ArrayBuffer.isView(settled) && !(settled instanceof DataView)) {
    return Array.from(settled as Float64Array)
  }
  if (Array.isArray(settled)) return Promise.all(settled.map(plain))
  if (typeof settled !== 'object' || settled === null || !isPlain(settled)) return settled
  const entries = Object.entries(settled).map(async ([key, entry]) => [key, await plain(entry)] as const)
  return Object.fromEntries(await Promise.all(entries))
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** A scalar tensor compares with a number through `item`; everything else through {@link plain}. */
export async function comparable(value: unknown, expected: unknown): Promise<unknown> {
  const settled = await value
  const scalar = typeof expected !== 'object' && isReadable(settled) && settled.item !== undefined
  return plain(scalar ? settled.item?.() : settled)
}

/**
 * Deep equality of plain values. Two numbers are equal if |a − b| ≤ tolerance · |b|, or |a| ≤ tolerance where b
 * is 0.
 *
 * @example
 * matches([0.1 + 0.2], [0.3], 1e-6) // → true
 * matches([0.1 + 0.2], [0.3], 0) // → false
 */
export function matches(actual: unknown, expected: unknown, tolerance: number): boolean {
  if (typeof actual === 'number' && typeof expected === 'number') {
    if (Object.is(actual, expected) || actual === expected) return true
    return Math.abs(actual - expected) <= tolerance * (Math.abs(expected) || 1)
  }
  if (Array.isArray(actual) || Array.isArray(expected)) {
    if (!Array.isArray(actual) || !Array.isArray(expected) || actual.length !== expected.length) return false
    return expected.every((entry, i) => matches(actual[i], entry, tolerance))
  }
  if (typeof actual !== 'object' || typeof expected !== 'object' || !actual || !expected) {
    return actual === expected
  }
  const [a, b] = [actual as Record<string, unknown>, expected as Record<string, unknown>]
  const keys = Object.keys(b)
  return (
    isPlain(a) &&
    Object.keys(a).length === keys.length &&
    keys.every(key => Object.hasOwn(a, key) && matches(a[key], b[key], tolerance))
  )
}
