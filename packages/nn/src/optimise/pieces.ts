/**
 * An optimiser's step in bounded memory. An elementwise rule may be applied to any cut of the parameters with the
 * same bits, so one small executable is run over pieces of one length; the last piece of a parameter is padded.
 */
import {
  Arena,
  type Arithmetic,
  BudgetError,
  type ByteSize,
  checkOneOf,
  checkOptions,
  compile,
  type Data,
  dataOf,
  type Executable,
  type FloatDType,
  fromData,
  type Program,
  pageCeil,
  parseByteSize,
  record,
  type Slot,
  simplify,
  type Tensor,
  type TreeOf,
  unflatten,
} from '@wengert/tape'
import { checkOptimiser } from '../arguments.js'
import type { Optimiser, Updated } from './optimiser.js'
import { aligned, type OptimiserState } from './state.js'

/** Bytes of {@link inPieces} by default: 256 KiB, which is enough for every optimiser of this package. */
export const PIECES_BYTES = 256 * 1024

/** How {@link inPieces} runs. */
export interface PiecesOptions {
  /** Bytes of its arena that it cannot pass; at least one page of 64 KiB. Default {@link PIECES_BYTES}. */
  readonly memory?: ByteSize
  /** Default `'fast'`. */
  readonly arithmetic?: Arithmetic
}

/** An optimiser that runs on concrete tensors in an arena of its own. */
export interface PiecewiseOptimiser extends Optimiser {
  /** Bytes its arena has taken so far: its measured peak. */
  readonly peakBytes: number
}

const [LARGEST_PIECE, SMALLEST_PIECE] = [16384, 64]

/**
 * The same optimiser in a fixed number of bytes, whatever the size of the parameters; the results are the same
 * bits. It must be elementwise, as all optimisers of this package are.
 *
 * @throws BudgetError if not even the smallest pieces fit the memory.
 * @example
 * const { init, update } = inPieces(sgd({ rate: 0.5 }), { memory: '64 KiB' })
 * const params = { w: tensor([1, 2]) }
 * update(params, { w: tensor([2, 2]) }, init(params)).params.w.toArray() // → [0, 1]
 */
export function inPieces(optimiser: Optimiser, options: PiecesOptions = {}): PiecewiseOptimiser {
  const { memory = PIECES_BYTES, arithmetic = 'fast' } = checkOptions('inPieces', options, [
    'memory',
    'arithmetic',
  ])
  checkOptimiser('inPieces', optimiser)
  checkOneOf('arithmetic', arithmetic, ['fast', 'portable'])
  const memoryBytes = parseByteSize(memory)
  const arena = new Arena({ maximumBytes: memoryBytes })
  const known = new Map<FloatDType, Piece>()
  const pieceOf = (dtype: FloatDType): Piece => {
    const piece = known.get(dtype) ?? compilePiece(optimiser, dtype, memoryBytes, arithmetic)
    known.set(dtype, piece)
    return piece
  }
  const none = optimiser.init([])
  let clock: Executable | undefined
  /** The powers after a step; they are those of the optimiser, of which no parameter has a share. */
  const advance = (powers: readonly Data[]): readonly Tensor[] => {
    if (powers.length === 0) return []
    clock ??= compile(recordPowers(optimiser, none), { memoryBytes, arithmetic })
    arena.load(clock)
    for (const [k, slot] of clock.inputs.entries()) arena.view(slot).set(powers[k] as Data)
    arena.run()
    return clock.outputs.map(slot => fromData({ dtype: 'f64', shape: [] }, arena.view(slot).slice()))
  }
  return {
    init: optimiser.init,
    get peakBytes() {
      return arena.bytes
    },
    update<P extends TreeOf<P>>(params: P, gradient: P, state: OptimiserState<P>): Updated<P> {
      const { structure, params: leaves, gradients, moments } = aligned(params, gradient, state, none)
      const powers = state.powers.map(power => dataOf(power))
      const results = leaves.map(({ aval, size }, k) => {
        const operands = [leaves, gradients, ...moments].map(tree => dataOf(tree[k] as Tensor))
        const outputs = stepLeaf(arena, pieceOf(aval.dtype as FloatDType), operands, powers, size)
        return outputs.map(data => fromData(aval, data))
      })
      const tree = (position: number) =>
        unflatten<P>(
          structure,
          results.map(tensors => tensors[position] as Tensor),
        )
      return {
        params: tree(0),
        state: { moments: moments.map((_, position) => tree(position + 1)), powers: advance(powers) },
      }
    },
  }
}

interface Piece {
  readonly executable: Executable
  readonly elements: number
}

/** The largest piece whose step fits the memory. */
function compilePiece(
  optimiser: Optimiser,
  dtype: FloatDType,
  memoryBytes: number,
  arithmetic: Arithmetic,
): Piece {
  for (let elements = LARGEST_PIECE; ; elements /= 2) {
    const piece = { dtype, shape: [elements] } as const
    const { moments, powers } = optimiser.init(fromData(piece, emptyOf(dtype, elements)))
    // The order of leaves is that of the names: parameter, gradient, moments, powers.
    const { program } = record(
      (p, g, rest) => {
        const { params, state } = optimiser.update(p, g, rest as OptimiserState<Tensor>)
        return [params, ...state.moments]
      },
      piece,
      piece,
      { moments: moments.map(x => x.aval), powers: powers.map(x => x.aval) },
    )
    try {
      return { executable: compile(simplify(program), { memoryBytes, arithmetic }), elements }
    } catch (error) {
      if (!(error instanceof BudgetError)) throw error
      if (elements > SMALLEST_PIECE) continue
      throw new BudgetError({
        summary: `The optimiser does not fit ${memoryBytes} bytes.`,
        expected: `at least ${pageCeil(error.leastBytes)} bytes`,
        budgetBytes: memoryBytes,
        leastBytes: pageCeil(error.leastBytes),
      })
    }
  }
}

/** A step of no parameters at all: from the powers to the next ones. */
const recordPowers = (
  optimiser: Optimiser,
  { moments, powers }: OptimiserState<readonly Tensor[]>,
): Program =>
  simplify(
    record(
      now => optimiser.update([], [], { moments, powers: now as readonly Tensor[] }).state.powers,
      powers.map(power => power.aval),
    ).program,
  )

/** Steps one parameter: its new elements and moments. */
function stepLeaf(
  arena: Arena,
  { executable, elements }: Piece,
  operands: readonly Data[],
  powers: readonly Data[],
  size: number,
): readonly Data[] {
  arena.load(executable)
  const view = (slot: Slot | undefined) => arena.view(slot as Slot)
  const into = executable.inputs.map(view)
  const from = executable.outputs.map(view)
  const outputs = from.map(() => emptyOf(executable.inputs[0]?.aval.dtype, size))
  for (let first = 0; first < size; first += elements) {
    const end = Math.min(first + elements, size)
    // Inputs are not pinned, so each run needs all of them.
    for (const [k, data] of operands.entries()) into[k]?.set(data.subarray(first, end))
    for (const [k, power] of powers.entries()) into[operands.length + k]?.set(power)
    arena.run()
    for (const [k, data] of outputs.entries()) data.set(from[k]?.subarray(0, end - first) ?? [], first)
  }
  return outputs
}

const emptyOf = (dtype: string | undefined, size: number) =>
  dtype === 'f64' ? new Float64Array(size) : new Float32Array(size)
