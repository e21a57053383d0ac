import {
  checkGradient,
  closestTie,
  interpret,
  type Plain,
  type RandomProgram,
  random,
  randomPrograms,
  textbookGradient,
  toPlain,
  toTensor,
} from '@wengert/testkit'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BudgetError } from '../errors.js'
import { formatProgram, type Program } from '../program/index.js'
import { record } from '../record/index.js'
import { simplify } from '../rewrite/index.js'
import { Arena, compile, type Executable, PAGE_BYTES, pageCeil } from '../run/index.js'
import { grad, valueAndGrad } from './index.js'

/**
 * In units of the largest element. Values stay below 8 by construction; rounding errors of 10⁻¹⁶ may still be magnified
 * by every one of up to 40 ops, and by a million in all.
 */
const TOLERANCE = 1e-9
/** Where a comparison is closer than this, either answer is right. */
const TIE = 1e-8

const avalsOf = ({ inputs }: RandomProgram) => inputs.map(({ dtype, shape }) => ({ dtype, shape }))

/** The program of the outputs. */
const programOf = (made: RandomProgram) => record((...xs) => made.run(...xs), ...avalsOf(made)).program

/** The program of the loss and of its gradient by every input. */
function gradientOf(made: RandomProgram): Program {
  const avals = avalsOf(made)
  const both = valueAndGrad(made.loss, { argnums: avals.map((_, k) => k) })
  return record(
    (...xs) => {
      const { value, gradient } = both(...xs)
      return [value, ...gradient]
    },
    ...avals,
  ).program
}

/** Runs an executable in an arena filled with a pattern where nothing is written before the run. */
function run(executable: Executable, { inputs }: RandomProgram, fill: number) {
  const arena = new Arena({ maximumBytes: pageCeil(executable.peakBytes) + PAGE_BYTES })
  arena.load(executable)
  arena.memory.grow(1)
  const bytes = new Uint8Array(arena.memory.buffer)
  bytes.fill(fill)
  for (const { offset, data } of executable.statics) bytes.set(data, offset)
  inputs.forEach(({ values }, k) => {
    arena.write(k, new Float64Array(values))
  })
  arena.run()
  return {
    outputs: executable.outputs.map((_, k) => new Uint8Array(arena.read(k).buffer)),
    above: bytes.slice(executable.peakBytes),
  }
}

function expectClose(got: readonly number[], want: readonly number[], program: Program): void {
  expect(got.length).toBe(want.length)
  const scale = Math.max(1, ...want.map(Math.abs))
  got.forEach((value, k) => {
    const error = Math.abs(value - (want[k] as number)) / scale
    if (!(error <= TOLERANCE)) {
      throw new Error(`element ${k} is ${value}, expected ${want[k]}, in\n${formatProgram(program)}`)
    }
  })
}

const numbers = (bytes: Uint8Array) => Array.from(new Float64Array(bytes.buffer))

describe('random programs', () => {
  it('compiled give what the textbook interpreter gives', () => {
    fc.assert(
      fc.property(randomPrograms(), made => {
        const program = programOf(made)
        fc.pre(closestTie(program, made.inputs) > TIE)
        const want = interpret(program, made.inputs)
        const { outputs } = run(compile(program), made, 0)
        outputs.forEach((bytes, k) => {
          expectClose(numbers(bytes), want[k]?.values ?? [], program)
        })
      }),
      { numRuns: 250 },
    )
  })

  it('have the gradient of the scalar tape', () => {
    fc.assert(
      fc.property(randomPrograms(), made => {
        const { program } = record((...xs) => made.loss(...xs), ...avalsOf(made))
        fc.pre(closestTie(program, made.inputs) > TIE)
        const want = textbookGradient(program, made.inputs, [[1]])
        const derived = gradientOf(made)
        const [, ...gradient] = run(compile(derived), made, 0).outputs
        gradient.forEach((bytes, k) => {
          expectClose(numbers(bytes), want[k] as number[], derived)
        })
      }),
      { numRuns: 250 },
    )
  })

  it('have the second derivatives of the scalar tape', () => {
    fc.assert(
      fc.property(randomPrograms({ maxSteps: 8 }), made => {
        const { program } = record((...xs) => made.loss(...xs), ...avalsOf(made))
        fc.pre(closestTie(program, made.inputs) > TIE)
        // The scalar tape over the program of the gradient, and the engine twice.
        const next = random(5)
        const cts = made.inputs.map(({ values }) => values.map(() => next() + 0.5))
        const once = gradientOf(made)
        const want = textbookGradient(once, made.inputs, [undefined, ...cts])
        const argnums = made.inputs.map((_, k) => k)
        const twice = grad(
          (...xs: Parameters<typeof made.loss>) =>
            grad(made.loss, { argnums })(...xs)
              .map((x, k) =>
                x.mul(toTensor({ ...(made.inputs[k] as Plain), values: cts[k] as number[] })).sum(),
              )
              .reduce((total, part) => total.add(part)),
          { argnums },
        )(...made.inputs.map(toTensor))
        twice.forEach((x, k) => {
          expectClose(toPlain(x).values, want[k] as number[], once)
        })
      }),
      { numRuns: 40 },
    )
  })

  it('without kinks have the gradient of finite differences', () => {
    fc.assert(
      fc.property(randomPrograms({ kinks: false, maxSteps: 16 }), made => {
        // Compositions of a dozen ops have tenth derivatives that the extrapolation leaves some of.
        checkGradient(made.loss, made.inputs.map(toTensor), { tolerance: 1e-6 })
      }),
      { numRuns: 40 },
    )
  })

  it('simplified give the same bits', () => {
    fc.assert(
      fc.property(randomPrograms(), made => {
        const program = gradientOf(made)
        const simple = simplify(program)
        expect(simple.instructions.length).toBeLessThanOrEqual(program.instructions.length)
        expect(run(compile(simple), made, 0).outputs).toEqual(run(compile(program), made, 0).outputs)
      }),
      { numRuns: 40 },
    )
  })

  it('give the same bits under every budget, from any memory, and touch nothing above their peak', () => {
    fc.assert(
      fc.property(randomPrograms({ maxSteps: 30 }), made => {
        const program = simplify(gradientOf(made))
        const ample = compile(program)
        const least = leastBytes(program)
        expect(least).toBeLessThanOrEqual(ample.peakBytes)
        const want = run(ample, made, 0)
        for (const share of [0, 0.3, 0.7, 1]) {
          const budget = Math.floor(least + share * (ample.peakBytes - least))
          const executable = compile(program, { memoryBytes: budget })
          expect(executable.peakBytes).toBeLessThanOrEqual(budget)
          for (const fill of [0x00, 0xa5, 0xff]) {
            const { outputs, above } = run(executable, made, fill)
            expect(outputs).toEqual(want.outputs)
            expect(above.every(byte => byte === fill)).toBe(true)
          }
        }
        expect(() => compile(program, { memoryBytes: least - 1 })).toThrow(BudgetError)
        // From the least on, every budget will do.
        for (let budget = least; budget <= ample.peakBytes + 16; budget += 16) {
          expect(compile(program, { memoryBytes: budget }).peakBytes).toBeLessThanOrEqual(budget)
        }
      }),
      // Shrinking would plan and run thousands of programs.
      { numRuns: 60, endOnFailure: true },
    )
  })
})

/** The fewest bytes in which a program can be compiled. */
function leastBytes(program: Program): number {
  try {
    compile(program, { memoryBytes: 1 })
  } catch (error) {
    if (error instanceof BudgetError) return error.leastBytes
    throw error
  }
  throw new Error('A program was compiled into one byte.')
}
