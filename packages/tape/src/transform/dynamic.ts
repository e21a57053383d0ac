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
import {
  bringToPlace,
  type Given,
  HollowArena,
  type JournalEntry,
  Residents,
  type Resumed,
  replayed,
  resume,
  runsOn,
  type Storage,
} from '../resident/index.js'
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
 * @param owner the transformation, as errors name it.
 * @throws {@link BudgetError} if the path does not fit the memory.
 */
export function dynamically(
  engine: Engine,
  fn: object,
  args: readonly unknown[],
  tensors: readonly Tensor[],
  expand: Expand,
  owner = 'record',
): Tree<Tensor> {
  let tape: Tape
  // of the last recording, if it came to its end
  let whole: Recorded | undefined
  const once = () =>
    engine.recording(residents => {
      tape = new Tape(residents)
      whole = undefined
      const recording = recordOn(tape, fn as (...args: unknown[]) => Tree<Tensor>, args, owner)
      whole = { tape, recording, journal: residents.journal }
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
    if (!(error instanceof BudgetError && whole)) throw error
    throw withFewer(engine, error, whole, wholeOf(whole.recording, tensors, expand))
  }
}

/** A path, and what happened to its values. */
interface Recorded {
  readonly tape: Tape
  readonly recording: Recording
  readonly journal: readonly JournalEntry[]
}

/** How many values there are in attempts with fewer bytes after a refusal, and how many attempts there are at most. */
const TRIALS = { values: 4000, most: 24 }

/**
 * A refusal with the fewest bytes that are known to do. From what it names on, a plan of the whole path fits. With fewer it may
 * run on from what is there when it has been recorded, which depends on the bytes; so what happened is gone through with one page
 * less after another, without memory, until the path does not run on, or it is too long for another attempt.
 */
function withFewer(
  engine: Engine,
  error: BudgetError,
  { tape, journal }: Recorded,
  { path, program }: ReturnType<typeof wholeOf>,
): BudgetError {
  const runsWithin = (bytes: number): boolean => {
    const residents = new Residents(new HollowArena(bytes), { arithmetic: engine.arithmetic })
    const before = replayed(journal, residents)
    const there = thereOf(tape, residents, before)
    const beginnings = {
      recorded: path.program,
      program,
      there,
      inOrder: () => inOrder(there, tape, residents, before),
    }
    return runsOn(beginnings, budgetOf(engine, bytes))
  }
  let { leastBytes } = error
  for (let left = Math.min(TRIALS.most, Math.floor(TRIALS.values / tape.values.length)); left > 0; left--) {
    const bytes = leastBytes - PAGE_BYTES
    if (!works(() => runsWithin(bytes))) break
    leastBytes = bytes
  }
  if (leastBytes === error.leastBytes) return error
  const { parts, budgetBytes } = error
  return inPages(program, new BudgetError({ ...parts, budgetBytes, leastBytes }), budgetBytes)
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
  const resumed = withinPages(program, engine.memoryBytes, bytes =>
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

/** Storages of a recording by those in their place, where what happened was gone through again. */
type Before = ReadonlyMap<Storage, Storage>

/** The values that instructions of a tape have computed and that are still there. */
function thereOf(tape: Tape, residents: Residents, before?: Before): readonly Given[] {
  const lines = linesOf(tape)
  return residents.there.flatMap(storage => {
    const value = lines.get(before?.get(storage) ?? storage)
    if (value === undefined || 'data' in storage.origin || !storage.block) return []
    return [{ value, offset: storage.block.offset, bytes: storage.bytes }]
  })
}

/** The same values in the order in which they would have left if memory had been short. They leave. */
function inOrder(
  there: readonly Given[],
  tape: Tape,
  residents: Residents,
  before?: Before,
): readonly Given[] {
  const lines = linesOf(tape)
  const lineOf = (storage: Storage) => lines.get(before?.get(storage) ?? storage)
  const rank = new Map(residents.vacateInOrder().map((storage, k) => [lineOf(storage), k]))
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
