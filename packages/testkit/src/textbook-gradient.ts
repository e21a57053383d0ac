import type { Instruction, Program } from '@wengert/tape'
import { broadcastTo, compute, indicesOf, type Plain, positionOf, trace } from './reference/index.js'
import { type Edge, TextbookTape } from './textbook-tape.js'

/** f′(x) of each op of one operand, from x and f(x). */
const derivatives: Readonly<Record<string, (x: number, out: number) => number>> = {
  square: x => 2 * x,
  exp: x => Math.exp(x),
  log: x => 1 / x,
  sqrt: x => 1 / (2 * Math.sqrt(x)),
  sin: x => Math.cos(x),
  cos: x => -Math.sin(x),
  tanh: x => 1 / Math.cosh(x) ** 2,
  sigmoid: (_x, out) => out * (1 - out),
  relu: x => (x > 0 ? 1 : 0),
  neg: () => -1,
  abs: x => Math.sign(x),
  reciprocal: (_x, out) => -out * out,
  rsqrt: (x, out) => -out / (2 * x),
  cbrt: (_x, out) => 1 / (3 * out * out),
  exp2: (_x, out) => Math.LN2 * out,
  expm1: (_x, out) => out + 1,
  log2: x => 1 / (x * Math.LN2),
  log10: x => 1 / (x * Math.LN10),
  log1p: x => 1 / (1 + x),
  tan: (_x, out) => 1 + out * out,
  asin: x => 1 / Math.sqrt(1 - x * x),
  acos: x => -1 / Math.sqrt(1 - x * x),
  atan: x => 1 / (1 + x * x),
  sinh: x => Math.cosh(x),
  cosh: x => Math.sinh(x),
  asinh: x => 1 / Math.sqrt(x * x + 1),
  acosh: x => 1 / Math.sqrt(x * x - 1),
  atanh: x => 1 / (1 - x * x),
  erf: x => (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x),
  erfc: x => (-2 / Math.sqrt(Math.PI)) * Math.exp(-x * x),
  softplus: x => 1 / (1 + Math.exp(-x)),
}

/** [∂f/∂x, ∂f/∂y] of each op of two operands that is not bilinear. */
const partials: Readonly<Record<string, (x: number, y: number) => readonly [number, number]>> = {
  div: (x, y) => [1 / y, -x / (y * y)],
  maximum: (x, y) => (x >= y ? [1, 0] : [0, 1]),
  minimum: (x, y) => (x <= y ? [1, 0] : [0, 1]),
  pow: (x, y) => [y * x ** (y - 1), x ** y * Math.log(x)],
  hypot: (x, y) => [x / Math.hypot(x, y), y / Math.hypot(x, y)],
  atan2: (y, x) => [x / (x * x + y * y), -y / (x * x + y * y)],
}

/** Operands in each of which alone an op is linear: its derivative there is what it does to unit vectors. */
const linear: Readonly<Record<string, readonly number[]>> = {
  add: [0, 1],
  sub: [0, 1],
  mul: [0, 1],
  where: [1, 2],
  convert: [0],
  sum: [0],
  reshape: [0],
  transpose: [0],
  broadcastTo: [0],
  slice: [0],
  unslice: [0],
  flip: [0],
  gather: [0],
  scatterAdd: [0],
  cumsum: [0],
  matmul: [0, 1],
  conv2d: [0, 1],
  conv2dInputPullback: [0, 1],
  conv2dFilterPullback: [0, 1],
  named: [0],
  sumPool2d: [0],
  sumPool2dPullback: [0],
  maxPool2dPushforward: [1],
  maxPool2dPullback: [1],
}

/** Operands in each element of which alone an op is affine: its derivative there is f(1) − f(0). */
const affine: Readonly<Record<string, readonly number[]>> = {
  prod: [0],
  cumprod: [0],
  linearRecurrence: [0, 1],
}

/** Ops whose derivative is zero or undefined by definition. */
const constant = [
  'stopGradient',
  'argsort',
  'sign',
  'equal',
  'notEqual',
  'less',
  'lessEqual',
  'greater',
  'greaterEqual',
]

/** The local derivatives of one instruction: for each element of its result, (operand, element, ∂). */
type Local = readonly (readonly [operand: number, element: number, partial: number])[]

/** ∂/∂(operand k) of an op that is linear in it, column by column. */
function columns(instruction: Instruction, inputs: readonly Plain[], operand: number): Local[] {
  const x = inputs[operand] as Plain
  const rows: [number, number, number][][] = []
  x.values.forEach((_, element) => {
    const unit = { ...x, values: x.values.map((_, k) => Number(k === element)) }
    // Adding an operand is affine: without the other operands it is linear.
    const others = ['add', 'sub', 'where'].includes(instruction.op)
    const operands = inputs.map((y, k) => {
      if (k === operand) return unit
      return others && y.dtype !== 'bool' ? { ...y, values: y.values.map(() => 0) } : y
    })
    compute(instruction, operands).values.forEach((partial, row) => {
      rows[row] ??= []
      if (partial !== 0) rows[row].push([operand, element, partial])
    })
  })
  return rows
}

/** ∂/∂(operand k) of an op that is affine in each of its elements, column by column. */
function differences(instruction: Instruction, inputs: readonly Plain[], operand: number): Local[] {
  const x = inputs[operand] as Plain
  const rows: [number, number, number][][] = []
  x.values.forEach((_, element) => {
    const [one, zero] = [1, 0].map(value => {
      const moved = { ...x, values: x.values.with(element, value) }
      return compute(instruction, inputs.with(operand, moved)).values
    }) as [readonly number[], readonly number[]]
    one.forEach((value, row) => {
      rows[row] ??= []
      rows[row].push([operand, element, value - (zero[row] as number)])
    })
  })
  return rows
}

