import { BudgetError } from '../errors.js'
import {
  type Aval,
  avalsOf,
  countBytes,
  type Data,
  formatByteSize,
  type Instruction,
  opOf,
  type Params,
  viewOf,
} from '../program/index.js'
import { type Arithmetic, compileWithin, describe, encode, inPages, instructionAlone } from '../run/index.js'
import { type Block, Blocks } from './blocks.js'
import { Eviction } from './eviction.js'
import type { ArenaLike } from './hollow-arena.js'
import { type Alias, needBytesOf, type Single, singleOf, slotOf, withoutHistory } from './single.js'
import { sliceOf } from './slice.js'
import type { JournalEntry, Origin, Producer, Storage, Value } from './value.js'

/** How {@link Residents} keep values. */
export interface ResidentsOptions {
  /** Default `'fast'`. */
  readonly arithmetic?: Arithmetic | undefined
  /** Bytes up to which values are kept; one instruction may need more. Default: all that the arena may have. */
  readonly keepBytes?: number | undefined
}

/**
 * The values of programs while they are recorded with values: all of them lie in one arena, each instruction is computed in
 * place, and what there is no room for leaves and is computed again when it is read. What cannot be computed within the arena
 * at all is lost, with what depends on it, which is an error once it is read: a path that reads no such value is recorded
 * to its end, so that it is known how many bytes it takes as a whole.
 *
 * @example
 * const residents = new Residents(new Arena({ maximumBytes: 2 ** 16 }))
 * const aval = { dtype: 'f32', shape: [2] }
 * const x = residents.given(aval, () => new Float32Array([1, 2]))
 * const [y] = residents.compute('add', [x, x], {})
 * Array.from(residents.read(y)) // → [2, 4]
 */
export class Residents<A extends ArenaLike = ArenaLike> {
  readonly arena: A
  /** What happened, in order, so that the same can happen within other bytes. */
  readonly journal: JournalEntry[] = []
  readonly #arithmetic: Arithmetic
  readonly #keepBytes: number
  readonly #blocks: Blocks
  readonly #eviction = new Eviction()
  #count = 0
  /** What the most bytes are wanted for of what there was no room for. */
  #refused: BudgetError | undefined

  constructor(arena: A, { arithmetic = 'fast', keepBytes }: ResidentsOptions = {}) {
    this.arena = arena
    this.#arithmetic = arithmetic
    this.#keepBytes = Math.min(keepBytes ?? arena.maximumBytes, arena.maximumBytes)
    this.#blocks = new Blocks(arena.maximumBytes)
  }

  /** A value that is copied in when it is read; the data must not change. */
  given(aval: Aval, data: () => Data): Value {
    const value = this.#value(aval, { data })
    this.journal.push({ kind: 'given', aval, data, results: [value] })
    return value
  }

  /**
   * Computes an instruction; its results are lost where the arena cannot hold it with its operands. Results that its pullback
   * alone reads are left to be computed when they are read.
   *
   * @param at the line of the user's code, where lines are looked up.
   */
  compute(op: string, operands: readonly Value[], params: Params, at?: string): readonly Value[] {
    const results = this.#compute(op, operands, params, at)
    this.journal.push({ kind: 'computed', op, operands, params, at, results })
    return results
  }

