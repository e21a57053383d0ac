import { describe, expect, it } from 'vitest'
import { assemble, encodeCalls } from '../assemble.js'
import { slotBytes } from '../kernel.js'
import { arrayOf } from '../testing/arrays.js'
import { runKernel } from '../testing/run-kernel.js'
import { detectFeatures } from '../wasm/index.js'
import { quotient } from './quotient.js'

const numbers = (dtype: 'f32' | 'f64', size: number) =>
  arrayOf(
    dtype,
    Array.from(
      { length: size },
      (_, k) => [NaN, Infinity, -0, 1e-45][k - 7] ?? Math.sin(k) * 10 ** ((k % 80) - 40),
    ),
  )

describe.each(['f32', 'f64'] as const)('quotients in %s', dtype => {
  it.each([3, 0.1, 1 + 2 ** -40, 1e30, 7e-42, 0, 1024])('by %f are rounded once', divisor => {
    for (const size of [0, 1, 2, 3, 7, 8, 17, 100]) {
      const x = numbers(dtype, size)
      const [out] = runKernel(
        quotient({ dtype, size }),
        [x, Float64Array.of(divisor)],
        [arrayOf(dtype, size)],
      )
      expect(out).toEqual(x.map(element => element / divisor))
    }
  })

  it('may take the place of what is divided', () => {
    const x = numbers(dtype, 37)
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 })
    const module = new WebAssembly.Module(
      assemble([quotient({ dtype, size: 37 })], detectFeatures(), { shared: false }),
    )
    const [at, divisor, record] = [32, 32 + slotBytes(x.byteLength), 16384]
    const place = new (x.constructor as Float64ArrayConstructor)(memory.buffer, at, 37)
    place.set(x)
    new Float64Array(memory.buffer, divisor, 1).set([3])
    const call = encodeCalls([{ kernel: 0, inputs: [at, divisor], outputs: [at], scratch: 0 }])
    new Int32Array(memory.buffer, record, call.length).set(call)
    const { exports } = new WebAssembly.Instance(module, { env: { memory } })
    ;(exports['run'] as (begin: number, end: number) => void)(record, record + call.byteLength)
    expect(place).toEqual(x.map(element => element / 3))
  })
})
