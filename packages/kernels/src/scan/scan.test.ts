import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { arrayOf, indicesOf, numbered, shapes, sizeOf } from '../testing/arrays.js'
import { type Data, runKernel } from '../testing/run-kernel.js'
import { type ScanKind, type ScanSpec, scan } from './scan.js'

const combine: Readonly<Record<Exclude<ScanKind, 'linear'>, (a: number, b: number) => number>> = {
  sum: (a, b) => a + b,
  prod: (a, b) => a * b,
  max: Math.max,
  min: Math.min,
}

function naive({ kind, dtype, shape, axis, reverse }: ScanSpec, operands: readonly Data[]): number[] {
  const x = operands.at(-1) as Data
  const out = new Array<number>(x.length)
  const [length, stride] = [shape[axis] as number, sizeOf(shape.slice(axis + 1))]
  const order = [...indicesOf(shape)].map((index, at) => ({ place: index[axis] as number, at }))
  if (reverse) order.reverse()
  for (const { place, at } of order) {
    const before = out[at + (reverse ? stride : -stride)] as number
    const value = x[at] as number
    if (place === (reverse ? length - 1 : 0)) out[at] = value
    else
      out[at] =
        kind === 'linear' ? (operands[0]?.[at] as number) * before + value : combine[kind](before, value)
  }
  return Array.from(arrayOf(dtype, out))
}

const run = (spec: ScanSpec, operands: readonly Data[]) =>
  Array.from(runKernel(scan(spec), operands, [arrayOf(spec.dtype, sizeOf(spec.shape))])[0] as Data)

const specs = shapes
  .filter(shape => shape.length > 0)
  .chain(shape =>
    fc.record({
      shape: fc.constant(shape),
      axis: fc.nat(shape.length - 1),
      dtype: fc.constantFrom('f32', 'f64', 'i32'),
      kind: fc.constantFrom<ScanKind>('sum', 'prod', 'max', 'min', 'linear'),
      reverse: fc.boolean(),
    }),
  )

describe('scan', () => {
  it('agrees with a plain loop on whole numbers, along any axis', () => {
    fc.assert(
      fc.property(specs, spec => {
        const size = sizeOf(spec.shape)
        // Powers of 2 and small multipliers keep everything exact.
        const signs = arrayOf(
          spec.dtype,
          Array.from({ length: size }, (_, k) => [1, -1, 2, 0, -1, 1, 1][k % 7] as number),
        )
        const x = spec.kind === 'prod' ? signs : numbered(spec.dtype, size)
        const operands = spec.kind === 'linear' ? [signs, x] : [x]
        expect(run(spec, operands).map(value => value + 0)).toEqual(
          naive(spec, operands).map(value => value + 0),
        )
      }),
      { numRuns: 250 },
    )
  })

  it('stays NaN after the first NaN', () => {
    const x = Float32Array.of(1, 3, Number.NaN, 5)
    const spec = { kind: 'max', dtype: 'f32', shape: [4], axis: 0 } as const
    expect(run(spec, [x])).toEqual([1, 3, Number.NaN, Number.NaN])
  })
})
