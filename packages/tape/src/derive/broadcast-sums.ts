import { add, sumTo } from '../ops/index.js'
import { type Aval, type Instruction, type Program, sameShape, sizeOf } from '../program/index.js'
import type { Tensor } from '../record/index.js'
import { ruleOf } from '../rules/index.js'
import { longLines, MANY_ELEMENTS } from './long-lines.js'

/** Fewer cotangents are summed one by one: to keep a sum of theirs takes as many bytes as one of them. */
const FEWEST = 4

/** Cotangents of a value that was broadcast to one shape again and again. */
interface Broadcast {
  readonly value: number
  /** Instructions that may still add to it. */
  left: number
  sum: Tensor | undefined
}

/** What is added to the cotangent of a value. */
interface Contribution {
  readonly value: number
  readonly ct: Tensor
}

/**
 * Cotangents of values that are broadcast to one shape again and again, as scalar parameters are over rows. They are added in that
 * shape, and summed over the rows once: Σₖ Σᵣ c̄ₖᵣ = Σᵣ Σₖ c̄ₖᵣ. So the pullback of a scalar program over rows is a scalar program
 * over rows, and not hundreds of sums. Where there are many rows, those of a long line of elementwise instructions alone wait for one
 * another: elsewhere they would have to be kept until they are added, and summing them takes no longer than adding them.
 */
export class BroadcastSums {
  readonly #program: Program
  readonly #active: readonly boolean[]
  readonly #broadcasts = new Map<string, Broadcast>()
  readonly #lineOf: ReadonlyMap<Instruction, number>

  /** @param active which values need cotangents. */
  constructor(program: Program, active: readonly boolean[]) {
    this.#program = program
    this.#active = active
    this.#lineOf = longLines(program, instruction => this.#broadcastValues(instruction))
    for (const instruction of program.instructions) {
      for (const value of this.#broadcastBy(instruction)) {
        const key = this.#keyOf(value, instruction)
        const found = this.#broadcasts.get(key) ?? { value, left: 0, sum: undefined }
        found.left++
        this.#broadcasts.set(key, found)
      }
    }
    for (const [key, { left }] of this.#broadcasts) if (left < FEWEST) this.#broadcasts.delete(key)
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
      return [{ value, ct: sumTo(broadcast.sum, (this.#program.avals[value] as Aval).shape) }]
    })
  }

  /** Operands that an instruction broadcasts, each as often as it reads it, whose cotangents may wait. */
  #broadcastBy(instruction: Instruction): readonly number[] {
    if (instruction.outputs.length !== 1) return []
    const { shape } = this.#program.avals[instruction.outputs[0] as number] as Aval
    return sizeOf(shape) < MANY_ELEMENTS || this.#lineOf.has(instruction)
      ? this.#broadcastValues(instruction)
      : []
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
    const { shape } = this.#program.avals[instruction.outputs[0] as number] as Aval
    return `${value} ${shape} ${this.#lineOf.get(instruction) ?? ''}`
  }
}
