/**
 * Products of matrices that read transposed, sliced and repeated operands where these lie, and write their result where
 * it is read, instead of copies.
 */
import {
  type Aval,
  type Instruction,
  type Params,
  type Program,
  permuted,
  reshaped,
  sizeOf,
  type View,
  viewThrough,
  wholeView,
} from '../program/index.js'
import { mapInner, readersOf } from './inner.js'
import { matricesOf, productOf } from './matrices.js'
import { type Seen, seen, whole } from './seen.js'
import { simplify } from './simplify.js'

/**
 * The program without copies that only products of matrices read or write, also in the programs inside of instructions.
 * Nothing of it can be differentiated any more.
 *
 * @example
 * const { program } = record((x, y) => matmul(x, transpose(y)), tensor([[1, 2]]), tensor([[3, 4]]))
 * foldViews(program).instructions.map(({ op }) => op) // → ['stridedMatmul']
 */
export function foldViews(program: Program): Program {
  const made = known.get(program) ?? folded(program)
  known.set(program, made)
  return made
}

const known = new WeakMap<Program, Program>()

function folded(program: Program): Program {
  const inner = mapInner(program, foldViews)
  if (!inner.instructions.some(({ op }) => op === 'matmul')) return inner
  const instructions = new Folding(inner).folded()
  return instructions ? simplify({ ...inner, instructions }) : inner
}

/**
 * The program without products of matrices that are computed twice, once from a copy and once where the matrices lie.
 *
 * @example
 * const { program } = record((x, y) => [matmul(transpose(x), y), transpose(x).exp()], tensor([[1, 2]]), tensor([[3, 4]]))
 * mergeProducts(program) === program // → true
 */
export function mergeProducts(program: Program): Program {
  const folding = new Folding(program)
  const first = new Map<string, number>()
  const same = new Map<number, number>()
  for (const instruction of program.instructions) {
    if (instruction.op !== 'matmul' && instruction.op !== 'stridedMatmul') continue
    const { op, inputs, outputs, params } = folding.atSources(instruction)
    const key = JSON.stringify([op, inputs, params])
    const [out] = outputs as readonly [number]
    const one = first.get(key)
    if (one === undefined) first.set(key, out)
    else same.set(out, one)
  }
  if (same.size === 0) return program
  const merged = (values: readonly number[]) => values.map(value => same.get(value) ?? value)
  const instructions = program.instructions.map(one => ({ ...one, inputs: merged(one.inputs) }))
  return simplify({ ...program, instructions, outputs: merged(program.outputs) })
}

/** Where the result of a product is written: as elements of a later value, without those between. */
interface Written extends Seen {
  /** Instructions that are not needed then. */
  readonly through: readonly number[]
}

class Folding {
  readonly #program: Program
  readonly #readers: readonly (readonly number[])[]
  /** The instruction that shows each value, of those that are shown in place. */
  readonly #shows = new Map<number, Instruction>()
  /** Shown values that must be there by themselves. */
  readonly #needed = new Set<number>()

