import { DTypeError, OptionError, ShapeError } from '../errors.js'
import { callerLocation } from '../location.js'
import { shown } from '../options.js'
import { formatAval } from '../program/index.js'
import type { Tensor } from '../record/index.js'
import { WINDOW_OPTIONS } from './window.js'

/** The names of the options of convolutions. */
export const CONVOLUTION_OPTIONS = [...WINDOW_OPTIONS, 'groups']

/**
 * Checks a filter [..., c / groups, o] against images or sequences [n, ..., c], or, for a convolution that is
 * transposed, against [n, ..., o].
 *
 * @throws {@link ShapeError}, {@link DTypeError} or {@link OptionError} if channels, dtypes or groups do not fit.
 */
export function checkFilter(op: string, x: Tensor, filter: Tensor, groups: number, transposed = false): void {
  if (!Number.isInteger(groups) || groups < 1) {
    throw new OptionError({
      summary: `${op}: groups ${shown(groups)}.`,
      expected: 'a whole number of at least 1',
      at: callerLocation(),
    })
  }
  const channels = x.shape.at(-1) as number
  const [own, outs] = filter.shape.slice(-2) as [number, number]
  const fits = outs % groups === 0 && channels === (transposed ? outs : own * groups)
  if (filter.rank !== x.rank || !fits) {
    const window = x.rank === 4 ? 'rows, columns' : 'width'
    const share = groups === 1 ? '' : ` / ${groups}`
    throw new ShapeError({
      summary: `${op}: channels do not fit${groups === 1 ? '' : ` in ${groups} groups`}: x ${formatAval(x.aval)}, filter ${formatAval(filter.aval)}.`,
      expected: `x […, channels] and a filter [${window}, ${transposed ? `out channels${share}, channels` : `channels${share}, out channels`}]${groups === 1 ? '' : `, both in multiples of ${groups}`}`,
      at: callerLocation(),
    })
  }
  if (filter.dtype !== x.dtype) {
    throw new DTypeError({
      summary: `${op}: dtypes differ: x ${formatAval(x.aval)}, filter ${formatAval(filter.aval)}.`,
      expected: 'both f32 or both f64',
      at: callerLocation(),
    })
  }
}
