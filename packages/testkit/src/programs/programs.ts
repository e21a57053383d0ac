import { add, formatProgram, mul, record, sin, sum, type Tensor } from '@wengert/tape'
import fc from 'fast-check'
import type { Plain } from '../reference/index.js'
import { random } from '../sample.js'
import { arranging } from './arranging.js'
import { BOUND, type Build, type Entry, entry } from './entry.js'
import { kinked } from './kinked.js'
import { smooth } from './smooth.js'

/** A random program: functions of its inputs, and inputs for them. */
export interface RandomProgram {
  readonly inputs: readonly Plain[]
  /** The values that were not picked as operands. */
  readonly run: (...inputs: Tensor[]) => Tensor[]
  /** One number that every value has a part in, unless `stopGradient` or a comparison is between. */
  readonly loss: (...inputs: Tensor[]) => Tensor
}

interface Recipe {
  readonly shapes: readonly (readonly number[])[]
  readonly seed: number
  readonly steps: readonly (readonly [op: number, x: number, y: number, z: number, choice: number])[]
}

const shapes = fc.constantFrom(
  [],
  [1],
  [3],
  [5],
  [2, 3],
  [3, 1],
  [1, 4],
  [4, 4],
  [3, 4],
  [2, 3, 2],
  [0],
  [2, 0],
)

/**
 * Random programs of up to 40 ops in f64 whose values stay small and within the domains of their ops.
 *
 * @param options.kinks whether ops with kinks, jumps or stopped gradients take part. Default true.
 */
export function randomPrograms({ kinks = true, maxSteps = 40 } = {}): fc.Arbitrary<RandomProgram> {
  const builds = Object.values(kinks ? { ...smooth, ...arranging, ...kinked } : { ...smooth, ...arranging })
  return fc
    .record({
      shapes: fc.array(shapes, { minLength: 1, maxLength: 3 }),
      seed: fc.nat(1e6),
      steps: fc.array(fc.tuple(fc.nat(builds.length - 1), fc.nat(99), fc.nat(99), fc.nat(99), fc.nat(99)), {
        minLength: 1,
        maxLength: maxSteps,
      }),
    })
    .map(recipe => cook(recipe, builds))
}

function cook(recipe: Recipe, builds: readonly Build[]): RandomProgram {
  const next = random(recipe.seed)
  const inputs = recipe.shapes.map(shape => {
    const size = shape.reduce((product, length) => product * length, 1)
    return { dtype: 'f64' as const, shape, values: Array.from({ length: size }, () => 3 * next() - 1.5) }
  })
  const run = (...xs: Tensor[]) => {
    const pool = xs.map(x => entry(x, 1.5))
    const read = new Set<Entry>()
    // Later values are more likely, so that programs grow deep.
    const pick = (choice: number) => pool[pool.length - 1 - (choice % Math.min(pool.length, 5))] as Entry
    for (const [op, x, y, z, choice] of recipe.steps) {
      const operands = [pick(x), pick(y), pick(z)] as const
      const made = (builds[op] as Build)(operands[0], operands[1], choice, operands[2])
      if (!made) continue
      for (const operand of operands) read.add(operand)
      pool.push(made.bound > BOUND ? entry(sin(made.x), 1) : made)
    }
    const ends = pool.filter(value => !read.has(value)).map(({ x }) => x)
    return ends.length > 0 ? ends : [(pool.at(-1) as Entry).x]
  }
  const loss = (...xs: Tensor[]) =>
    run(...xs)
      .map((x, k) => sum(mul(x, 1 + k / 8)))
      .reduce((total, part) => add(total, part))
  const text = () => {
    const avals = inputs.map(({ dtype, shape }) => ({ dtype, shape }))
    const written = inputs.map(({ values }, k) => `input ${k} = [${values.join(', ')}]`)
    return [...written, formatProgram(record(loss, ...avals).program)].join('\n')
  }
  return { inputs, run, loss, [fc.toStringMethod]: text } as RandomProgram
}