  constructor(program: Program) {
    this.#program = program
    this.#readers = readersOf(program)
    for (const instruction of program.instructions) {
      const [input, out] = [instruction.inputs[0], instruction.outputs[0]]
      if (input === undefined || out === undefined) continue
      if (viewThrough(instruction, this.#aval(out), this.#whole(input).view))
        this.#shows.set(out, instruction)
    }
  }

  /** The instructions with products in place; undefined if there are none. */
  folded(): readonly Instruction[] | undefined {
    const { instructions } = this.#program
    this.#findNeeded()
    const replaced = new Map<number, Instruction>()
    const gone = new Set<number>()
    instructions.forEach((instruction, k) => {
      if (instruction.op !== 'matmul') return
      const written = this.#writtenBy(instruction)
      const made = this.#inPlace(instruction, written)
      if (!made) return
      replaced.set(k, made)
      if (made.outputs[0] === written.source) for (const one of written.through) gone.add(one)
    })
    if (replaced.size === 0) return undefined
    return instructions.flatMap((instruction, k) => (gone.has(k) ? [] : [replaced.get(k) ?? instruction]))
  }

  /** A product of operands at the earliest values in which they can be seen, where that can be. */
  atSources(instruction: Instruction): Instruction {
    if (instruction.op !== 'matmul') return instruction
    return this.#inPlace(instruction, this.#whole(instruction.outputs[0] as number)) ?? instruction
  }

  /** What anything but a product in place reads must be there. */
  #findNeeded(): void {
    const { instructions } = this.#program
    for (const instruction of instructions) {
      if (instruction.op !== 'matmul') continue
      const product = this.#inPlace(instruction, this.#whole(instruction.outputs[0] as number))
      const { inputs } = product ?? instruction
      for (const source of inputs) if (this.#shows.has(source)) this.#needed.add(source)
    }
    const reads = (reader: number): boolean => {
      const instruction = instructions[reader]
      if (!instruction) return true
      // What products read is known already.
      if (instruction.op === 'matmul') return false
      const [out] = instruction.outputs as readonly [number]
      return !this.#shows.has(out) || this.#needed.has(out)
    }
    for (const { outputs } of instructions.toReversed()) {
      const [out] = outputs as readonly [number]
      if (this.#shows.has(out) && this.#readers[out]?.some(reads)) this.#needed.add(out)
    }
  }

  /** A product with as much in place as there is a kernel for. */
  #inPlace(instruction: Instruction, written: Seen): Instruction | undefined {
    const { inputs, params } = instruction
    const [x, w] = inputs as readonly [number, number]
    const [out] = instruction.outputs as readonly [number]
    const choices = [x, w].map(value => [this.#operand(value), this.#whole(value)] as const)
    for (const result of [written, this.#whole(out)]) {
      for (const left of choices[0] as readonly Seen[]) {
        for (const right of choices[1] as readonly Seen[]) {
          if (left.source === x && right.source === w && result.source === out) continue
          const [a, b, c] = [left, right, result].map(({ view }) => matricesOf(view))
          const product = a && b && c && productOf(params, a, b, c)
          if (!product) continue
          return {
            ...instruction,
            op: 'stridedMatmul',
            inputs: product.exchanged ? [right.source, left.source] : [left.source, right.source],
            outputs: [result.source],
            params: { ...product.spec, shape: this.#aval(result.source).shape } as unknown as Params,
          }
        }
      }
    }
    return undefined
  }

  #aval(value: number): Aval {
    return this.#program.avals[value] as Aval
  }

  #whole(value: number): Written {
    return { ...whole(this.#program.avals, value), through: [] }
  }

  #see(value: number): Seen {
    return seen(this.#program.avals, value, one => this.#showing(one))
  }

  /** The instruction that shows a value, unless it must be there by itself. */
  #showing(value: number): Instruction | undefined {
    return this.#needed.has(value) ? undefined : this.#shows.get(value)
  }

  /** A value as elements of another one; axes of a batch that cannot be merged may stay apart. */
  #operand(value: number): Seen {
    const merged = this.#see(value)
    const shows = this.#showing(value)
    if (merged.source !== value || shows?.op !== 'reshape') return merged
    const { source, view } = this.#see(shows.inputs[0] as number)
    const apart = withBatch(view, this.#aval(value).shape)
    return apart ? { source, view: apart } : merged
  }

  /** The instructions from a value to the last transposition of it that must be there, if nothing else reads on the way. */
  #throughCopies(value: number): readonly number[] {
    const through: number[] = []
    let copies = 0
    for (let last = value; ; ) {
      const [reader, ...others] = this.#readers[last] as readonly number[]
      const next = others.length === 0 ? this.#program.instructions[reader as number] : undefined
      if (next?.op !== 'transpose' && next?.op !== 'reshape') return through.slice(0, copies)
      through.push(reader as number)
      last = next.outputs[0] as number
      if (next.op === 'transpose' && this.#needed.has(last)) copies = through.length
    }
  }

  /** Where the result of a product can be written. */
  #writtenBy({ outputs }: Instruction): Written {
    const [out] = outputs as readonly [number]
    const through = this.#throughCopies(out)
    if (through.length === 0) return this.#whole(out)
    const last = this.#program.instructions[through.at(-1) as number]?.outputs[0] as number
    let view: View | undefined = wholeView(this.#aval(last).shape)
    for (const k of through.toReversed()) {
      const { op, inputs, params } = this.#program.instructions[k] as Instruction
      const { shape } = this.#aval(inputs[0] as number)
      if (op === 'transpose') view = permuted(view, inverse(params.permutation as readonly number[]))
      else view = reshaped(view, shape) ?? (inputs[0] === out ? withBatch(view, shape) : undefined)
      if (!view) return this.#whole(out)
    }
    return { source: last, view, through }
  }
}

const inverse = (permutation: readonly number[]) => permutation.map((_, axis) => permutation.indexOf(axis))

/** A view of matrices with a batch of several axes, where one of a single axis with this shape is meant. */
function withBatch(view: View, [batch, ...matrix]: readonly number[]): View | undefined {
  const own = view.shape.slice(-2)
  const same = matrix.length === 2 && view.shape.length > 2 && matrix.every((length, k) => length === own[k])
  return same && sizeOf(view.shape.slice(0, -2)) === batch ? view : undefined
}
