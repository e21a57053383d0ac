import { type Arithmetic, add, compile, type Executable, record } from '@wengert/tape'

/** Vectors are added piece by piece; pieces of 64 KiB of f32 stay in the second-level cache. */
const PIECE_ELEMENTS = 16384

/** The dtypes of gradients. */
export type PartialDType = 'f32' | 'f64'

/** Adds pieces of vectors of one or both dtypes. */
export interface Adder {
  /** Inputs: left and right piece of each dtype; outputs: their sums. */
  readonly executable: Executable
  /** Elements of a piece of each dtype; 0 for a dtype there is nothing of. */
  readonly pieceElements: Readonly<Record<PartialDType, number>>
}

const adders = new Map<string, Adder>()

/** The adder for vectors with so many elements of each dtype. */
export function adderFor(elements: Readonly<Record<PartialDType, number>>, arithmetic: Arithmetic): Adder {
  const pieceElements = { f32: pieceOf(elements.f32), f64: pieceOf(elements.f64) }
  const key = `${pieceElements.f32} ${pieceElements.f64} ${arithmetic}`
  const known = adders.get(key)
  if (known) return known
  const pieces = dtypesOf(pieceElements).flatMap(dtype => {
    const piece = { dtype, shape: [pieceElements[dtype]] }
    return [{ left: piece, right: piece }]
  })
  const { program } = record(pairs => pairs.map(({ left, right }) => add(left, right)), pieces)
  const adder = { executable: compile(program, { arithmetic }), pieceElements }
  adders.set(key, adder)
  return adder
}

/** The dtypes there are elements of, in the order of an adder's inputs. */
export const dtypesOf = (elements: Readonly<Record<PartialDType, number>>): readonly PartialDType[] =>
  (['f32', 'f64'] as const).filter(dtype => elements[dtype] > 0)

/** A power of two, so that there are few different adders. */
function pieceOf(elements: number): number {
  if (elements === 0) return 0
  return Math.min(PIECE_ELEMENTS, 2 ** Math.ceil(Math.log2(elements)))
}
