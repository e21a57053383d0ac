import { OptionError } from '../errors.js'
import { callerLocation } from '../location.js'
import { checkArgument, shown } from '../options.js'

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
}

/** A whole number of bytes, or text such as `'64 MiB'`, `'1.5GB'` or `'65536'`. */
export type ByteSize = number | string

const EXPECTED = "a whole number of bytes from 1, or text with a unit such as '64 MiB', '1.5MiB' or '2GB'"

/**
 * Reads a byte size. Of a size in a larger unit, such as `'0.3 KiB'`, what is left of a byte does not count.
 *
 * @throws {@link OptionError} for anything else than a positive size, and for parts of bytes without such a unit.
 * @example
 * parseByteSize('64 KiB') // → 65536
 * parseByteSize('1.5 MiB') // → 1572864
 * parseByteSize(1.5) // → throws OPTION
 * parseByteSize('banana') // → throws OPTION
 */
export function parseByteSize(size: ByteSize, option = 'memory'): number {
  checkArgument('parseByteSize', 'the name of the option', option, typeof option === 'string', 'text')
  const match = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(
    typeof size === 'string' || typeof size === 'number' ? `${size}` : '',
  )
  const count = Number(match?.[1] ?? Number.NaN)
  const unit = UNITS[(match?.[2] ?? '').toLowerCase()] ?? Number.NaN
  if (unit === 1 && !Number.isInteger(count) && Number.isFinite(count)) {
    // So few are likelier to be of a larger unit.
    const fix =
      count < 65536 ? `write '${count} MiB' if MiB are meant` : `round it, such as to ${Math.floor(count)}`
    throw notASize(size, option, `is ${shown(size)}, not a whole number of bytes`, fix)
  }
  const bytes = Math.floor(count * unit)
  if (Number.isSafeInteger(bytes) && bytes > 0) return bytes
  throw notASize(size, option, `is not a size in bytes: ${shown(size)}`, mendOf(size, option))
}

/** What a size may have been meant for: none at all, or one in a unit that is cut short. */
function mendOf(size: unknown, option: string): string | undefined {
  if (typeof size !== 'string' && typeof size !== 'number') return undefined
  if (Number.parseFloat(`${size}`) <= 0) return `leave \`${option}\` out for its default`
  const [, count, large] = /^\s*([\d.]+)\s*([kmg])i?$/i.exec(`${size}`.trim()) ?? []
  return large && `write '${count} ${large.toUpperCase()}iB'`
}

const notASize = (size: unknown, option: string, is: string, fix?: string) =>
  new OptionError({
    summary: `\`${option}\` ${is}.`,
    expected: EXPECTED,
    at: callerLocation(),
    fix,
    data: { option, value: shown(size) },
  })

/** So many bytes, as a message counts them. */
export const countBytes = (bytes: number): string => (bytes === 1 ? '1 byte' : `${bytes} bytes`)

/**
 * Writes a byte size for people, in binary units.
 *
 * @param rounding `'up'` where it is the fewest bytes that do, so that they do as well once they are read again.
 * @example
 * formatByteSize(65536) // → '64 KiB'
 * formatByteSize(1572864) // → '1.5 MiB'
 * formatByteSize(2290960) // → '2.18 MiB'
 * formatByteSize(2290960, 'up') // → '2.19 MiB'
 */
export function formatByteSize(bytes: number, rounding: 'nearest' | 'up' = 'nearest'): string {
  checkArgument('formatByteSize', 'the size', bytes, typeof bytes === 'number', 'a number of bytes')
  const isRounding = rounding === 'nearest' || rounding === 'up'
  checkArgument('formatByteSize', 'the rounding', rounding, isRounding, "'nearest' or 'up'")
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let unit = 0
  let size = bytes
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024
    unit++
  }
  const digits = size < 10 ? 2 : 1
  const scale = 10 ** digits
  const rounded = rounding === 'up' ? Math.ceil(size * scale) / scale : Number(size.toFixed(digits))
  return `${rounded} ${units[unit]}`
}