  #compute(op: string, operands: readonly Value[], params: Params, at: string | undefined): readonly Value[] {
    const lean = withoutHistory(op, params)
    const first = this.#single(op, operands, lean)
    if (!first.unit) {
      const { storage } = operands[0] as Value
      return first.outputs.map(aval => ({ storage, aval }))
    }
    const { cost } = first.unit
    const producer = (params: Params, single: () => Single) =>
      new Instructed({ op, params, operands, cost, at }, one => this.#fitting(single(), one))
    const leanly = producer(lean, () => first)
    const isLean = lean === params
    const wholly = isLean ? leanly : producer(params, () => this.#single(op, operands, params) as Single)
    const count = first.outputs.length
    const avals = isLean ? first.outputs : opOf(op).infer(avalsOf(operands), params)
    const results = avals.map((aval, k) => this.#value(aval, k < count ? leanly : wholly))
    results.forEach(({ storage }, k) => {
      if (k < count) leanly.results.push(storage)
      if (!isLean) wholly.results.push(storage)
    })
    for (const { storage } of operands) storage.readers.push(wholly)
    if (!this.#hasRoom(leanly)) for (const { storage } of results) storage.lost = true
    return results
  }

  /**
   * A copy of a value, which is computed again if it has left.
   *
   * @throws {@link BudgetError} if no plan for it fits the arena, with the fewest bytes that take the path so far.
   */
  read(value: Value): Data {
    const { storage, aval } = value
    this.touch(value)
    if ('data' in storage.origin) return storage.origin.data()
    return viewOf(aval, this.arena.memory.buffer, (storage.block as Block).offset).slice()
  }

  /** Makes a value resident that is to be read, as {@link read} does. */
  touch(value: Value): void {
    const { storage } = value
    if ('data' in storage.origin) return
    this.journal.push({ kind: 'read', value })
    if (!storage.block) this.#makeToRead(storage.origin)
    this.#eviction.use([storage], 0)
  }

  /** What is resident, in the order in which it was recorded. */
  get there(): readonly Storage[] {
    return [...this.#eviction.resident].sort((a, b) => a.id - b.id)
  }

  /** Makes all of the arena free. */
  vacate(): void {
    this.journal.push({ kind: 'vacated' })
    this.#vacate()
  }

  #vacate(): void {
    for (const storage of this.there) {
      storage.block = undefined
      this.#eviction.leave(storage)
    }
    this.#blocks.clear()
  }

  /** As {@link vacate}; what was there, in the order in which it would have left if memory had been short. */
  vacateInOrder(): readonly Storage[] {
    const left: Storage[] = []
    for (let next = this.#eviction.next(); next; next = this.#eviction.next()) {
      this.#evict(next)
      left.push(next)
    }
    return left
  }

  #value(aval: Aval, origin: Origin): Value {
    const storage: Storage = {
      id: this.#count++,
      aval,
      bytes: slotOf(aval),
      origin,
      readers: [],
      block: undefined,
      usedAt: 0,
      element: -1,
      holds: 0,
      lost: false,
    }
    return { aval, storage }
  }

  #single(op: string, operands: readonly Value[], params: Params): Single | Alias {
    const limitBytes = this.arena.maximumBytes
    const operandBytes = bytesOfEach(operands)
    return singleOf(op, avalsOf(operands), params, this.#arithmetic, { operandBytes, limitBytes })
  }

  /** @throws BudgetError if the instruction does not fit the arena with its operands. */
  #fitting(single: Single, { op, operands, params, at }: Producer): Single {
    const limitBytes = this.arena.maximumBytes
    const leastBytes = bytesOfEach(operands) + needBytesOf(single)
    if (leastBytes <= limitBytes) return single
    const program = instructionAlone(op, avalsOf(operands), params)
    const [instruction] = program.instructions as [Instruction]
    const where = describe(program, at === undefined ? instruction : { ...instruction, at })
    const refused = new BudgetError({ summary: '', at: where, budgetBytes: limitBytes, leastBytes })
    throw inPages(program, refused, limitBytes)
  }

  /** Computes the results of an instruction as it is recorded; whether there was room. For what is lost no plan is sought. */
  #hasRoom(target: Producer): boolean {
    try {
      target.single()
      if (target.operands.some(({ storage }) => storage.lost)) return false
      this.#make(target)
      return true
    } catch (error) {
      if (!(error instanceof BudgetError)) throw error
      if (error.leastBytes > (this.#refused?.leastBytes ?? 0)) this.#refused = error
      return false
    }
  }

  /** Computes a value that is read, or says what its path has come to need. */
  #makeToRead(origin: Producer): void {
    try {
      this.#make(origin)
    } catch (error) {
      throw error instanceof BudgetError ? pathEnds(error, this.#refused) : error
    }
  }

  /**
   * Computes the results of an instruction, and what it needs of what has left.
   *
   * @throws {@link BudgetError} if there is no room.
   */
  #make(target: Producer): void {
    target.single()
    if (!this.#recur(target)) this.#planned(target)
  }

  /** As it comes: operands first, each held until it is read. Whether there was room. */
  #recur(target: Producer): boolean {
    const stack = [{ producer: target, held: 0 }]
    const release = ({ producer, held }: (typeof stack)[number]) => {
      for (const { storage } of producer.operands.slice(0, held)) storage.holds--
    }
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const storage = top.producer.operands[top.held]?.storage
      let room = true
      if (!storage) {
        room = this.#run(top.producer)
        if (room) release(stack.pop() as typeof top)
      } else if (storage.block) {
        storage.holds++
        top.held++
      } else if ('data' in storage.origin) {
        room = this.#load(storage, storage.origin.data())
      } else if (storage.lost) {
        room = false
      } else {
        stack.push({ producer: storage.origin, held: 0 })
      }
      if (!room) {
        stack.forEach(release)
        return false
      }
    }
    return true
  }

