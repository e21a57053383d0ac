import { type Arithmetic, add, compile, div, type Executable, record, type Tensor } from '@wengert/tape'

/** Vectors are worked on piece by piece; pieces of 64 KiB of f32 stay in the second-level cache. */
const PIECE_ELEMENTS = 16384

/** The dtypes of gradients. */
export type PartialDType = 'f32' | 'f64'

/** What is done to pieces of vectors of one or both dtypes. */
export interface PieceWork {
  /** Inputs: left and right piece of each dtype; outputs: their sums. */
  readonly sum: Executable
  /** Inputs: a piece of each dtype, and an f64 that all are divided by, with one rounding; outputs: the quotients. */
  readonly quotient: Executable
  /** Elements of a piece of each dtype; 0 for a dtype there is nothing of. */
  readonly elements: Readonly<Record<PartialDType, number>>
  /** Bytes in which either runs. */
  readonly bytes: number
}

const made = new Map<string, PieceWork>()

/** The work on pieces of vectors with so many elements of each dtype. */
export function pieceWork(
  vectorElements: Readonly<Record<PartialDType, number>>,
  arithmetic: Arithmetic,
): PieceWork {
  const elements = { f32: pieceOf(vectorElements.f32), f64: pieceOf(vectorElements.f64) }
  const key = `${elements.f32} ${elements.f64} ${arithmetic}`
  const known = made.get(key)
  if (known) return known
  const pieces = dtypesOf(elements).map(dtype => ({ dtype, shape: [elements[dtype]] }))
  const added = record(
    pairs => pairs.map(({ left, right }) => add(left, right)),
    pieces.map(piece => ({ left: piece, right: piece })),
  )
  // An f32 and the f64 that divides it have one quotient; dividing in f32 would round the divisor as well.
  const divided = record(
    (xs, divisor) => xs.map((x: Tensor) => div(x.convert('f64'), divisor).convert(x.dtype)),
    pieces,
    { dtype: 'f64', shape: [] },
  )
  const [sum, quotient] = [added, divided].map(({ program }) => compile(program, { arithmetic })) as [
    Executable,
    Executable,
  ]
  const work = { sum, quotient, elements, bytes: Math.max(sum.peakBytes, quotient.peakBytes) }
  made.set(key, work)
  return work
}

/** The dtypes there are elements of, in the order of the inputs. */
export const dtypesOf = (elements: Readonly<Record<PartialDType, number>>): readonly PartialDType[] =>
  (['f32', 'f64'] as const).filter(dtype => elements[dtype] > 0)

/** A power of two, so that there are few different ones. */
function pieceOf(elements: number): number {
  if (elements === 0) return 0
  return Math.min(PIECE_ELEMENTS, 2 ** Math.ceil(Math.log2(elements)))
}
