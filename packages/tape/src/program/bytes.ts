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

/** A number of bytes, or text such as `'64 MiB'`, `'1.5GB'` or `'65536'`. */
export type ByteSize = number | string

/**
 * Reads a byte size.
 *
 * @throws {@link OptionError} for anything else than a positive size.
 * @example
 * parseByteSize('64 KiB') // → 65536
 * parseByteSize('banana') // → throws OPTION
 */
export function parseByteSize(size: ByteSize, option = 'memory'): number {
  checkArgument('parseByteSize', 'the name of the option', option, typeof option === 'string', 'text')
  const match = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(
    typeof size === 'string' || typeof size === 'number' ? `${size}` : '',
  )
  const bytes = match
    ? Math.floor(Number(match[1]) * (UNITS[(match[2] as string).toLowerCase()] ?? Number.NaN))
    : Number.NaN
  if (Number.isSafeInteger(bytes) && bytes > 0) return bytes
  throw new OptionError({
    summary: `\`${option}\` is not a size in bytes: ${shown(size)}.`,
    expected: "a positive number of bytes, or text with a unit such as '64 MiB', '512KiB' or '2GB'",
    at: callerLocation(),
    data: { option, value: shown(size) },
  })
}

/** So many bytes, as a message counts them. */
export const countBytes = (bytes: number): string => (bytes === 1 ? '1 byte' : `${bytes} bytes`)

/**
 * Writes a byte size for people, in binary units.
 *
 * @example
 * formatByteSize(65536) // → '64 KiB'
 * formatByteSize(1572864) // → '1.5 MiB'
 */
export function formatByteSize(bytes: number): string {
  checkArgument('formatByteSize', 'the size', bytes, typeof bytes === 'number', 'a number of bytes')
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let unit = 0
  let size = bytes
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024
    unit++
  }
  return `${Number(size.toFixed(size < 10 ? 2 : 1))} ${units[unit]}`
}
