import { algebraOf, type V } from '../algebra/index.js'
import type { DType } from '../dtype.js'
import { FunctionBuilder, ModuleBuilder } from '../wasm/index.js'
import type { ElementBody } from './element.js'

/** Bytes of code of an instruction with its operands, about. */
const INSTRUCTION_BYTES = 9
/** Instructions on vectors that take as long as an element's share of a FLOP of the planner's cost model. */
const INSTRUCTIONS_PER_FLOP = 6

/** Weights that are kept; the oldest goes first. */
const KNOWN = 1024

const known = new Map<string, number>()

/** What identifies the computation of an element. */
interface Weighed {
  readonly name: string
  readonly algebra: DType
  readonly body: ElementBody
}

/**
 * FLOP equivalents of computing one element, by the length of its code: 1 for an addition, several for a sine.
 *
 * @param operands how many the body takes.
 */
export function weightOf({ name, algebra, body }: Weighed, operands: number): number {
  const key = `${name}:${algebra}`
  const found = known.get(key)
  if (found !== undefined) return found
  const weight = measured(algebra, body, operands)
  known.set(key, weight)
  if (known.size > KNOWN) known.delete(known.keys().next().value as string)
  return weight
}

function measured(algebra: DType, body: ElementBody, operands: number): number {
  const f = new FunctionBuilder(new Array<'v128'>(operands).fill('v128'))
  const values = f.params.map((register): V => ({ registers: [register as V['registers'][number]] }))
  body(algebraOf(algebra, { module: new ModuleBuilder({ fma: false }), f }), ...values)
  return Math.max(1, Math.round(f.encode().length / INSTRUCTION_BYTES / INSTRUCTIONS_PER_FLOP))
}
