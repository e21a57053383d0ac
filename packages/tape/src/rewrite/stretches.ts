/** Stretches of elementwise instructions of many elements. */
import { type Aval, bytesOf, type Instruction, type Program, sameShape, sizeOf } from '../program/index.js'
import { codeOf, MOST_ROOM } from './group.js'
import { ALIASES } from './operands.js'

/** Bytes that the values of a strip take about, of those that wait at once: they stay near the processor. */
const STRIP_BYTES = 2 ** 19
/** Fewest elements of a stretch: values of fewer stay near the processor in any case. */
const FEWEST_STRIPPED = 1024
/** Fewest elements of a strip: each of its kernels has to be begun. */
const FEWEST_ELEMENTS = 256
/** A stretch must keep at least so many times what it reads and gives, which a strip copies. */
const FEWEST_KEPT = 4

/** Shapes of many elements that more instructions have than one kernel takes. */
export function longShapes({ avals, instructions }: Program): readonly (readonly number[])[] {
  const counts = new Map<string, { readonly shape: readonly number[]; count: number }>()
  for (const { outputs } of instructions) {
    if (outputs.length !== 1) continue
    const { shape } = avals[outputs[0] as number] as Aval
    if (sizeOf(shape) < FEWEST_STRIPPED) continue
    const key = shape.join()
    const found = counts.get(key) ?? { shape, count: 0 }
    found.count++
    counts.set(key, found)
  }
  return [...counts.values()].filter(({ count }) => count > MOST_ROOM.members).map(({ shape }) => shape)
}

/** Instructions that can be run behind one another without others between them. */
export interface Stretch {
  readonly shape: readonly number[]
  /** Their places. */
  readonly members: readonly number[]
  /** Places of what must not run before them, though it stands before the last of them. */
  readonly behind: ReadonlySet<number>
  /** Values of one element that they read. */
  readonly scalars: readonly number[]
  /** Values of the shape that they read. */
  readonly arrays: readonly number[]
  /** Values of theirs that others read. */
  readonly results: readonly number[]
  /** Elements of a strip. */
  readonly elements: number
  /** Elements of which sums are made, of which a strip must have whole blocks: 1 if there are no sums. */
  readonly block: number
}

/** Most elements of a block whose sum is a part of a strip. */
const MOST_BLOCK = 1024

/** The stretches of a shape that are worth a loop, the first one first. Sums of blocks of its elements are members, too. */
export function stretchesOf(program: Program, shape: readonly number[]): readonly Stretch[] {
  const { avals, instructions } = program
  const code = codeOf(program)
  const shapeOf = (value: number) => (avals[value] as Aval).shape
  const isOf = (value: number) => sameShape(shapeOf(value), shape)
  const isScalar = (value: number) => isShapeOfOne(shapeOf(value))
  const isRead = (value: number) => isOf(value) || isScalar(value)
  const isElementwise = ({ op, inputs, outputs, params }: Instruction, k: number) => {
    if (outputs.length !== 1 || !isOf(outputs[0] as number)) return false
    if (op === 'broadcastTo') return isScalar(inputs[0] as number)
    if (code[k] === 'none' && !ALIASES.has(op)) return false
    return inputs.length > 0 && inputs.every(isRead) && (op === 'reshape' || params.shape === undefined)
  }
  const reads = readsOf(program)
  const found: Stretch[] = []
  let open = new Opened(program, shape, reads)
  instructions.forEach((instruction, k) => {
    const isMember = isElementwise(instruction, k)
    if (isMember && open.precedes(instruction)) {
      found.push(...open.closed())
      open = new Opened(program, shape, reads)
    }
    open.take(instruction, k, isMember)
  })
  return [...found, ...open.closed()]
}

/** Whether a value is one element, and beside elements of a strip stays one. */
const isShapeOfOne = (shape: readonly number[]) => shape.length <= 1 && sizeOf(shape) === 1

/** A stretch that is being gathered. */
class Opened {
  readonly #program: Program
  readonly #shape: readonly number[]
  readonly #reads: readonly number[]
  readonly #members: number[] = []
  readonly #behind: number[] = []
  readonly #made = new Set<number>()
  readonly #madeBehind = new Set<number>()
  /** Values of the stretch as blocks. */
  readonly #blocks = new Set<number>()
  #block = 1

  /** @param reads how often each value of the program is read, and given. */
  constructor(program: Program, shape: readonly number[], reads: readonly number[]) {
    this.#program = program
    this.#shape = shape
    this.#reads = reads
  }

