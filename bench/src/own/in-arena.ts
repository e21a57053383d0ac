import {
  Arena,
  BudgetError,
  compile,
  type Executable,
  type Program,
  pageCeil,
  pageFloor,
} from '@wengert/tape'
import type { GivenTask, Prepared } from '../engine/index.js'
import { type Objective, programOf } from './objective.js'
import type { OwnOptions } from './options.js'

/** Does a task in an arena of its own. */
export function inArena(objective: Objective, task: GivenTask, options: OwnOptions): Prepared {
  const { memoryBytes, orLeast = false } = options
  const program = programOf(objective, task)
  const stays = options.how === 'inPlace'
  const pinned = program.inputs.map(() => stays)
  const { executable, budgetBytes } = compiled(program, pinned, memoryBytes, orLeast)
  const arena = new Arena(budgetBytes === null ? {} : { maximumBytes: budgetBytes })
  arena.load(executable)
  const inputs = Object.values(task.arrays).map(({ data }) => data)
  const write = () => inputs.forEach((data, k) => void arena.write(k, data))
  const read = () => executable.outputs.map((_, k) => arena.read(k))
  write()
  arena.run()
  const { cost, extraCost } = executable
  return {
    results: read(),
    step: stays
      ? () => arena.run()
      : () => {
          write()
          arena.run()
          return read()
        },
    facts: () => ({ arenaBytes: arena.bytes, budgetBytes, recomputedShare: extraCost / (cost + extraCost) }),
  }
}

/** Within a budget of whole pages, or the fewest that do. */
function compiled(
  program: Program,
  pinned: readonly boolean[],
  memoryBytes: number | undefined,
  orLeast: boolean,
): { readonly executable: Executable; readonly budgetBytes: number | null } {
  if (memoryBytes === undefined) return { executable: compile(program, { pinned }), budgetBytes: null }
  const budgetBytes = pageFloor(memoryBytes)
  try {
    return { executable: compile(program, { pinned, memoryBytes: budgetBytes }), budgetBytes }
  } catch (error) {
    if (!(orLeast && error instanceof BudgetError)) throw error
    return compiled(program, pinned, pageCeil(error.leastBytes), false)
  }
}