/** For each element of a running extremum, the first element along the axis that attains it. */
function running({ params }: Instruction, x: Plain, out: Plain): Local[] {
  const [axis, reverse] = [params['axis'] as number, params['reverse'] === true]
  return indicesOf(x.shape).map((index, row) => {
    const end = index[axis] as number
    const length = x.shape[axis] as number
    const places = Array.from({ length: reverse ? length - end : end + 1 }, (_, k) =>
      reverse ? length - 1 - k : k,
    )
    const from = places.find(
      place => x.values[positionOf(x.shape, index.with(axis, place))] === out.values[row],
    )
    return [[0, positionOf(x.shape, index.with(axis, from as number)), 1]]
  })
}

/** For each element of an extremum along axes, the elements that attain it, evenly. */
function extremum({ params }: Instruction, x: Plain, out: Plain): Local[] {
  const axes = params['axes'] as readonly number[]
  const rows: number[][] = out.values.map(() => [])
  for (const index of indicesOf(x.shape)) {
    const row = positionOf(
      out.shape,
      index.filter((_, axis) => !axes.includes(axis)),
    )
    const element = positionOf(x.shape, index)
    if (x.values[element] === out.values[row]) rows[row]?.push(element)
  }
  return rows.map(elements => elements.map(element => [0, element, 1 / elements.length] as const))
}

/** The operands, zeros in place of all but one. */
const others = (inputs: readonly Plain[], operand: number): Plain[] =>
  inputs.map((x, k) => (k === operand ? x : { ...x, values: x.values.map(() => 0) }))

/** For each element of a result, the position of the element of an operand that was broadcast to it. */
const positions = (operand: Plain, out: Plain): readonly number[] =>
  broadcastTo({ ...operand, values: operand.values.map((_, k) => k) }, out.shape).values

function locals(instruction: Instruction, inputs: readonly Plain[], out: Plain): Local[] {
  const { op } = instruction
  const [x, y] = inputs as readonly [Plain, Plain?]
  const derivative = derivatives[op]
  if (derivative) {
    return out.values.map((value, k) => [[0, k, derivative(x.values[k] as number, value)]])
  }
  const partial = partials[op]
  if (partial && y) {
    // Where each element of the result has its operands from is what broadcasting does to positions.
    const from = inputs.map(operand => positions(operand, out))
    return out.values.map((_, row) => {
      const [atX, atY] = from.map(list => list[row] as number) as [number, number]
      const [dx, dy] = partial(x.values[atX] as number, y.values[atY] as number)
      return [
        [0, atX, dx],
        [1, atY, dy],
      ]
    })
  }
  if (op === 'max' || op === 'min') return extremum(instruction, x, out)
  if (op === 'cummax' || op === 'cummin') return running(instruction, x, out)
  if (op === 'concat') {
    const all = inputs.map((_, operand) => columns(instruction, others(inputs, operand), operand))
    return out.values.map((_, row) => all.flatMap(rows => rows[row] ?? []))
  }
  // Pooling is, where it is differentiable, the selection of the elements that it picks.
  if (op === 'maxPool2d') {
    const rows = columns({ ...instruction, op: 'maxPool2dPushforward' }, [x, x], 1)
    return rows.map(row => row.map(([, element, one]) => [0, element, one] as const))
  }
  if (constant.includes(op)) return []
  const elements = affine[op]
  if (elements) {
    const all = elements.map(operand => differences(instruction, inputs, operand))
    return out.values.map((_, row) => all.flatMap(rows => rows[row] ?? []))
  }
  const operands = linear[op]
  if (!operands) throw new Error(`The textbook tape has no derivative of ${op}.`)
  const all = operands.map(operand => columns(instruction, inputs, operand))
  return out.values.map((_, row) => all.flatMap(rows => rows[row] ?? []))
}

/**
 * ∂⟨ct, outputs⟩/∂inputs of a program by a scalar tape: a node for every element of every value. For small
 * programs; independent of every rule of the engine.
 *
 * @param cts a cotangent for each output; undefined for zero.
 */
export function textbookGradient(
  program: Program,
  inputs: readonly Plain[],
  cts: readonly (readonly number[] | undefined)[],
): number[][] {
  const values = trace(program, inputs)
  const tape = new TextbookTape()
  const nodes: number[][] = []
  for (const value of [...program.inputs, ...program.constants.map(({ value }) => value)]) {
    nodes[value] = (values[value] as Plain).values.map(x => tape.leaf(x))
  }
  for (const instruction of program.instructions) {
    const [output] = instruction.outputs as [number]
    const out = values[output] as Plain
    const float = out.dtype === 'f32' || out.dtype === 'f64'
    const operands = instruction.inputs.map(value => values[value] as Plain)
    const rows = float ? locals(instruction, operands, out) : []
    nodes[output] = out.values.map((value, row) => {
      const edges = (rows[row] ?? []).map(([operand, element, partial]): Edge => {
        const parents = nodes[instruction.inputs[operand] as number] as number[]
        return [parents[element] as number, partial]
      })
      return tape.node(value, edges)
    })
  }
  const seeds = program.outputs.flatMap((value, k) =>
    (cts[k] ?? []).map((ct, element): Edge => [nodes[value]?.[element] as number, ct]),
  )
  const adjoints = tape.sweep(seeds)
  return program.inputs.map(value => (nodes[value] as number[]).map(node => adjoints[node] as number))
}
