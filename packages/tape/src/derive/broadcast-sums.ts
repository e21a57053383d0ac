import { add, reshape, sum, sumTo } from '../ops/index.js'
import { type Aval, controlOf, type Instruction, type Program, sameShape, sizeOf } from '../program/index.js'
import type { Tensor } from '../record/index.js'
import { ruleOf } from '../rules/index.js'
import { longLines } from './long-lines.js'

/** Fewer cotangents are summed one by one: to keep a sum of theirs takes as many bytes as one of them. */
const FEWEST = 4
/** With so many elements it matters what is kept until it is added. */
const MANY_ELEMENTS = 4096

/** Cotangents of a value that was broadcast to one shape again and again. */
interface Broadcast {
  readonly value: number
  /** Instructions that may still add to it. */
  left: number
  sum: Tensor | undefined
  /** Elements of the blocks that are summed by themselves; undefined where all are summed together. */
  readonly block: number | undefined
}

/** What is added to the cotangent of a value. */
interface Contribution {
  readonly value: number
  readonly ct: Tensor
}

/**
 * Cotangents of values that are broadcast to one shape again and again, as scalar parameters are over rows. They are added in that
 * shape, and summed over the rows once: Σₖ Σᵣ c̄ₖᵣ = Σᵣ Σₖ c̄ₖᵣ. So the pullback of a scalar program over rows is a scalar program
 * over rows, and not hundreds of sums. Where there are many rows, those of scalars in a long line of elementwise instructions alone wait
 * for one another: elsewhere they would have to be kept until they are added, and summing them takes no longer than adding them. They
 * are summed block by block and then together, so that the line with its sums can be run strip by strip, whose values take few bytes.
 */
export class BroadcastSums {
  readonly #program: Program
  readonly #active: readonly boolean[]
  readonly #broadcasts = new Map<string, Broadcast>()
  readonly #lineOf: ReadonlyMap<Instruction, number>

  /**
   * @param active which values need cotangents.
   * @param alongLines whether those of scalars wait for one another along long lines.
   */
  constructor(program: Program, active: readonly boolean[], alongLines: boolean) {
    this.#program = program
    this.#active = active
    // What is reversed beside a line is planned in ways of its own, without strips.
    const areThere = alongLines && !program.instructions.some(isLoop)
    this.#lineOf = areThere ? longLines(program) : new Map()
    for (const instruction of program.instructions) {
      for (const value of this.#broadcastBy(instruction)) {
        const key = this.#keyOf(value, instruction)
        const found = this.#broadcasts.get(key) ?? {
          value,
          left: 0,
          sum: undefined,
          block: this.#blockOf(value, instruction),
        }
        found.left++
        this.#broadcasts.set(key, found)
      }
    }
    for (const [key, { left, block }] of this.#broadcasts) {
      if (left < FEWEST && block === undefined) this.#broadcasts.delete(key)
    }
  }

  /** Takes what an instruction adds to the cotangent of a value, in its own shape, if that waits for others. */
  takes(value: number, instruction: Instruction, ct: () => Tensor): boolean {
    if (this.#broadcasts.size === 0) return false
    const broadcast = this.#broadcasts.get(this.#keyOf(value, instruction))
    if (!broadcast) return false
    broadcast.sum = broadcast.sum ? add(broadcast.sum, ct()) : ct()
    return true
  }

  /** What no instruction before this one adds to any more, summed. */
  after(instruction: Instruction): readonly Contribution[] {
    if (this.#broadcasts.size === 0) return []
    return this.#broadcastBy(instruction).flatMap(value => {
      const key = this.#keyOf(value, instruction)
      const broadcast = this.#broadcasts.get(key)
      if (!broadcast || --broadcast.left > 0) return []
      this.#broadcasts.delete(key)
      if (!broadcast.sum) return []
      const { shape } = this.#program.avals[value] as Aval
      return [{ value, ct: summed(broadcast.sum, shape, broadcast.block) }]
    })
  }

  /** Operands that an instruction broadcasts, each as often as it reads it, whose cotangents may wait. */
  #broadcastBy(instruction: Instruction): readonly number[] {
    if (instruction.outputs.length !== 1) return []
    const values = this.#broadcastValues(instruction)
    if (sizeOf(this.#shapeOf(instruction)) < MANY_ELEMENTS) return values
    return values.filter(value => this.#blockOf(value, instruction) !== undefined)
  }

  /** Elements of the blocks that are summed by themselves, of cotangents of a scalar in a long line. */
  #blockOf(value: number, instruction: Instruction): number | undefined {
    const isInLine = this.#lineOf.has(instruction) && sizeOf((this.#program.avals[value] as Aval).shape) === 1
    return isInLine ? blockOf(sizeOf(this.#shapeOf(instruction))) : undefined
  }

  #shapeOf({ outputs }: Instruction): readonly number[] {
    return (this.#program.avals[outputs[0] as number] as Aval).shape
  }

  #broadcastValues({ op, inputs, outputs }: Instruction): readonly number[] {
    const { avals } = this.#program
    const { shape } = avals[outputs[0] as number] as Aval
    const isBroadcast = (value: number) =>
      this.#active[value] && !sameShape((avals[value] as Aval).shape, shape)
    if (!inputs.some(isBroadcast)) return []
    const rule = ruleOf(op)
    if (!('partials' in rule)) return []
    return inputs.filter((value, position) => rule.partials[position] && isBroadcast(value))
  }

  #keyOf(value: number, instruction: Instruction): string {
    return `${value} ${this.#shapeOf(instruction)} ${this.#lineOf.get(instruction) ?? ''}`
  }
}

/** Fewest and most elements of a block: a strip has whole blocks, and its values are to stay near the processor. */
const [FEWEST_IN_BLOCK, MOST_IN_BLOCK] = [64, 256]

/** The largest block that divides so many elements, if there is one. */
function blockOf(size: number): number | undefined {
  for (let block = MOST_IN_BLOCK; block >= FEWEST_IN_BLOCK; block--) if (size % block === 0) return block
  return undefined
}

/** Elements summed to a shape, by way of the sums of blocks. */
function summed(x: Tensor, shape: readonly number[], block: number | undefined): Tensor {
  if (block === undefined) return sumTo(x, shape)
  const blocks = reshape(x, [sizeOf(x.shape) / block, block])
  return reshape(sum(sum(blocks, { axis: 1 })), shape)
}

const isLoop = (instruction: Instruction): boolean => {
  const kind = controlOf(instruction)?.kind
  return kind !== undefined && kind !== 'call' && kind !== 'cond'
}