  /** Whether an instruction reads what must wait for the stretch, and so cannot be in it. */
  precedes({ inputs }: Instruction): boolean {
    return inputs.some(value => this.#madeBehind.has(value))
  }

  /** Takes the next instruction: into the stretch, behind it, or neither. */
  take(instruction: Instruction, k: number, isElementwise: boolean): void {
    const { inputs, outputs } = instruction
    if (isElementwise || this.#isBlocks(instruction) || this.#isSumOfBlocks(instruction)) {
      this.#members.push(k)
      for (const value of outputs) this.#made.add(value)
      return
    }
    if (!inputs.some(value => this.#made.has(value) || this.#madeBehind.has(value))) return
    this.#behind.push(k)
    for (const value of outputs) this.#madeBehind.add(value)
  }

  /** Whether an instruction shows a value of the stretch as blocks of as many elements as others. */
  #isBlocks({ op, inputs, outputs }: Instruction): boolean {
    if (op !== 'reshape' || !this.#made.has(inputs[0] as number)) return false
    const [output] = outputs as readonly [number]
    const { avals } = this.#program
    const of = (avals[inputs[0] as number] as Aval).shape
    const [count, block, ...others] = (avals[output] as Aval).shape
    if (!sameShape(of, this.#shape) || count === undefined || block === undefined || others.length > 0)
      return false
    if (count < 2 || block < 2 || block > MOST_BLOCK || (this.#block !== 1 && this.#block !== block))
      return false
    this.#block = block
    this.#blocks.add(output)
    return true
  }

  #isSumOfBlocks({ op, inputs, params }: Instruction): boolean {
    return op === 'sum' && this.#blocks.has(inputs[0] as number) && `${params.axes}` === '1'
  }

  /** The stretch, if it is worth a loop. */
  closed(): readonly Stretch[] {
    const { avals, instructions } = this.#program
    const [members, shape, block] = [this.#members, this.#shape, this.#block]
    if (members.length <= MOST_ROOM.members) return []
    const own = members.map(k => instructions[k] as Instruction)
    const readInside = new Map<number, number>()
    for (const value of own.flatMap(({ inputs }) => inputs))
      readInside.set(value, (readInside.get(value) ?? 0) + 1)
    const read = [...readInside.keys()].filter(value => !this.#made.has(value))
    const results = [...this.#made].filter(
      value => (this.#reads[value] as number) > (readInside.get(value) ?? 0),
    )
    const scalars = read.filter(value => isShapeOfOne((avals[value] as Aval).shape))
    const arrays = read.filter(value => !isShapeOfOne((avals[value] as Aval).shape))
    const size = sizeOf(shape)
    const bytesOfElement = (value: number) => bytesOf(avals[value] as Aval) / size
    const bytes = (values: readonly number[]) => values.reduce((sum, value) => sum + bytesOfElement(value), 0)
    const kept = mostKept(own, this.#made, bytesOfElement)
    const elements = Math.max(FEWEST_ELEMENTS, block, Math.floor(STRIP_BYTES / kept))
    const isWorthIt =
      results.length > 0 && kept >= FEWEST_KEPT * bytes([...arrays, ...results]) && 2 * size >= 3 * elements
    if (!isWorthIt) return []
    return [{ shape, members, behind: new Set(this.#behind), scalars, arrays, results, elements, block }]
  }
}

/** Most bytes of an element at a time, of values that were made and will be read again. */
function mostKept(
  instructions: readonly Instruction[],
  made: ReadonlySet<number>,
  bytesOf: (value: number) => number,
): number {
  const lastReader = new Map<number, number>()
  instructions.forEach(({ inputs }, k) => {
    for (const value of inputs) if (made.has(value)) lastReader.set(value, k)
  })
  let [now, most] = [0, 0]
  instructions.forEach(({ inputs, outputs }, k) => {
    for (const value of outputs) if (lastReader.has(value)) now += bytesOf(value)
    most = Math.max(most, now)
    for (const value of new Set(inputs)) if (lastReader.get(value) === k) now -= bytesOf(value)
  })
  return most
}

/** How often each value of a program is read, and given. */
function readsOf({ avals, instructions, outputs }: Program): readonly number[] {
  const reads = new Array<number>(avals.length).fill(0)
  const count = (values: readonly number[]) => {
    for (const value of values) reads[value] = (reads[value] as number) + 1
  }
  for (const { inputs } of instructions) count(inputs)
  count(outputs)
  return reads
}
