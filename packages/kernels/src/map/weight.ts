import { algebraOf, type V } from '../algebra/index.js'
import type { DType } from '../dtype.js'
import { FunctionBuilder, ModuleBuilder } from '../wasm/index.js'
import type { ElementBody } from './element.js'

/** Bytes of code of an instruction with its operands, about. */
const INSTRUCTION_BYTES = 9
/** Instructions on vectors that take as long as an element's share of a FLOP of the planner's cost model. */
const INSTRUCTIONS_PER_FLOP = 6

/** Measures that are kept; the oldest goes first. */
const KNOWN = 1024

/** Most bytes of code of an element that is computed again as fast as it is fetched. */
const CHEAP_BYTES = 8 * INSTRUCTION_BYTES

const known = new Map<string, Measured>()

interface Measured {
  readonly bytes: number
  /** Divisions and roots, which take as long as many others. */
  readonly divisions: number
}

/** What identifies the computation of an element. */
export interface Weighed {
  readonly name: string
  readonly algebra: DType
  readonly body: ElementBody
}

/**
 * FLOP equivalents of computing one element, by the length of its code: 1 for an addition, several for a sine.
 *
 * @param operands how many the body takes.
 * @example
 * weightOf({ name: 'add', algebra: 'f32', body: (m, x, y) => m.add(x, y) }, 2) // → 1
 * weightOf({ name: 'exp', algebra: 'f32', body: (m, x) => m.exp(x) }, 1) // → 9
 */
export const weightOf = (element: Weighed, operands: number): number =>
  Math.max(1, Math.round(measure(element, operands).bytes / INSTRUCTION_BYTES / INSTRUCTIONS_PER_FLOP))

/**
 * Whether an element is computed about as fast as it is read: by a few instructions, none of them a division or a root.
 *
 * @param operands how many the body takes.
 * @example
 * isCheap({ name: 'add', algebra: 'f32', body: (m, x, y) => m.add(x, y) }, 2) // → true
 * isCheap({ name: 'exp', algebra: 'f32', body: (m, x) => m.exp(x) }, 1) // → false
 */
export function isCheap(element: Weighed, operands: number): boolean {
  const { bytes, divisions } = measure(element, operands)
  return bytes <= CHEAP_BYTES && divisions === 0
}

function measure(element: Weighed, operands: number): Measured {
  const key = `${element.name}:${element.algebra}`
  const found = known.get(key)
  if (found) return found
  const measured = measureBody(element, operands)
  known.set(key, measured)
  if (known.size > KNOWN) known.delete(known.keys().next().value as string)
  return measured
}

function measureBody({ algebra, body }: Weighed, operands: number): Measured {
  const f = new FunctionBuilder(new Array<'v128'>(operands).fill('v128'))
  const values = f.params.map((register): V => ({ registers: [register as V['registers'][number]] }))
  let divisions = 0
  const m = algebraOf(algebra, { module: new ModuleBuilder({ fma: false }), f })
  const counting = new Proxy(m, {
    get(target, name) {
      if (name === 'div' || name === 'sqrt') divisions++
      const member: unknown = Reflect.get(target, name, target)
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
  body(counting, ...values)
  return { bytes: f.encode().length, divisions }
}
