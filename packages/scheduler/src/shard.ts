/** Consecutive rows of a call that one lane computes at once. */
export interface Shard {
  /** Place in the reduction tree. */
  readonly index: number
  /** First row, counted in the rows of the call. */
  readonly from: number
  /** Number of rows. */
  readonly rows: number
}

/** What the size of a shard depends on: facts of the program and the batch, never of lanes or budget. */
export interface ShardFacts {
  /** Rows of the whole call. */
  readonly rows: number
  /** FLOP that one more row costs. */
  readonly flopPerRow: number
  /** FLOP of a shard whatever its rows: in a loop, what each step does to parameters and their gradient. */
  readonly fixedFlop: number
  /** Bytes of the parameters; those of a partial gradient are as many. */
  readonly parameterBytes: number
  /** Bytes of all values of the program that one more row adds. */
  readonly bytesPerRow: number
}

/** A message to a worker and back, 50 µs, in FLOP of a core at 25 GFLOP/s. */
const MESSAGE_FLOP = 1.25e6

/**
 * Moving a byte of parameters once for every shard: packing them for the products, copying the partial gradient
 * out and adding it. Together about 1 ns, in FLOP of the same core.
 */
const FLOP_PER_PARAMETER_BYTE = 25

/** As many shards are kept, as long as the overhead of each stays below an eighth. */
const SHARDS_WANTED = 32

/** The values of a shard shall fit an arena several times over, whatever the plan. */
const LARGEST_SHARD_BYTES = 2 ** 29

/**
 * Rows of a shard: a power of two, or all rows when there are fewer.
 *
 * Let o be the number of rows whose FLOP equal the overhead of a shard. A shard of o rows wastes half the time,
 * one of all N rows uses one core. Their geometric mean r = √(oN) is taken: the share of overhead o/r and the
 * share of the batch in one shard r/N are then both √(o/N). From 8o rows on a larger shard gains little, so there
 * more shards are preferred: r ≤ max(8o, N/32). Squares instead of roots keep the result free of rounding.
 *
 * @example
 * shardRows({ rows: 8192, flopPerRow: 1.2e6, fixedFlop: 2.4e6, parameterBytes: 1_077_288, bytesPerRow: 9000 }) // → 256
 * shardRows({ rows: 5, flopPerRow: 100, fixedFlop: 0, parameterBytes: 40, bytesPerRow: 80 }) // → 5
 */
export function shardRows({ rows, flopPerRow, fixedFlop, parameterBytes, bytesPerRow }: ShardFacts): number {
  const overheadFlop = MESSAGE_FLOP + FLOP_PER_PARAMETER_BYTE * parameterBytes + fixedFlop
  const overheadRows = overheadFlop / Math.max(1, flopPerRow)
  const most = Math.min(
    Math.max(8 * overheadRows, rows / SHARDS_WANTED),
    LARGEST_SHARD_BYTES / Math.max(1, bytesPerRow),
  )
  // The power of two nearest to √(oN) by ratio: the largest with r² ≤ 2oN.
  let size = 1
  while (2 * size <= most && 4 * size * size <= 2 * overheadRows * rows && size < rows) size *= 2
  return Math.min(size, rows)
}

/**
 * Cuts rows into shards of equal size; the last one may be shorter and is never padded.
 *
 * @example
 * shardsOf(10, 4).map(({ rows }) => rows) // → [4, 4, 2]
 */
export function shardsOf(rows: number, rowsPerShard: number): readonly Shard[] {
  const shards: Shard[] = []
  for (let from = 0; from < rows; from += rowsPerShard) {
    shards.push({ index: shards.length, from, rows: Math.min(rowsPerShard, rows - from) })
  }
  return shards
}
