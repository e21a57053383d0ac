/**
 * The least weight of items that free so many bytes together: the knapsack problem as a covering (Kellerer, Pferschy & Pisinger,
 * Knapsack Problems, 2004, chapter 13), bounded from below. With fractions of items it is the greedy one of Dantzig (1957); with
 * whole items it is a table over bytes (Bellman 1957), whose bytes are counted in units. An item is rounded up to units, so that what the
 * table says remains a bound, and is exact where a unit divides all items.
 */

/** What may go, whole. */
export interface Item {
  /** What it frees; more than 0. */
  readonly bytes: number
  readonly weight: number
}

/** Units of a table, at most. */
const UNITS = 2048
/** Of more items than this, fractions alone are looked at, since a table takes time with them. */
const MOST_ITEMS = 800

/** Functions from bytes to a lower bound of the weight of items that free them, never decreasing. */
export interface CoverBound {
  /** With fractions of items. */
  readonly fractional: (bytes: number) => number
  /** With whole items as far as that is known; no less. */
  readonly least: (bytes: number) => number
}

/**
 * Bounds of what items weigh that free so many bytes; more bytes than all of them free count as those.
 *
 * @example
 * const { fractional, least } = coverBound([{ bytes: 32, weight: 5 }, { bytes: 64, weight: 6 }])
 * fractional(16) // → 1.5
 * least(16) // → 5
 */
export function coverBound(items: readonly Item[]): CoverBound {
  const byDensity = items.toSorted((a, b) => a.weight * b.bytes - b.weight * a.bytes)
  const fractional = (bytes: number) => {
    let left = bytes
    let sum = 0
    for (const item of byDensity) {
      if (left <= 0) break
      sum += item.weight * Math.min(1, left / item.bytes)
      left -= item.bytes
    }
    return sum
  }
  let whole: ((bytes: number) => number) | undefined
  const least = (bytes: number) => {
    whole ??= items.length <= MOST_ITEMS ? wholeItems(items) : () => 0
    return Math.max(fractional(bytes), whole(bytes))
  }
  return { fractional, least }
}

function wholeItems(items: readonly Item[]): (bytes: number) => number {
  const total = items.reduce((sum, { bytes }) => sum + bytes, 0)
  if (total === 0) return () => 0
  const unit = Math.max(
    items.reduce((common, { bytes }) => divisor(common, bytes), 0),
    Math.ceil(total / UNITS),
  )
  const most = Math.floor(total / unit)
  // Least weight that frees so many units or more.
  const least = new Float64Array(most + 1).fill(Infinity)
  least[0] = 0
  for (const { bytes, weight } of items) {
    const units = Math.ceil(bytes / unit)
    for (let k = most; k > 0; k--) {
      const with_ = least[Math.max(0, k - units)]! + weight
      if (with_ < least[k]!) least[k] = with_
    }
  }
  return bytes => least[Math.min(most, Math.ceil(Math.max(0, bytes) / unit))]!
}

function divisor(a: number, b: number): number {
  let [common, rest] = [a, b]
  while (rest > 0) [common, rest] = [rest, common % rest]
  return common
}
