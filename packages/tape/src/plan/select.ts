/**
 * The k-th largest of numbers without sorting them: Hoare, "Algorithm 65: Find", Comm. ACM 4(7), 1961, with the median of three
 * as pivot. O(n) where numbers are not ordered to deceive it.
 */

/**
 * The number that has so many larger or equal ones before it in descending order. The order of `values` changes.
 *
 * @param rank from 0 on, below their number; none of them is NaN.
 * @example
 * nthLargest(Float64Array.of(3, 1, 4, 1, 5), 1) // → 4
 */
export function nthLargest(values: Float64Array, rank: number): number {
  let [low, high] = [0, values.length - 1]
  while (low < high) {
    const pivot = medianOfThree(values[low]!, values[(low + high) >> 1]!, values[high]!)
    let [i, j] = [low, high]
    while (i <= j) {
      while (values[i]! > pivot) i++
      while (values[j]! < pivot) j--
      if (i > j) break
      const other = values[i]!
      values[i++] = values[j]!
      values[j--] = other
    }
    // from low to j none is smaller than the pivot, from i to high none is larger, and what lies between equals it
    if (rank <= j) high = j
    else if (rank >= i) low = i
    else break
  }
  return values[rank]!
}

const medianOfThree = (a: number, b: number, c: number): number =>
  Math.max(Math.min(a, b), Math.min(Math.max(a, b), c))
