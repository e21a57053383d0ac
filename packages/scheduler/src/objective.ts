import {
  type Aval,
  callerLocation,
  formatAval,
  mul,
  type Program,
  RecordError,
  type Recording,
  type RowMixing,
  record,
  rowCounting,
  rowMixing,
  ShapeError,
  type Structure,
  simplify,
  sum,
  type Tensor,
  type Tree,
  unflatten,
  valueAndGrad,
  withLines,
} from '@wengert/tape'

/** A function of parameters and batch, with anything as its trees. */
export type RowFunction = (params: never, batch: never) => Tree<Tensor>

/** Avals and nesting of what a function is recorded for; batch avals are those of a single row. */
export interface Signature {
  readonly params: readonly Aval[]
  readonly paramsStructure: Structure
  readonly row: readonly Aval[]
  readonly batchStructure: Structure
}

/** A program for a number of rows. */
export interface RowProgram {
  readonly program: Program
  /** Structure of what it returns. */
  readonly outputs: Structure
}

/** Numbers of rows that a whole call has, and that its batch has, of which each shard is a part. */
export type Wholes = readonly number[]

/** A text that is equal for equal signatures. */
export const signatureKey = ({ params, paramsStructure, row, batchStructure }: Signature): string =>
  JSON.stringify([params.map(formatAval), paramsStructure, row.map(formatAval), batchStructure])

/**
 * Records Σ w·loss and its gradient. Inputs: parameters, batch, weights f32[rows] or f64[rows] (as the loss is);
 * outputs: gradient, then value.
 *
 * @throws {@link ShapeError} if the loss is not one number a row, combines rows, or fits none but all of them.
 */
export function recordGradient(
  loss: RowFunction,
  signature: Signature,
  rows: number,
  wholes: Wholes = [],
): RowProgram {
  const recordRows = recorderOf('loss', loss, signature, wholes)
  const recording = recordRows(rows)
  const weights = checkLoss(recording, rows, wholes)
  checkRows('loss', recordRows, signature)
  const call = loss as (params: Tree<Tensor>, batch: Tree<Tensor>) => Tensor
  return finish(
    record(
      (params, batch, w) => {
        const b = unflatten<Tree<Tensor>>(signature.batchStructure, batch)
        const total = (p: readonly Tensor[]) => sum(mul(w, call(unflatten(signature.paramsStructure, p), b)))
        const { value, gradient } = valueAndGrad(total)(params)
        return [gradient, value]
      },
      signature.params,
      batchAvals(signature, rows),
      weights,
    ),
  )
}

/**
 * Records a function that is mapped over rows. Inputs: parameters, batch.
 *
 * @throws {@link ShapeError} if an output does not have one entry a row in its first dimension.
 */
export function recordMap(
  fn: RowFunction,
  signature: Signature,
  rows: number,
  wholes: Wholes = [],
): RowProgram {
  const recordRows = recorderOf('mapped function', fn, signature, wholes)
  const recording = recordRows(rows)
  checkRows('mapped function', recordRows, signature)
  for (const output of recording.program.outputs) {
    const aval = recording.program.avals[output] as Aval
    if (aval.shape[0] === rows) continue
    throw new ShapeError({
      summary: `The mapped function returned ${formatAval(aval)} for ${rows} rows.`,
      expected: `one entry a row in the first dimension: ${aval.dtype}[${[rows, ...aval.shape.slice(1)].join(',')}]`,
      at: callerLocation(),
      fix: wholes.includes(aval.shape[0] as number)
        ? partOf('mapped function', rows, aval.shape[0] as number)
        : 'do not reduce over rows; reduce what the scheduler returns',
    })
  }
  return finish(recording)
}

const batchAvals = ({ row }: Signature, rows: number): readonly Aval[] =>
  row.map(({ dtype, shape }) => ({ dtype, shape: [rows, ...shape] }))

function recordTree(fn: RowFunction, signature: Signature, rows: number): Recording {
  const { params, paramsStructure, batchStructure } = signature
  return record(
    (p, b) => fn(unflatten(paramsStructure, p) as never, unflatten(batchStructure, b) as never),
    params,
    batchAvals(signature, rows),
  )
}

/** Records the function for a number of rows. Shapes that fit all rows, but not a part of them, are told apart. */
function recorderOf(what: string, fn: RowFunction, signature: Signature, wholes: Wholes): RecordRows {
  const fits = (rows: number) => {
    try {
      recordTree(fn, signature, rows)
      return true
    } catch {
      return false
    }
  }
  return rows => {
    try {
      return recordTree(fn, signature, rows)
    } catch (error) {
      if (!(error instanceof ShapeError)) throw error
      const whole = wholes.find(of => of !== rows && fits(of))
      if (whole === undefined) throw error
      throw new ShapeError({ ...error.parts, fix: partOf(what, rows, whole), cause: error })
    }
  }
}

type RecordRows = (rows: number) => Recording

const partOf = (what: string, rows: number, whole: number) =>
  `the ${what} sees ${rows} of ${whole} rows at a time, as rows are computed in shards: pass what belongs to rows with the batch`

/** The aval of the weights: that of the loss. */
function checkLoss({ program, outputs }: Recording, rows: number, wholes: Wholes): Aval {
  const aval = program.avals[program.outputs[0] as number]
  if (outputs === '*' && aval?.shape.length === 1 && aval.shape[0] === rows) {
    if (aval.dtype === 'f32' || aval.dtype === 'f64') return aval
  }
  const returned = outputs === '*' ? aval : undefined
  const found = returned ? formatAval(returned) : 'a tree of tensors'
  const of = wholes.find(whole => whole > rows)
  throw new ShapeError({
    summary: `The loss returned ${returned?.shape.length === 0 ? `a single number, ${found},` : found} for ${rows} rows.`,
    expected: `one number a row: f32[${rows}] or f64[${rows}]${of === undefined ? '' : `; it is given ${rows} of the ${of} rows at first`}`,
    at: callerLocation(),
    fix: lossFix(returned, rows, wholes),
    data: { rows, found },
  })
}

