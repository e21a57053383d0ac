import { encodeCalls, type Kernel } from '@wengert/kernels'
import type { Aval } from '../program/index.js'

/** A call of a kernel at addresses. */
export interface Call {
  readonly kernel: Kernel
  readonly inputs: readonly number[]
  readonly outputs: readonly number[]
  readonly scratch: number
  /** Calls that the kernel runs itself, a list for each of its lists. */
  readonly lists?: readonly (readonly Call[])[]
}

/** Where a unit works. */
export interface Site {
  readonly inputs: readonly number[]
  readonly outputs: readonly number[]
  readonly scratch: number
}

/** What an instruction is lowered to: kernels, working space, and their calls at any addresses. */
export interface Unit {
  readonly kernels: readonly Kernel[]
  readonly scratchBytes: number
  /** FLOP equivalents of one run. */
  readonly cost: number
  /** Bytes of the records of its calls. */
  readonly recordBytes: number
  /** Whether its result takes the place of its first operand. Default: it does not. */
  readonly inPlace?: boolean
  calls(site: Site): readonly Call[]
}

/**
 * Call records for a module of these kernels.
 *
 * @param keys keys of the kernels, in the order in which the module has them
 */
export function encode(calls: readonly Call[], keys: readonly string[]): Int32Array<ArrayBuffer> {
  const indexOf = new Map(keys.map((key, index) => [key, index]))
  const indexed = (list: readonly Call[]): Parameters<typeof encodeCalls>[0] =>
    list.map(({ kernel, lists = [], ...call }) => ({
      ...call,
      kernel: indexOf.get(kernel.key) as number,
      lists: lists.map(indexed),
    }))
  return encodeCalls(indexed(calls))
}

/** Bytes of the records of calls. */
const bytesOfCalls = (calls: readonly Call[]): number => encode(calls, []).byteLength

/** Avals of the operands and results of an instruction. */
export interface Types {
  readonly inputs: readonly Aval[]
  readonly outputs: readonly Aval[]
}

type Calls = (site: Site) => readonly Call[]

/** A unit from its calls; their number and kernels do not depend on addresses. */
export function unit({ inputs, outputs }: Types, scratchBytes: number, cost: number, calls: Calls): Unit {
  const sample = calls({ inputs: inputs.map(() => 0), outputs: outputs.map(() => 0), scratch: 0 })
  return { kernels: kernelsOf(sample), scratchBytes, cost, recordBytes: bytesOfCalls(sample), calls }
}

/** The kernels of calls and of the lists they run, repeated as they are. */
export const kernelsOf = (calls: readonly Call[]): readonly Kernel[] =>
  calls.flatMap(({ kernel, lists = [] }) => [kernel, ...lists.flatMap(kernelsOf)])
