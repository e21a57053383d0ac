import {
  type Arithmetic,
  type Aval,
  BudgetError,
  bytesOf,
  compile,
  costOf,
  type Executable,
  type Explanation,
  explain,
  type Program,
  plansOf,
} from '@wengert/tape'
import type { RowProgram, Signature, Wholes } from './objective.js'
import { parcelBytes } from './parcel.js'
import { type Shard, shardRows, shardsOf } from './shard.js'

/** Rows of the program that is recorded to learn what a row costs, beside one of half as many. */
const PROBE_ROWS = 64

/** Executables that are kept for one function at one signature; the oldest goes first. */
const MOST_KEPT = 32

/** How programs are compiled. */
export interface Compilation {
  readonly arithmetic: Arithmetic
  readonly shared: boolean
  /** Bytes of the store of a lane; 0 if there is none. */
  readonly spillBytes: number
}

/** Records a function for rows that are a part of so many. */
type RecordRows = (rows: number, wholes: Wholes) => RowProgram

/** A function at a signature: what it is recorded, planned and compiled to, for any number of rows. */
export class Plans {
  readonly #record: RecordRows
  readonly #signature: Signature
  readonly #compilation: Compilation
  readonly #programs = new Map<number, RowProgram>()
  readonly #executables = new Map<string, Executable>()
  readonly #shards = new Map<number, readonly Shard[]>()
  readonly #ampleCosts = new Map<number, number>()

  constructor(record: RecordRows, signature: Signature, compilation: Compilation) {
    this.#record = record
    this.#signature = signature
    this.#compilation = compilation
  }

  /** The same of nothing that was recorded yet. */
  anew(): Plans {
    return new Plans(this.#record, this.#signature, this.#compilation)
  }

  /** The program for so many rows, of which errors say what they are a part of. */
  program(rows: number, wholes: Wholes = []): RowProgram {
    return kept(this.#programs, rows, () => this.#record(rows, wholes))
  }

  /**
   * Cuts so many rows into shards; depends on the program and the rows alone.
   *
   * @param batchRows rows of the batch that they are of
   */
  shards(rows: number, batchRows: number): readonly Shard[] {
    return kept(this.#shards, rows, () => this.#cut(rows, [rows, batchRows]))
  }

  #cut(rows: number, wholes: Wholes): readonly Shard[] {
    const probe = Math.min(rows, PROBE_ROWS)
    const { program } = this.program(probe, wholes)
    const parameterBytes = this.#signature.params.reduce((bytes, aval) => bytes + bytesOf(aval), 0)
    const valueBytes = program.avals.reduce((bytes, aval) => bytes + bytesOf(aval), 0)
    const fewer = Math.floor(probe / 2)
    const cost = costOf(program)
    const flopPerRow =
      fewer === 0 ? cost : (cost - costOf(this.program(fewer, wholes).program)) / (probe - fewer)
    const size = shardRows({
      rows,
      flopPerRow,
      fixedFlop: Math.max(0, cost - probe * flopPerRow),
      parameterBytes,
      bytesPerRow: Math.max(0, valueBytes - parameterBytes) / probe,
    })
    return shardsOf(rows, size)
  }

  /**
   * An executable for each number of rows among the shards, for arenas of so many bytes.
   *
   * @throws {@link BudgetError} whose `leastBytes` will do for all of them.
   */
  executables(shards: readonly Shard[], laneBytes: number): ReadonlyMap<number, Executable> {
    return bySize(shards, rows => this.#compile(rows, laneBytes))
  }

  /** What {@link Plans.executables} would be, explained. */
  explanations(shards: readonly Shard[], laneBytes: number): ReadonlyMap<number, Explanation> {
    const { spillBytes } = this.#compilation
    return bySize(shards, rows => {
      const { program } = this.program(rows)
      return explain(program, { memoryBytes: laneBytes, spillBytes, pinned: this.#pinned(program) })
    })
  }

  /** FLOP of so many rows where memory is ample. */
  ampleCost(rows: number): number {
    return kept(this.#ampleCosts, rows, () => {
      const { program } = this.program(rows)
      const { cost, extraCost } = plansOf(program, this.#pinned(program))(Number.POSITIVE_INFINITY).chosen
      return cost + extraCost
    })
  }

  /** Bytes of a parcel that holds whatever travels for these shards. */
  parcelBytes(shards: readonly Shard[]): number {
    const { params } = this.#signature
    const largest = Math.max(...shards.map(shard => shard.rows))
    const { program } = this.program(largest)
    const avalsOf = (values: readonly number[]) => values.map(value => program.avals[value] as Aval)
    return Math.max(
      parcelBytes(params),
      parcelBytes(avalsOf(program.inputs.slice(params.length))),
      parcelBytes(avalsOf(program.outputs)),
    )
  }

  #pinned({ inputs }: Program): readonly boolean[] {
    return inputs.map((_, k) => k < this.#signature.params.length)
  }

  #compile(rows: number, laneBytes: number): Executable {
    const { program } = this.program(rows)
    return kept(this.#executables, `${rows} ${laneBytes}`, () =>
      compile(program, { memoryBytes: laneBytes, pinned: this.#pinned(program), ...this.#compilation }),
    )
  }
}

/**
 * Something for each number of rows among shards.
 *
 * @throws {@link BudgetError} whose `leastBytes` will do for all of them.
 */
function bySize<T>(shards: readonly Shard[], make: (rows: number) => T): ReadonlyMap<number, T> {
  const found = new Map<number, T>()
  let tightest: BudgetError | undefined
  for (const rows of new Set(shards.map(shard => shard.rows))) {
    try {
      found.set(rows, make(rows))
    } catch (error) {
      if (!(error instanceof BudgetError)) throw error
      if (!tightest || error.leastBytes > tightest.leastBytes) tightest = error
    }
  }
  if (tightest) throw tightest
  return found
}

/** The value of a key, made at the first call and then kept, the oldest not for ever. */
export function kept<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = make()
  map.set(key, made)
  if (map.size > MOST_KEPT) map.delete(map.keys().next().value as K)
  return made
}
