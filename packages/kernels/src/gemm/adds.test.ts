import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Kernel } from '../kernel.js'
import { runKernel } from '../testing/run-kernel.js'
import { detectFeatures, i32, type Local } from '../wasm/index.js'
import { type MatmulSpec, matmul } from './matmul.js'

type Floats = Float32Array | Float64Array

const make = (dtype: 'f32' | 'f64', length: number): Floats =>
  dtype === 'f32' ? new Float32Array(length) : new Float64Array(length)

const sizeOf = ({ batch, m, n }: MatmulSpec) => batch.reduce((size, length) => size * length, m * n)

/** The kernel with a third input, which its output holds before it runs. */
const from = (kernel: Kernel, bytes: number): Kernel => ({
  ...kernel,
  inputs: 3,
  emit(context) {
    const { f, inputs, outputs } = context
    const [, , before] = inputs as readonly [Local<'i32'>, Local<'i32'>, Local<'i32'>]
    const at = f.local('i32')
    f.for(at, 0, bytes, 4, () => {
      f.do(i32.store(i32.add(outputs[0] as Local<'i32'>, at), i32.load(i32.add(before, at))))
    })
    kernel.emit({ ...context, inputs: inputs.slice(0, 2) })
  },
})

/** x + y, of vectors; one of the NaNs where both are. */
const sum = (x: Floats, y: Floats): Floats => x.map((value, k) => value + (y[k] as number))

/** Bits, of which all NaNs have the same. */
const bits = (x: Floats) => new Uint8Array(x.map(value => (Number.isNaN(value) ? Number.NaN : value)).buffer)

describe('products that are added to what is there', () => {
  // Tiles have 3 or 6 rows of 4 to 12 columns, blocks 24 rows; a block of k has up to 512.
  const border = fc.oneof(
    fc.integer({ min: 1, max: 40 }),
    fc.constantFrom(1, 2, 3, 4, 6, 7, 11, 12, 13, 23, 24, 25, 48, 49, 266),
  )
  const special = fc.constantFrom(
    -0,
    0,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    1e-40,
  )
  const specs = fc.record({
    dtype: fc.constantFrom('f32' as const, 'f64' as const),
    batch: fc.constantFrom([], [1], [2], [2, 3]),
    m: border,
    n: border,
    k: fc.oneof(fc.integer({ min: 1, max: 30 }), fc.constantFrom(64, 511, 512)),
    transposeA: fc.boolean(),
    transposeB: fc.boolean(),
  })

  it('have the bits of the product, added afterwards', () => {
    fc.assert(
      fc.property(
        specs,
        fc.array(fc.tuple(fc.nat(2), fc.nat(), special), { maxLength: 4 }),
        fc.boolean(),
        (spec, places, fma) => {
          const { dtype, m, n, k } = spec
          const size = sizeOf(spec)
          const operands = [(size / n) * k, (size / m) * k, size].map((length, j) =>
            make(dtype, length).map((_, at) => Math.sin(7.3 * at + j)),
          ) as [Floats, Floats, Floats]
          for (const [which, at, value] of places) {
            const operand = operands[which] as Floats
            operand[at % operand.length] = value
          }
          const [a, b, before] = operands
          const features = { fma: fma && detectFeatures().fma }
          const [product] = runKernel(matmul(spec), [a, b], [make(dtype, size)], features) as [Floats]
          const adding = from(matmul({ ...spec, adds: true }), before.byteLength)
          const [out] = runKernel(adding, operands, [make(dtype, size)], features) as [Floats]
          expect(bits(out)).toEqual(bits(sum(before, product)))
        },
      ),
      { numRuns: 300 },
    )
  })

  it('take sums that are made in one block of k', () => {
    const of = (k: number) => () =>
      matmul({
        dtype: 'f32',
        batch: [],
        m: 2,
        n: 3,
        k,
        transposeA: false,
        transposeB: false,
        adds: true,
      })
    expect(of(512)).not.toThrow()
    expect(of(513)).toThrowErrorMatchingInlineSnapshot(
      `[RangeError: matmul: sums of 513 terms are not made at once]`,
    )
    expect(of(0)).toThrow(RangeError)
  })
})
