import { randomPrograms } from '@wengert/testkit'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { folded, pullback, replay } from '../derive/index.js'
import { zerosLike } from '../ops/index.js'
import type { Program } from '../program/index.js'
import { record, scalarLike, type Tensor } from '../record/index.js'
import { Arena, compile } from '../run/index.js'
import { correspondence, withGiven } from './given.js'

/** The outputs of a program at these inputs. */
function run(program: Program, inputs: readonly Uint8Array[]): Uint8Array[] {
  const arena = new Arena()
  const executable = compile(program)
  arena.load(executable)
  executable.inputs.forEach(({ aval }, k) => {
    const data = inputs[k] as Uint8Array
    arena.write(k, aval.dtype === 'f64' ? new Float64Array(data.buffer) : new Int32Array(data.buffer))
  })
  arena.run()
  return executable.outputs.map((_, k) => new Uint8Array(arena.read(k).buffer))
}

describe('a program with values given', () => {
  test('gives the same bits, whichever they are, and reads all that are left', () => {
    fc.assert(
      fc.property(
        randomPrograms({ maxSteps: 20 }),
        fc.infiniteStream(fc.boolean()),
        fc.boolean(),
        (made, coin, hasMore) => {
          const avals = made.inputs.map(({ dtype, shape }) => ({ dtype, shape }))
          const program = folded(record((...xs) => made.loss(...xs), ...avals).program)
          const wanted = avals.map(() => true)
          const whole = record(
            (...xs) => {
              // Before the instructions of the part, so that these are not where they were.
              const more = hasMore ? xs.map(x => x.sin()) : []
              const values = replay(program, xs)
              const loss = values[program.outputs[0] as number] as Tensor
              const cts = pullback(program, values, [scalarLike(loss, 1)], wanted)
              return [loss, ...cts.map((ct, k) => ct ?? zerosLike(xs[k] as Tensor)), ...more]
            },
            ...avals,
          ).program
          const inputs = made.inputs.map(({ values }) => new Uint8Array(new Float64Array(values).buffer))
          const same = correspondence(program, whole)
          expect(same).not.toContain(undefined)
          const some = program.instructions
            .flatMap(({ outputs }) => outputs)
            .filter(value => program.avals[value]?.dtype === 'f64' && coin.next().value)
          const values = run({ ...program, outputs: some }, inputs)
          const begun = withGiven(
            whole,
            some.map(value => same[value] as number),
          )
          expect(begun.program.inputs).toHaveLength(inputs.length + begun.given.length)
          const given = begun.given.map(k => values[k] as Uint8Array)
          expect(run(begun.program, [...inputs, ...given])).toEqual(run(whole, inputs))
        },
      ),
      { numRuns: 40 },
    )
  })

  test('of values that are inputs, constants or nothing reads none is left', () => {
    const { program } = record(x => x.exp().sin().sum(), { dtype: 'f32', shape: [3] })
    expect(withGiven(program, [0, 1, 2]).given).toEqual([2])
    expect(withGiven(program, [3]).program.instructions).toEqual([])
  })
})
