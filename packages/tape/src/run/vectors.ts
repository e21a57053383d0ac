import {
  encodeCalls,
  type FloatDType,
  type Kernel,
  type KernelCall,
  map,
  quotient,
  type V,
} from '@wengert/kernels'
import { checkArgument } from '../options.js'
import { Arena } from './arena.js'
import { featuresOf, moduleOf } from './compile.js'

const dtypes = ['f32', 'f64'] as const

/** Bytes at the beginning of the arena that belong to the work itself: call records, and behind them the divisor. */
const WORK_BYTES = 128
const RECORDS = 16
const DIVISOR = WORK_BYTES - 8

/**
 * Sums and quotients of vectors where they lie in an arena of one thread, such as partial gradients: a pair of one f32 and one f64 vector,
 * of which either may be empty, is one operand. Vectors begin at multiples of 16 bytes from {@link Vectors.begin} on, and each
 * is followed by nothing else up to the next multiple.
 *
 * @example
 * const arena = new Arena()
 * arena.reserve(1024)
 * const x = new Float32Array(arena.memory.buffer, Vectors.begin, 3)
 * const y = new Float32Array(arena.memory.buffer, Vectors.begin + 16, 3)
 * x.set([1, 2, 3])
 * y.set([5, 6, 7])
 * const vectors = new Vectors(arena, { f32: 3, f64: 0 })
 * const [left, right] = [x, y].map(({ byteOffset }) => ({ f32: byteOffset, f64: byteOffset }))
 * vectors.add(left, right)
 * vectors.divide(left, 2)
 * Array.from(x) // → [3, 4, 5]
 */
export class Vectors {
  /** The first byte of an arena that vectors may take. */
  static readonly begin = WORK_BYTES
  readonly #arena: Arena
  readonly #module: WebAssembly.Module

  /**
   * @param elements how many elements the vector of each dtype has.
   * @throws {@link OptionError} if they are not whole numbers from 0, or the arena is none.
   */
  constructor(arena: Arena, elements: Readonly<Record<FloatDType, number>>) {
    checkArgument('Vectors', 'the arena', arena, arena instanceof Arena, 'an Arena')
    for (const dtype of dtypes) {
      const count: unknown = elements?.[dtype]
      const isCount = Number.isInteger(count) && (count as number) >= 0
      checkArgument('Vectors', `the number of ${dtype} elements`, count, isCount, 'a whole number from 0')
    }
    this.#arena = arena
    // Sums, then quotients. Nothing is multiplied, so results are the same in any arithmetic.
    const kernels = [
      ...dtypes.map(dtype => sum(dtype, elements[dtype])),
      ...dtypes.map(dtype => quotient({ dtype, size: elements[dtype] })),
    ]
    this.#module = moduleOf(kernels, featuresOf('portable'), false)
  }

  /** left += right, given where the vector of each dtype begins. */
  add(left: Readonly<Record<FloatDType, number>>, right: Readonly<Record<FloatDType, number>>): void {
    this.#run(
      dtypes.map((dtype, k) => ({ kernel: k, inputs: [left[dtype], right[dtype]], outputs: [left[dtype]] })),
    )
  }

  /** x /= divisor, an f64, each element rounded once. */
  divide(x: Readonly<Record<FloatDType, number>>, divisor: number): void {
    new Float64Array(this.#arena.memory.buffer, DIVISOR, 1).set([divisor])
    this.#run(
      dtypes.map((dtype, k) => ({
        kernel: dtypes.length + k,
        inputs: [x[dtype], DIVISOR],
        outputs: [x[dtype]],
      })),
    )
  }

  #run(calls: readonly Omit<KernelCall, 'scratch'>[]): void {
    const records = encodeCalls(calls.map(call => ({ ...call, scratch: 0 })))
    this.#arena.call(this.#module, records, RECORDS)
  }
}

function sum(dtype: FloatDType, size: number): Kernel {
  const vector = { dtype, shape: [size] }
  return map({
    name: 'add',
    dtype,
    inputs: [vector, vector],
    output: vector,
    body: (m, a, b) => m.add(a as V, b as V),
  })
}
