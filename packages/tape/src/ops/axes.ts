import { OptionError } from '../errors.js'
import { callerLocation } from '../location.js'
import { checkArgument, shown } from '../options.js'
import { type Aval, formatAval } from '../program/index.js'

/** An axis or several; negative ones count from the end. */
export type Axes = number | readonly number[]

/**
 * Axes as sorted numbers 0 … rank − 1; all axes if none are given.
 *
 * @throws {@link OptionError} for an axis that is not there or is named twice.
 */
export function normalizeAxes(op: string, x: Aval, axes: Axes | undefined): readonly number[] {
  const rank = x.shape.length
  if (axes === undefined) return x.shape.map((_, axis) => axis)
  const list: readonly number[] = Array.isArray(axes) ? Array.from(axes) : [axes]
  const whole = list.every(Number.isInteger)
  const normal = whole ? list.map(axis => (axis < 0 ? axis + rank : axis)) : []
  const valid = whole && normal.every(axis => axis >= 0 && axis < rank)
  if (valid && new Set(normal).size === normal.length) return normal.sort((a, b) => a - b)
  throw new OptionError({
    summary: `${op}: axis ${Array.isArray(axes) ? `[${axes.map(axis => (typeof axis === 'number' ? axis : shown(axis))).join(',')}]` : shown(axes)} does not fit ${formatAval(x)}.`,
    expected: rank === 0 ? 'no axis: it is a scalar' : `different axes from ${-rank} to ${rank - 1}`,
    at: callerLocation(),
  })
}

/**
 * One axis as a number 0 … rank − 1.
 *
 * @throws {@link OptionError} for an axis that is not there, or a list.
 */
export function normalizeAxis(op: string, x: Aval, axis: number): number {
  checkArgument(op, '`axis`', axis, !Array.isArray(axis), 'one axis')
  return normalizeAxes(op, x, axis)[0] as number
}

/**
 * Holds a shape or a permutation to a list, since methods of other libraries take numbers one by one.
 *
 * @throws {@link OptionError} for anything else.
 */
export function checkNumbers(op: string, what: string, list: unknown): void {
  const isList = Array.isArray(list)
  if (isList && !list.flat().some(one => typeof one === 'symbol' || typeof one === 'bigint')) return
  throw new OptionError({
    summary: `${op}: ${what} is ${shown(list)}, not a list${isList ? ' of numbers' : ''}.`,
    expected: 'a list of numbers',
    at: callerLocation(),
    fix: typeof list === 'number' ? `write a list: [${list}, …]` : undefined,
    data: { option: what },
  })
}
