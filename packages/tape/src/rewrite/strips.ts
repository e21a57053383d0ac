/** Long stretches of elementwise instructions of many elements, run strip by strip. */
import {
  type Aval,
  type Instruction,
  type Params,
  type Program,
  paramsOf,
  sameShape,
  sizeOf,
} from '../program/index.js'
import { mapInner } from './inner.js'
import { withoutDeadCode } from './simplify.js'
import { longShapes, type Stretch, stretchesOf } from './stretches.js'

/**
 * The program with long stretches of elementwise instructions of one shape, and of at least 1,024 elements, as loops over strips of
 * these elements, each as short as keeps the values of a strip near the processor. What waits between instructions then takes
 * the bytes of a strip, however many elements there are: the pullback of a scalar program over rows keeps its values so. What is
 * computed of each element stays the same to the bit. Programs inside of instructions, too. The program itself if it has no such stretch.
 *
 * @example
 * const { program } = record(x => exp(x).add(1).sqrt(), tensor([1, 2]))
 * inStrips(program) === program // → true
 */
export function inStrips(program: Program): Program {
  const made = known.get(program) ?? stripped(program)
  known.set(program, made)
  return made
}

const known = new WeakMap<Program, Program>()

function stripped(program: Program): Program {
  const inner = mapInner(program, inStrips)
  const live = withoutDeadCode(inner)
  const made = longShapes(live).reduce((one, shape) => withLoops(one, stretchesOf(one, shape)), live)
  return made === live ? inner : made
}

/** The program with stretches as loops. */
function withLoops(program: Program, stretches: readonly Stretch[]): Program {
  if (stretches.length === 0) return program
  const emitted = new Emitted(program)
  const same = new Map<number, number>()
  const gone = new Set(stretches.flatMap(({ members }) => members))
  const ofNow = (values: readonly number[]) => values.map(value => same.get(value) ?? value)
  let next = 0
  const leave = (to: number) => {
    for (; next <= to; next++) if (!gone.has(next)) emitted.put(program.instructions[next] as Instruction)
  }
  for (const stretch of stretches) {
    const { members, behind, scalars, arrays } = stretch
    const needed = new Set([...scalars, ...arrays])
    const first = members[0] as number
    leave(first - 1)
    // Behind what it reads, which may stand after the first of its members, and before what reads it.
    const last = members.at(-1) as number
    let place = first
    for (let k = first; k < last; k++) {
      if (!gone.has(k) && program.instructions[k]?.outputs.some(value => needed.has(value))) place = k
    }
    const waiting: Instruction[] = []
    for (; next <= place; next++) {
      const instruction = program.instructions[next] as Instruction
      if (behind.has(next)) waiting.push(instruction)
      else if (!gone.has(next)) emitted.put(instruction)
    }
    for (const [value, now] of loopOf(program, stretch, emitted)) same.set(value, now)
    for (const instruction of waiting) emitted.put(instruction)
  }
  leave(program.instructions.length - 1)
  return {
    ...program,
    avals: emitted.avals,
    instructions: emitted.instructions.map(one =>
      one.inputs.some(value => same.has(value)) ? { ...one, inputs: ofNow(one.inputs) } : one,
    ),
    outputs: ofNow(program.outputs),
  }
}

