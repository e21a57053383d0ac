import { callerLocation, checkArgument, OptionError, shown } from '@wengert/tape'
import { checkLength, checkRows, isList } from '../arguments.js'
import { permutationOf } from '../random/index.js'

/** Streams of the seed: weights use the low ones, the order of epochs the high ones. */
const [EPOCH_STREAM, SPLIT_STREAM] = [0x80000000, 0x7fffffff]

/**
 * The rows of an epoch in random order; every epoch has another.
 *
 * @param rows row numbers, or how many rows there are.
 * @example
 * shuffled(4, 7, 0).toSorted() // → [0, 1, 2, 3]
 * shuffled([10, 20], 7, 1).toSorted() // → [10, 20]
 */
export function shuffled(rows: number | ArrayLike<number>, seed: number, epoch: number): Int32Array {
  checkRows('shuffled', rows)
  checkLength('shuffled', 'the epoch', epoch)
  const order = permutationOf(typeof rows === 'number' ? rows : rows.length, {
    seed,
    stream: EPOCH_STREAM + epoch,
  })
  return typeof rows === 'number' ? order : order.map(place => rows[place] as number)
}

/** Rows to learn from and rows to test with. */
export interface Split {
  readonly train: Int32Array
  readonly test: Int32Array
}

/**
 * Draws rows to test with, so that each class has its share among them: ⌊count · testRows / rows⌋ of every class,
 * and one more of the classes with the largest remainders.
 *
 * @param labels class of each row.
 * @returns both in ascending order.
 * @throws OptionError unless there is a row or more for either.
 * @example
 * splitRows([0, 0, 1, 1, 1, 1], 3, 7).test.length // → 3
 * splitRows([0, 0, 1, 1], 2, 7).test.map(row => [0, 0, 1, 1][row]) // → [0, 1]
 */
export function splitRows(labels: ArrayLike<number>, testRows: number, seed: number): Split {
  checkArgument('splitRows', 'the labels', labels, isList(labels), 'the class of each row')
  const rows = labels.length
  if (!Number.isInteger(testRows) || testRows < 1 || testRows >= rows) {
    throw new OptionError({
      summary: `splitRows: ${shown(testRows)} of ${rows} rows cannot be set apart.`,
      expected: `a whole number from 1 to ${rows - 1}`,
      at: callerLocation(),
      data: { option: 'testRows' },
    })
  }
  const classes = new Map<number, number[]>()
  for (const row of permutationOf(rows, { seed, stream: SPLIT_STREAM })) {
    const label = labels[row] as number
    const members = classes.get(label) ?? []
    members.push(row)
    classes.set(label, members)
  }
  const shares = [...classes].map(([label, members]) => {
    const whole = Math.floor((members.length * testRows) / rows)
    return { label, members, whole, rest: (members.length * testRows) % rows }
  })
  const missing = testRows - shares.reduce((sum, { whole }) => sum + whole, 0)
  shares.sort((a, b) => b.rest - a.rest || a.label - b.label)
  const chosen = shares.map(({ members, whole }, k) => members.slice(0, whole + (k < missing ? 1 : 0)))
  const test = Int32Array.from(chosen.flat()).sort()
  const apart = new Set(test)
  return { train: Int32Array.from({ length: rows }, (_, row) => row).filter(row => !apart.has(row)), test }
}

/**
 * Cuts rows into batches; the last one may be shorter.
 *
 * @throws OptionError for a size that is not a whole number above 0.
 * @example
 * batches(Int32Array.of(5, 6, 7), 2).map(rows => [...rows]) // → [[5, 6], [7]]
 */
export function batches(rows: Int32Array, size: number): readonly Int32Array[] {
  checkArgument('batches', 'the rows', rows, rows instanceof Int32Array, 'an Int32Array, as of `shuffled`')
  if (!Number.isInteger(size) || size < 1) {
    throw new OptionError({
      summary: `batches: \`size\` is ${shown(size)}.`,
      expected: 'a whole number above 0',
      at: callerLocation(),
      data: { option: 'size' },
    })
  }
  return Array.from({ length: Math.ceil(rows.length / size) }, (_, k) =>
    rows.subarray(k * size, (k + 1) * size),
  )
}
