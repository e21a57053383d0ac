/**
 * The error of a class that something throws.
 *
 * @throws what it throws besides, and an Error if it throws nothing.
 * @example
 * thrownBy(() => tensor([[1], [2, 3]]), OptionError).code // → 'OPTION'
 */
export function thrownBy<E extends Error>(act: () => unknown, kind: abstract new (...args: never[]) => E): E {
  try {
    act()
  } catch (error) {
    if (error instanceof kind) return error
    throw error
  }
  throw new Error('Nothing was thrown.')
}