/** Emits a stretch as a loop, and tells what stands for its results. */
function loopOf(program: Program, stretch: Stretch, emitted: Emitted): ReadonlyMap<number, number> {
  const { shape, scalars, arrays, results } = stretch
  const size = sizeOf(shape)
  const elements = stripOf(size, stretch)
  const body = strip(program, stretch, elements)
  emitted.at = program.instructions[stretch.members[0] as number]?.at
  const flat = arrays.map(value => emitted.under(value, [size]))
  /** Results of so many strips, from an element on. */
  const run = (from: number, strips: number): readonly number[] => {
    const to = from + strips * elements
    const rows = flat.map(value => emitted.under(emitted.part(value, from, to), [strips, elements]))
    const params = paramsOf({
      kind: 'scan',
      body,
      length: strips,
      reverse: false,
      constants: scalars.length,
      carries: 0,
      history: [],
    })
    const given = body.outputs.map(value => {
      const { dtype, shape } = body.avals[value] as Aval
      return { dtype, shape: [strips, ...shape] }
    })
    return emitted.emit('scan', [...scalars, ...rows], params, given)
  }
  const done = size - (size % elements)
  let all = run(0, done / elements)
  if (done < size) {
    // The last strip ends where the elements do, and computes some of them twice.
    const last = run(size - elements, 1)
    all = all.map((value, k) => {
      const whole = emitted.under(value, [done])
      const rest = emitted.part(
        emitted.under(last[k] as number, [elements]),
        elements - (size - done),
        elements,
      )
      const { dtype } = emitted.avals[value] as Aval
      const [joined] = emitted.emit('concat', [whole, rest], { axis: 0 }, [{ dtype, shape: [size] }])
      return joined as number
    })
  }
  const shapeOf = (value: number) => (program.avals[value] as Aval).shape
  return new Map(results.map((value, k) => [value, emitted.under(all[k] as number, shapeOf(value))]))
}

/** About as many elements as were asked for: if they divide all of them, or of blocks as they must. */
function stripOf(size: number, { elements: most, block }: Stretch): number {
  if (block > 1) {
    const blocks = size / block
    for (let count = Math.round(most / block); count > 1; count--)
      if (blocks % count === 0) return count * block
    return block
  }
  for (let elements = most; elements > most / 2; elements--) if (size % elements === 0) return elements
  return most
}

/** What computes the results of a stretch of a strip, of scalars and of strips of arrays. */
function strip({ avals, instructions }: Program, stretch: Stretch, elements: number): Program {
  const { members, scalars, arrays, results } = stretch
  const own: Aval[] = []
  const places = new Map<number, number>()
  const define = (value: number) => {
    const { dtype, shape } = avals[value] as Aval
    places.set(value, own.push({ dtype, shape: ofStrip(shape, stretch, elements) }) - 1)
    return places.get(value) as number
  }
  const placesOf = (values: readonly number[]) => values.map(value => places.get(value) as number)
  const inputs = [...scalars, ...arrays].map(define)
  const run = members.map((k): Instruction => {
    const { op, inputs, outputs, params, at } = instructions[k] as Instruction
    return {
      op,
      ...(at !== undefined && { at }),
      inputs: placesOf(inputs),
      outputs: outputs.map(define),
      params: params.shape
        ? { ...params, shape: ofStrip(params.shape as readonly number[], stretch, elements) }
        : params,
    }
  })
  return { avals: own, inputs, constants: [], instructions: run, outputs: placesOf(results) }
}

/** What is of a strip of a value of that shape: of the stretch, as blocks, a number for each block, or one element. */
function ofStrip(own: readonly number[], { shape, block }: Stretch, elements: number): readonly number[] {
  if (sameShape(own, shape)) return [elements]
  return sizeOf(own) === 1 ? own : [elements / block, ...own.slice(1)]
}

/** The instructions of a program that is made. */
class Emitted {
  readonly avals: Aval[]
  readonly instructions: Instruction[] = []
  /** The line of the user's code that what is emitted comes from. */
  at: string | undefined

  constructor({ avals }: Program) {
    this.avals = [...avals]
  }

  put(instruction: Instruction): void {
    this.instructions.push(instruction)
  }

  emit(op: string, inputs: readonly number[], params: Params, avals: readonly Aval[]): readonly number[] {
    const outputs = avals.map(aval => this.avals.push(aval) - 1)
    this.put({ op, inputs, outputs, params, ...(this.at !== undefined && { at: this.at }) })
    return outputs
  }

  /** A value under another shape. */
  under(value: number, shape: readonly number[]): number {
    const { dtype, shape: own } = this.avals[value] as Aval
    if (sameShape(own, shape)) return value
    return this.emit('reshape', [value], { shape }, [{ dtype, shape }])[0] as number
  }

  /** Elements of a list. */
  part(value: number, from: number, to: number): number {
    const { dtype, shape } = this.avals[value] as Aval
    if (from === 0 && to === shape[0]) return value
    const params = { starts: [from], limits: [to], steps: [1] }
    return this.emit('slice', [value], params, [{ dtype, shape: [to - from] }])[0] as number
  }
}
