import { folded } from '../derive/index.js'
import { BudgetError } from '../errors.js'
import { hash, hashOf } from '../program/index.js'
import {
  innermostTape,
  type Recording,
  record,
  recordOn,
  Tape,
  type Tensor,
  type Tree,
} from '../record/index.js'
import { bringToPlace, type Given, type Residents, type Resumed, resume, runsOn } from '../resident/index.js'
import { type Budget, inPages, PAGE_BYTES, withinPages } from '../run/index.js'
import type { Compiled, Engine } from './engine.js'
import { againWithLines } from './explained.js'

/** What a transformation makes of a recorded function: the tensors of its result, emitted from tensors. */
export type Expand = (recording: Recording, inputs: readonly Tensor[]) => Tree<Tensor>

/** A compiled path that runs on from values of its recording. */
interface Path extends Compiled, Resumed {}

/**
 * Define by run: records a function on values, in an arena in which all of them lie, and runs on from there: what the
 * transformation makes of the path is planned with what is resident. If nothing fits, that is an error with the fewest bytes
 * of the whole path (see {@link withFewer}), unless the function reads a value that cannot be computed: then with those of the
 * path up to there.
 *
 * @throws {@link BudgetError} if the path does not fit the memory.
 */
export function dynamically(
  engine: Engine,
  fn: object,
  args: readonly unknown[],
  tensors: readonly Tensor[],
  expand: Expand,
): Tree<Tensor> {
  let tape: Tape
  let isWhole = false
  const recordOnTape = (residents: Residents) => {
    tape = new Tape(residents)
    isWhole = false
    const recording = recordOn(tape, fn as (...args: unknown[]) => Tree<Tensor>, args)
    isWhole = true
    return recording
  }
  const once = () =>
    engine.recording(residents => {
      const recording = recordOnTape(residents)
      const { captures } = recording
      if (innermostTape([...tensors, ...captures])) return expand(recording, [...tensors, ...captures])
      const there = thereOf(tape, residents)
      const key = keyOf(recording, there)
      const path =
        (engine.known(key) as Path | undefined) ??
        engine.keep(
          key,
          compiled(engine, recording, tensors, expand, there, () => inOrder(there, tape, residents)),
        )
      residents.vacate()
      bringToPlace(residents.arena, path)
      return engine.run(path, tensors, residents.arena)
    })
  if (engine.isRecording) return once()
  try {
    return againWithLines(once, once, () => tape.values.length)
  } catch (error) {
    if (!(error instanceof BudgetError && isWhole)) throw error
    throw withFewer(engine, error, tape!.values.length, residents => {
      const recording = recordOnTape(residents)
      const there = thereOf(tape, residents)
      const { path, program } = wholeOf(recording, tensors, expand)
      const beginnings = {
        recorded: path.program,
        program,
        there,
        inOrder: () => inOrder(there, tape, residents),
      }
      return runsOn(beginnings, budgetOf(engine, engine.memoryBytes))
    })
  }
}

/** How many values are recorded in attempts with fewer bytes after a refusal, and how many attempts there are at most. */
const TRIALS = { values: 900, most: 8 }

/**
 * A refusal with the fewest bytes that are known to do. From what it names on, a plan of the whole path fits. With fewer it may
 * run on from what is there when it has been recorded, which depends on the bytes; so it is recorded with one page less after
 * another, until that fails, or the path is too long for another attempt.
 *
 * @param runsOn whether the path runs on from what is there in an arena.
 */
function withFewer(
  engine: Engine,
  error: BudgetError,
  values: number,
  runsOn: (residents: Residents) => boolean,
): BudgetError {
  const { memoryBytes = Number.POSITIVE_INFINITY } = engine
  let { leastBytes } = error
  for (let left = Math.min(TRIALS.most, Math.floor(TRIALS.values / values)); left > 0; left--) {
    const bytes = leastBytes - PAGE_BYTES
    if (bytes <= memoryBytes || !works(() => engine.trying(bytes, runsOn))) break
    leastBytes = bytes
  }
  if (leastBytes === error.leastBytes) return error
  const { parts, budgetBytes } = error
  return inPages(new BudgetError({ ...parts, budgetBytes, leastBytes }), memoryBytes)
}

function works(act: () => boolean): boolean {
  try {
    return act()
  } catch (error) {
    if (error instanceof BudgetError) return false
    throw error
  }
}

/** A recorded path, and what a transformation makes of it. */
function wholeOf(recording: Recording, tensors: readonly Tensor[], expand: Expand) {
  // Replaying it leaves every instruction of a folded program as it is, so its values are found again.
  const path = { ...recording, program: folded(recording.program) }
  const whole = record((...inputs: readonly Tensor[]) => expand(path, inputs), ...tensors.map(x => x.aval))
  return { path, ...whole }
}

const budgetOf = ({ spillBytes }: Engine, memoryBytes = Number.POSITIVE_INFINITY): Budget => ({
  memoryBytes,
  spillBytes,
})

function compiled(
  engine: Engine,
  recording: Recording,
  tensors: readonly Tensor[],
  expand: Expand,
  there: readonly Given[],
  inOrder: () => readonly Given[],
): Path {
  const { path, program, outputs } = wholeOf(recording, tensors, expand)
  const resumed = withinPages(engine.memoryBytes, bytes =>
    resume({ recorded: path.program, program, there, inOrder }, budgetOf(engine, bytes), engine.arithmetic),
  )
  return { ...resumed, outputs }
}

/**
 * What a compiled path depends on. What is resident, and where, depends on the recording and the budget alone, so calls that
 * take the same path find what one of them compiled.
 */
const keyOf = ({ program, inputs, outputs }: Recording, there: readonly Given[]): string =>
  hash([hashOf(program), JSON.stringify([inputs, outputs, there])])

/** The values that instructions of a tape have computed and that are still there. */
function thereOf(tape: Tape, residents: Residents): readonly Given[] {
  const lines = linesOf(tape)
  return residents.there.flatMap(storage => {
    const value = lines.get(storage)
    if (value === undefined || 'data' in storage.origin || !storage.block) return []
    return [{ value, offset: storage.block.offset, bytes: storage.bytes }]
  })
}

/** The same values in the order in which they would have left if memory had been short. They leave. */
function inOrder(there: readonly Given[], tape: Tape, residents: Residents): readonly Given[] {
  const lines = linesOf(tape)
  const rank = new Map(residents.vacateInOrder().map((storage, k) => [lines.get(storage), k]))
  return there.toSorted((a, b) => (rank.get(a.value) as number) - (rank.get(b.value) as number))
}

/** The first line of a tape that has each storage; others have it under another shape. */
function linesOf({ values }: Tape): ReadonlyMap<object, number> {
  const lines = new Map<object, number>()
  values.forEach((value, line) => {
    if (value && !lines.has(value.storage)) lines.set(value.storage, line)
  })
  return lines
}
