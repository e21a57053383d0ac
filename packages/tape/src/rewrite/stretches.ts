/** Stretches of elementwise instructions of many elements. */
import { type Aval, bytesOf, type Instruction, type Program, sameShape, sizeOf } from '../program/index.js'
import { codeOf, decoded, MANY_ELEMENTS } from './group.js'

/** Bytes that the values of a strip take at most, of those that wait at once: they stay near the processor. */
const STRIP_BYTES = 2 ** 19
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
    if (sizeOf(shape) < MANY_ELEMENTS) continue
    const key = shape.join()
    const found = counts.get(key) ?? { shape, count: 0 }
    found.count++
    counts.set(key, found)
  }
  return [...counts.values()].filter(({ count }) => count > decoded(false).members).map(({ shape }) => shape)
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
}

/** The stretches of a shape that are worth a loop, the first one first. */
export function stretchesOf(program: Program, shape: readonly number[]): readonly Stretch[] {
  const { avals, instructions } = program
  const code = codeOf(program)
  const isOf = (value: number) => sameShape((avals[value] as Aval).shape, shape)
  const isScalar = (value: number) => isShapeOfOne((avals[value] as Aval).shape)
  const isRead = (value: number) => isOf(value) || isScalar(value)
  const fits = ({ op, inputs, outputs, params }: Instruction, k: number) => {
    if (outputs.length !== 1 || !isOf(outputs[0] as number)) return false
    if (op === 'broadcastTo') return isScalar(inputs[0] as number)
    if (code[k] === 'none' && op !== 'stopGradient') return false
    return inputs.length > 0 && inputs.every(isRead) && params.shape === undefined
  }
  const found: Stretch[] = []
  let open = new Opened()
  instructions.forEach((instruction, k) => {
    const isMember = fits(instruction, k)
    if (isMember && open.waitsFor(instruction)) {
      found.push(...open.closed(program, shape, isScalar))
      open = new Opened()
    }
    open.take(instruction, k, isMember)
  })
  return [...found, ...open.closed(program, shape, isScalar)]
}

/** Whether a value is one element, and beside elements of a strip stays one. */
const isShapeOfOne = (shape: readonly number[]) => shape.length <= 1 && sizeOf(shape) === 1

/** A stretch that is being gathered. */
class Opened {
  readonly #members: number[] = []
  readonly #behind: number[] = []
  readonly #made = new Set<number>()
  readonly #madeBehind = new Set<number>()

  /** Whether an instruction reads what must wait for the stretch, and so cannot be in it. */
  waitsFor({ inputs }: Instruction): boolean {
    return inputs.some(value => this.#madeBehind.has(value))
  }

  take({ inputs, outputs }: Instruction, k: number, isMember: boolean): void {
    if (isMember) {
      this.#members.push(k)
      for (const value of outputs) this.#made.add(value)
      return
    }
    if (!inputs.some(value => this.#made.has(value) || this.#madeBehind.has(value))) return
    this.#behind.push(k)
    for (const value of outputs) this.#madeBehind.add(value)
  }

  /** The stretch, if it is worth a loop. */
  closed(
    { avals, instructions, outputs }: Program,
    shape: readonly number[],
    isScalar: (value: number) => boolean,
  ): readonly Stretch[] {
    const members = this.#members
    if (members.length <= decoded(false).members) return []
    const own = members.map(k => instructions[k] as Instruction)
    const read = new Set(own.flatMap(({ inputs }) => inputs).filter(value => !this.#made.has(value)))
    const inside = new Set(members)
    const elsewhere = new Set([
      ...outputs,
      ...instructions.flatMap(({ inputs }, k) => (inside.has(k) ? [] : inputs)),
    ])
    const results = [...this.#made].filter(value => elsewhere.has(value))
    const [scalars, arrays] = [[...read].filter(isScalar), [...read].filter(value => !isScalar(value))]
    const bytes = (values: readonly number[]) =>
      values.reduce((sum, value) => sum + bytesOf({ ...(avals[value] as Aval), shape: [1] }), 0)
    const kept = mostKept(own, this.#made, value => bytes([value]))
    const elements = Math.max(FEWEST_ELEMENTS, Math.floor(STRIP_BYTES / kept))
    const isWorthIt = kept >= FEWEST_KEPT * bytes([...arrays, ...results]) && sizeOf(shape) >= 2 * elements
    if (!isWorthIt) return []
    return [{ shape, members, behind: new Set(this.#behind), scalars, arrays, results, elements }]
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
