import { hash, hashOf } from '../program/index.js'
import {
  dataOf,
  innermostTape,
  type Recording,
  record,
  recordOn,
  Tape,
  type Tensor,
  type Tree,
} from '../record/index.js'
import { type Given, type Residents, type Resumed, resume, settle } from '../resident/index.js'
import { correspondence } from '../rewrite/index.js'
import type { Compiled, Engine } from './engine.js'

/** What a transformation makes of a recorded function: the tensors of its result, emitted from tensors. */
export type Expand = (recording: Recording, inputs: readonly Tensor[]) => Tree<Tensor>

/** A compiled path that runs on from values of its recording. */
interface Path extends Compiled, Resumed {}

/**
 * Define by run: records a function on values, within the arena in which they then lie, and runs on from there: what the
 * transformation makes of the path is planned with what is resident.
 *
 * @throws {@link BudgetError} if an instruction does not fit the memory, or the path as a whole.
 */
export function dynamically(
  engine: Engine,
  fn: object,
  args: readonly unknown[],
  tensors: readonly Tensor[],
  expand: Expand,
): Tree<Tensor> {
  return engine.recording(residents => {
    const tape = new Tape(residents)
    const recording = recordOn(tape, fn as (...args: unknown[]) => Tree<Tensor>, args)
    const { captures } = recording
    if (innermostTape([...tensors, ...captures])) return expand(recording, [...tensors, ...captures])
    const there = residentOf(tape, residents)
    const path = pathOf(engine, recording, tensors, expand, there)
    const data = tensors.map(x => dataOf(x))
    if (settle(residents.arena, path, there)) return engine.runIn(residents.arena, path, data)
    return engine.runIn(residents.arena, pathOf(engine, recording, tensors, expand, []), data)
  })
}

/** The values of a tape that lie in its arena, in the order in which they would have left. The arena is free then. */
function residentOf(tape: Tape, residents: Residents): readonly Given[] {
  const values = new Map<object, number>()
  tape.values.forEach((value, line) => {
    if (value && !values.has(value.storage)) values.set(value.storage, line)
  })
  const offsets = new Map<object, number>()
  for (const { storage } of tape.values.filter(value => value !== undefined)) {
    if (storage.block) offsets.set(storage, storage.block.offset)
  }
  return residents.vacate().flatMap(storage => {
    const value = values.get(storage)
    if (value === undefined || 'data' in storage.origin) return []
    return [{ value, offset: offsets.get(storage) as number, bytes: storage.bytes }]
  })
}

/**
 * The compiled path of a recording. Values leave an arena in an order that depends on the recording and the budget alone,
 * so calls that take the same path find what one of them compiled.
 */
function pathOf(
  engine: Engine,
  recording: Recording,
  tensors: readonly Tensor[],
  expand: Expand,
  there: readonly Given[],
): Path {
  const { program, inputs, outputs } = recording
  const key = hash([JSON.stringify([inputs, outputs, there.map(({ value }) => value)]), hashOf(program)])
  const known = engine.known(key) as Path | undefined
  if (known) return known
  const whole = record(
    (...inputs: readonly Tensor[]) => expand(recording, inputs),
    ...tensors.map(x => x.aval),
  )
  const same = correspondence(program, whole.program)
  const found = there.flatMap((one, k) => {
    const value = same[one.value]
    return value === undefined ? [] : [{ k, given: { ...one, value } }]
  })
  const { executable, given } = resume(
    whole.program,
    found.map(({ given }) => given),
    engine.memoryBytes,
    engine.arithmetic,
  )
  return engine.keep(key, {
    executable,
    given: given.map(k => (found[k] as { k: number }).k),
    outputs: whole.outputs,
  })
}
