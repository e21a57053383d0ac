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

/**
 * A function from bytes to a lower bound of the weight of items that free them, never decreasing; more bytes than all items
 * free count as those.
 *
 * @example
 * const weight = coverBound([{ bytes: 32, weight: 5 }, { bytes: 64, weight: 6 }])
 * weight(16) // → 5
 * weight(96) // → 11
 */
export function coverBound(items: readonly Item[]): (bytes: number) => number {
  const byDensity = items.toSorted((a, b) => a.weight * b.bytes - b.weight * a.bytes)
  const whole = items.length <= MOST_ITEMS ? wholeItems(items) : () => 0
  return bytes => {
    let left = bytes
    let sum = 0
    for (const item of byDensity) {
      if (left <= 0) break
      sum += item.weight * Math.min(1, left / item.bytes)
      left -= item.bytes
    }
    return Math.max(sum, whole(bytes))
  }
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
