/**
 * Items by a key, each group and its items in the order they came; `Map.groupBy` is younger than the oldest supported Node.
 *
 * @example
 * [...groupBy([3, 4, 5], n => n % 2)] // → [[1, [3, 5]], [0, [4]]]
 */
export function groupBy<K, T>(items: Iterable<T>, keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>()
  for (const item of items) {
    const key = keyOf(item)
    const group = groups.get(key)
    if (group) group.push(item)
    else groups.set(key, [item])
  }
  return groups
}
