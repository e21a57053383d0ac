import type { Residents } from './residents.js'
import type { Event, Storage, Value } from './value.js'

/**
 * Has the same happen to other residents. Which values the function read, and what it then did, depends on their bits alone,
 * and these on no budget; so this is what would be recorded there.
 *
 * @returns the storages of before by those of now.
 * @throws {@link BudgetError} where a value that was read does not fit.
 */
export function replayed(journal: readonly Event[], residents: Residents): ReadonlyMap<Storage, Storage> {
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
  for (const event of journal) {
    switch (event.kind) {
      case 'given':
        bind(event.results, [residents.given(event.aval, event.data)])
        break
      case 'computed':
        bind(event.results, residents.compute(event.op, event.operands.map(valueNow), event.params, event.at))
        break
      case 'read':
        residents.touch(valueNow(event.value))
        break
      case 'vacated':
        residents.vacate()
    }
  }
  return before
}
