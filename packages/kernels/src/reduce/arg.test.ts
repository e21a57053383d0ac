import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { arrayOf, indicesOf, shapes, sizeOf } from '../testing/arrays.js'
import { type Data, runKernel } from '../testing/run-kernel.js'
import { type ArgExtremeSpec, argExtreme } from './arg.js'

function naive({ kind, shape, axis }: ArgExtremeSpec, x: Data): number[] {
  const stride = sizeOf(shape.slice(axis + 1))
  const beats = (a: number, b: number) =>
    (kind === 'max' ? a > b : a < b) || (Number.isNaN(a) && !Number.isNaN(b))
  return [...indicesOf(shape)].flatMap((index, start) => {
    if (index[axis] !== 0) return []
    let best = 0
    for (let k = 1; k < (shape[axis] as number); k++) {
      if (beats(x[start + k * stride] as number, x[start + best * stride] as number)) best = k
    }
    return [best]
  })
}

const specs = shapes
  .filter(shape => shape.length > 0)
  .chain(shape =>
    fc.record({
      shape: fc.constant(shape),
      axis: fc.nat(shape.length - 1),
      dtype: fc.constantFrom('f32', 'f64', 'i32'),
      kind: fc.constantFrom('max', 'min'),
    }),
  )
  .filter(({ shape, axis }) => shape[axis] !== 0)

describe('argExtreme', () => {
  it('finds the first of ties, and NaN before all', () => {
    fc.assert(
      fc.property(specs, fc.nat(1000), (spec, seed) => {
        const pool = [0, 1, -2, 3, 3, -0, -2, spec.dtype === 'i32' ? 7 : Number.NaN, Infinity, -Infinity]
        const values = Array.from(
          { length: sizeOf(spec.shape) },
          (_, k) => pool[(k * 7 + ((k * k * 13 + seed) % 101)) % pool.length] as number,
        )
        const x = arrayOf(spec.dtype, values)
        const size = sizeOf(spec.shape.toSpliced(spec.axis, 1))
        const [out] = runKernel(argExtreme(spec), [x], [new Int32Array(size)])
        expect(Array.from(out as Data)).toEqual(naive(spec, x))
      }),
      { numRuns: 250 },
    )
  })

  it('needs elements', () => {
    const spec = { kind: 'max', dtype: 'f32', shape: [3, 0], axis: 1 } as const
    expect(() => argExtreme(spec)).toThrow(RangeError)
  })
})