/** How to make one number a row of what a loss returned; nothing is given of a tree. */
function lossFix(returned: Aval | undefined, rows: number, wholes: Wholes): string {
  if (returned === undefined) return 'return one tensor, the losses of the rows'
  const [first, ...others] = returned.shape
  if (first === undefined)
    return 'leave out what joins the rows, such as `.mean()`, or join the other axes alone, `.mean({ axis: 1 })`; the scheduler averages or sums the rows (see `reduction`)'
  if (first === rows && others.length > 0)
    return 'join what each row has into one number, such as by `.mean({ axis: 1 })` or `.sum({ axis: 1 })`'
  if (first === rows) return "convert it, such as by `.convert('f32')`"
  if (others.length === 0 && wholes.includes(first)) return partOf('loss', rows, first)
  return 'return the losses of the rows; the scheduler averages or sums them (see `reduction`)'
}

/**
 * Rows are computed in shards, so what combines them, or draws for their places, would depend on the size of a shard.
 *
 * @throws {@link ShapeError} naming the instruction.
 */
function checkRows(what: string, recordRows: RecordRows, { params, row }: Signature): void {
  const rowwise = [...params.map(() => false), ...row.map(() => true)]
  // Whatever the size of a shard: in a single row nothing is combined.
  const find = () => {
    const { program } = recordRows(2)
    return { program, mixing: rowMixing(program, rowwise) }
  }
  const { program, mixing } = find()
  if (!mixing) {
    checkCount(what, recordRows, program, rowwise)
    return
  }
  const found = withLines(find).mixing ?? mixing
  throw new ShapeError(
    found.with === 'places'
      ? {
          summary: `The ${what} draws, or reads, numbers for the places of rows, but rows are computed in shards.`,
          expected: 'each row to draw by a key of its own, and numbers for rows to be part of the batch',
          at: placeOf(found),
          fix: 'give the batch an index, and map over both: `vmap((x, k) => dropout(foldIn(key, k), x, 0.5))(batch.x, batch.index)`',
        }
      : {
          summary: `The ${what} combines rows of the batch, but rows are computed in shards.`,
          expected: 'each row to depend on itself and the parameters alone',
          at: placeOf(found),
          fix: 'compute what needs all rows beforehand, and pass it with the parameters',
        },
  )
}

/** An instruction of a recording for 2 rows, as messages say it. */
const placeOf = ({ op, inputs, outputs, at }: Omit<RowMixing, 'with'>): string => {
  const written = (avals: readonly Aval[]) => avals.map(formatAval).join(', ')
  return `${written(outputs)} = ${op} ${written(inputs)}, of a batch of 2 rows${lineOf(at)}`
}

const lineOf = (at: string | undefined) => (at === undefined ? '' : `, recorded at ${at}`)

/**
 * What depends on the number of rows would depend on the size of a shard, such as a mean written by hand, or a sum of draws for
 * all rows.
 *
 * @throws {@link ShapeError} naming the number, or the instruction.
 */
function checkCount(what: string, recordRows: RecordRows, two: Program, rowwise: readonly boolean[]): void {
  const counting = rowCounting(two, recordRows(3).program, rowwise)
  if (!counting) return
  checkAgain(what, two, recordRows(2).program, rowwise)
  const found =
    withLines(() => rowCounting(recordRows(2).program, recordRows(3).program, rowwise)) ?? counting
  throw new ShapeError(
    found.with === 'number'
      ? {
          summary: `The ${what} reads the number of rows, but rows are computed in shards.`,
          expected: 'the same numbers however many rows there are',
          at: `${found.numbers[0]} for 2 rows, ${found.numbers[1]} for 3${lineOf(found.at)}`,
          fix: 'return one number a row, which the scheduler averages or sums (see `reduction`); and draw as many numbers however many rows there are',
        }
      : {
          summary: `The ${what} makes one value of as many numbers as there are rows, but rows are computed in shards.`,
          expected: 'the same draws and constants however many rows there are',
          at: placeOf(found),
          fix: 'draw as many however many rows there are, or for each row by a key of its own: `vmap((x, k) => x.add(normal(foldIn(key, k), x.shape)))(batch.x, batch.index)`',
        },
  )
}

/** @throws {@link ShapeError} naming a number that two recordings for as many rows do not share. */
function checkAgain(what: string, one: Program, other: Program, rowwise: readonly boolean[]): void {
  const found = rowCounting(one, other, rowwise)
  if (found?.with !== 'number') return
  throw new ShapeError({
    summary: `The ${what} reads other numbers each time it is recorded, which it is for each size of a shard.`,
    expected: 'the same numbers each time',
    at: `${found.numbers[0]} at first, ${found.numbers[1]} then`,
    fix: 'draw with a key, `normal(key, [4])`, instead of `Math.random()`, and pass what changes with the parameters',
  })
}

function finish({ program, outputs, captures }: Recording): RowProgram {
  if (captures.length === 0) return { program: simplify(program), outputs }
  throw new RecordError({
    summary: 'A function given to the scheduler reads tensors of a recording that is under way.',
    expected: 'tensors that have been computed',
    at: callerLocation(),
    fix: 'call the scheduler outside of recorded functions',
  })
}
