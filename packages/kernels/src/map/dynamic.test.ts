import fc from 'fast-check'
import { expect, it } from 'vitest'
import { rowMajor } from '../shape.js'
import { arrayOf, at, dtypes, indicesOf, numbered, sizeOf } from '../testing/arrays.js'
import { runKernel } from '../testing/run-kernel.js'
import { type DynamicSpec, dynamicSlice, dynamicUpdateSlice } from './dynamic.js'

const axes = fc.array(
  fc
    .tuple(fc.constantFrom(0, 1, 2, 5, 9, 17), fc.nat(17))
    .map(([length, size]) => ({ length, size: Math.min(length, size) })),
  { maxLength: 3 },
)

const specs: fc.Arbitrary<DynamicSpec> = fc
  .record({ dtype: dtypes, batch: fc.constantFrom(0, 1, 2, 3), axes })
  .map(({ axes, ...rest }) => ({
    ...rest,
    shape: axes.map(({ length }) => length),
    sizes: axes.map(({ size }) => size),
  }))

const startsOf = ({ batch, shape }: DynamicSpec) =>
  Int32Array.from({ length: batch * shape.length }, (_, k) => ((k * 7919) % 31) - 9)

/** Places of the window: in itself and in the whole. */
function* places({ batch, shape, sizes }: DynamicSpec, starts: Int32Array) {
  const [whole, part] = [sizeOf(shape), sizeOf(sizes)]
  for (let b = 0; b < batch; b++) {
    const own = shape.map((length, axis) => {
      const start = starts[b * shape.length + axis] as number
      return Math.max(0, Math.min(length - (sizes[axis] as number), start))
    })
    for (const index of indicesOf(sizes)) {
      yield {
        small: b * part + at(index, rowMajor(sizes)),
        large: b * whole + at(index, rowMajor(shape), at(own, rowMajor(shape))),
      }
    }
  }
}

it('a window is read where its starts say, or as near as it fits', () => {
  fc.assert(
    fc.property(specs, spec => {
      const x = numbered(spec.dtype, spec.batch * sizeOf(spec.shape))
      const starts = startsOf(spec)
      const want = arrayOf(spec.dtype, spec.batch * sizeOf(spec.sizes))
      for (const { small, large } of places(spec, starts)) want[small] = x[large] as number
      expect(runKernel(dynamicSlice(spec), [x, starts], [want.slice()])[0]).toEqual(want)
    }),
  )
})

it('a window is written there, and all else stays', () => {
  fc.assert(
    fc.property(specs, spec => {
      const x = numbered(spec.dtype, spec.batch * sizeOf(spec.shape))
      const update = numbered(spec.dtype, spec.batch * sizeOf(spec.sizes)).reverse()
      const starts = startsOf(spec)
      const want = x.slice()
      for (const { small, large } of places(spec, starts)) want[large] = update[small] as number
      expect(runKernel(dynamicUpdateSlice(spec), [x, update, starts], [x.slice()])[0]).toEqual(want)
    }),
  )
})
