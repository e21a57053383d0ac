import type { Residents } from './residents.js'
import type { JournalEntry, Storage, Value } from './value.js'

/**
 * Has the same happen to other residents. Which values the function read, and what it then did, depends on their bits alone,
 * and these on no budget; so this is what would be recorded there.
 *
 * @returns the storages of before by those of now.
 * @throws {@link BudgetError} where a value that was read does not fit.
 */
export function replayed(
  journal: readonly JournalEntry[],
  residents: Residents,
): ReadonlyMap<Storage, Storage> {
  const now = new Map<Storage, Storage>()
  const before = new Map<Storage, Storage>()
  const valueNow = ({ storage, aval }: Value): Value => ({ storage: now.get(storage) as Storage, aval })
  const bind = (old: readonly Value[], values: readonly Value[]) => {
    old.forEach(({ storage }, k) => {
      const made = (values[k] as Value).storage
      now.set(storage, made)
      before.set(made, storage)
    })
  }
  for (const entry of journal) {
    switch (entry.kind) {
      case 'given':
        bind(entry.results, [residents.given(entry.aval, entry.data)])
        break
      case 'computed':
        bind(entry.results, residents.compute(entry.op, entry.operands.map(valueNow), entry.params, entry.at))
        break
      case 'read':
        residents.touch(valueNow(entry.value))
        break
      case 'vacated':
        residents.vacate()
    }
  }
  return before
}