  /**
   * From nothing but data, by a plan: where operands wait for one another and fill the arena.
   *
   * @throws {@link BudgetError} if no plan fits the arena.
   */
  #planned(target: Producer): void {
    const { program, inputs, outputs } = sliceOf(target)
    const executable = compileWithin(program, this.arena.maximumBytes, { arithmetic: this.#arithmetic })
    this.#vacate()
    this.arena.load(executable)
    inputs.forEach(({ origin }, k) => {
      if ('data' in origin) this.arena.write(k, origin.data())
    })
    this.arena.run()
    outputs.forEach((storage, k) => {
      const { offset } = executable.outputs[k] as { offset: number }
      storage.lost = false
      this.#enter(storage, this.#blocks.takeAt(offset, storage.bytes))
    })
    this.#eviction.use(outputs, executable.cost + executable.extraCost)
  }

  /** Runs an instruction whose operands are resident; whether there was room. */
  #run(producer: Producer): boolean {
    const single = producer.single()
    const operands = storagesOf(producer.operands)
    const results = producer.results.slice(0, single.outputs.length)
    const missing = results.filter(({ block }) => !block)
    for (const storage of results) storage.holds++
    const room = this.#take([...missing.map(({ bytes }) => bytes), single.scratchBytes + single.recordBytes])
    for (const storage of results) storage.holds--
    if (!room) return false
    missing.forEach((storage, k) => {
      this.#enter(storage, room[k] as Block)
    })
    const { offset: scratch } = room.at(-1) as Block
    const offsets = (storages: readonly Storage[]) => storages.map(({ block }) => (block as Block).offset)
    const calls = single.unit.calls({ inputs: offsets(operands), outputs: offsets(results), scratch })
    this.arena.call(single.module, encode(calls, single.keys), scratch + single.scratchBytes)
    this.#blocks.give(room.at(-1) as Block)
    this.#eviction.use([...operands, ...results], producer.cost)
    return true
  }

  #load(storage: Storage, data: Data): boolean {
    const block = this.#take([storage.bytes])?.[0]
    if (!block) return false
    this.arena.put(block.offset, new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    this.#enter(storage, block)
    this.#eviction.use([storage], storage.bytes)
    return true
  }

  /** Blocks of so many bytes, for which others leave or move; undefined if what is held leaves no room. */
  #take(sizes: readonly number[]): readonly Block[] | undefined {
    const bytes = sum(sizes)
    const limit = this.#blocks.limitBytes
    while (limit - this.#blocks.freeBytes + bytes > this.#keepBytes) {
      const victim = this.#eviction.next()
      if (!victim) break
      this.#evict(victim)
    }
    if (this.#blocks.freeBytes < bytes) return undefined
    const blocks = this.#takeNow(sizes) ?? this.#takeCompacted(sizes)
    this.arena.reserve(Math.max(...blocks.map(({ offset, bytes }) => offset + bytes)))
    return blocks
  }

  #takeNow(sizes: readonly number[]): readonly Block[] | undefined {
    const taken: Block[] = []
    for (const bytes of sizes) {
      const block = this.#blocks.take(bytes)
      if (!block) {
        for (const one of taken) this.#blocks.give(one)
        return undefined
      }
      taken.push(block)
    }
    return taken
  }

  #takeCompacted(sizes: readonly number[]): readonly Block[] {
    this.#blocks.compact((from, to, bytes) => this.arena.move(from, to, bytes))
    return this.#takeNow(sizes) as readonly Block[]
  }

  #enter(storage: Storage, block: Block): void {
    storage.block = block
    this.#eviction.enter(storage)
  }

  #evict(storage: Storage): void {
    this.#blocks.give(storage.block as Block)
    storage.block = undefined
    this.#eviction.leave(storage)
  }
}

/** An instruction as it was recorded. */
class Instructed implements Producer {
  readonly op: string
  readonly params: Params
  readonly operands: readonly Value[]
  readonly results: Storage[] = []
  readonly cost: number
  readonly at: string | undefined
  readonly #fitting: (producer: Producer) => Single
  #single: Single | undefined

  constructor(parts: Omit<Producer, 'results' | 'single'>, fitting: (producer: Producer) => Single) {
    this.op = parts.op
    this.params = parts.params
    this.operands = parts.operands
    this.cost = parts.cost
    this.at = parts.at
    this.#fitting = fitting
  }

  single(): Single {
    this.#single ??= this.#fitting(this)
    return this.#single
  }
}

const storagesOf = (values: readonly Value[]): Storage[] => values.map(({ storage }) => storage)

/** Bytes of values, of each storage once. */
const bytesOfEach = (values: readonly Value[]): number =>
  sum([...new Set(storagesOf(values))].map(({ bytes }) => bytes))

/** What is read cannot be computed, so that nobody knows what the function would record after it. */
function pathEnds(error: BudgetError, refused: BudgetError | undefined): BudgetError {
  const { budgetBytes } = error
  const most = refused && refused.leastBytes > error.leastBytes ? refused : error
  const bytes = formatByteSize(most.leastBytes, 'up')
  return new BudgetError({
    ...most.parts,
    summary: `No plan fits ${countBytes(budgetBytes)} for a value that the function reads, so its path is not known beyond.`,
    expected: `at least ${most.leastBytes} bytes for the path up to there`,
    fix: `give it ${most.leastBytes} bytes (${bytes}) or more, since the rest of the path may need more; or read fewer values`,
    budgetBytes,
    leastBytes: most.leastBytes,
  })
}

const sum = (numbers: readonly number[]): number => numbers.reduce((so, one) => so + one, 0)
