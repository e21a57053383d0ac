import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { afterEach, expect, it, vi } from 'vitest'
import { type MatmulSpec, matmul, setWide } from '../gemm/index.js'
import { runKernel } from '../testing/run-kernel.js'
import { enableTurbo, tryTurbo } from './turbo.js'

type Floats = Float32Array | Float64Array

const FLAG = 'experimental-wasm-revectorize'
/** A host that was built with the re-vectoriser. */
const built = { variables: { v8_enable_wasm_simd256_revec: 1 } }
const arrayOf = { f32: Float32Array, f64: Float64Array } as const

const size = (max: number) => fc.integer({ min: 1, max })
const specs: fc.Arbitrary<MatmulSpec> = fc.record({
  dtype: fc.constantFrom('f32' as const, 'f64' as const),
  batch: fc.constant([]),
  m: size(60),
  n: size(150),
  k: size(600),
  transposeA: fc.boolean(),
  transposeB: fc.boolean(),
})

function product(spec: MatmulSpec): Floats {
  const make = arrayOf[spec.dtype]
  const a = new make(spec.m * spec.k).map((_, k) => Math.sin(k))
  const b = new make(spec.k * spec.n).map((_, k) => Math.cos(k))
  return runKernel(matmul(spec), [a, b], [new make(spec.m * spec.n)])[0] as Floats
}

afterEach(() => {
  setWide(false)
  vi.unstubAllGlobals()
})

it('keeps bits, whether or not the host has it', () => {
  const spec = { dtype: 'f32', batch: [], m: 70, n: 130, k: 80, transposeA: true, transposeB: false } as const
  const before = product(spec)
  const on = enableTurbo()
  expect(product(spec)).toEqual(before)
  expect(typeof on).toBe('boolean')
})

it('wide panels give the bits of narrow ones', () => {
  fc.assert(
    fc.property(specs, spec => {
      setWide(false)
      const narrow = product(spec)
      setWide(true)
      expect(product(spec)).toEqual(narrow)
    }),
    { numRuns: 60 },
  )
})

it.each([
  ['f32', 24],
  ['f64', 12],
] as const)(
  'wide panels of %s give the bits of narrow ones whatever is left of %i columns',
  (dtype, columns) => {
    for (let n = columns + 1; n <= 2 * columns; n++) {
      const spec = { dtype, batch: [], m: 7, n, k: 5, transposeA: false, transposeB: false }
      setWide(false)
      const narrow = product(spec)
      setWide(true)
      expect(product(spec)).toEqual(narrow)
    }
  },
)

it('warns where there is no V8 to ask', () => {
  const emitWarning = vi.fn()
  vi.stubGlobal('process', { emitWarning })
  expect(enableTurbo()).toBe(false)
  expect(emitWarning.mock.calls).toMatchInlineSnapshot(`
    [
      [
        "Products stay as they are: this host has no flags of V8.",
        {
          "code": "WENGERT_TURBO",
        },
      ],
    ]
  `)
})

it('warns in a browser', () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
  vi.stubGlobal('process', undefined)
  expect(enableTurbo()).toBe(false)
  expect(warn.mock.calls).toEqual([['Products stay as they are: this host has no flags of V8.']])
  warn.mockRestore()
})

it.each([{}, { variables: {} }, { variables: { v8_enable_wasm_simd256_revec: 0 } }])(
  'sets no flag that V8 does not have: %j',
  config => {
    const emitWarning = vi.fn()
    const setFlagsFromString = vi.fn()
    const versions = { v8: '11.3.244.8-node.38' }
    vi.stubGlobal('process', {
      config,
      versions,
      emitWarning,
      getBuiltinModule: () => ({ setFlagsFromString }),
    })
    expect(enableTurbo()).toBe(false)
    expect(setFlagsFromString).not.toHaveBeenCalled()
    expect(emitWarning.mock.calls.map(([message]) => message)).toEqual([
      'Products stay as they are: V8 11.3.244.8-node.38 has no re-vectoriser.',
    ])
    expect(tryTurbo()).toBe('V8 11.3.244.8-node.38 has no re-vectoriser')
    expect(emitWarning).toHaveBeenCalledTimes(1)
  },
)

it('knows whether V8 has the flag, as V8 itself lists it', () => {
  const listed = execFileSync(process.execPath, ['--v8-options'], { encoding: 'utf8' })
  const variables: Readonly<Record<string, unknown>> = process.config.variables
  expect(variables['v8_enable_wasm_simd256_revec'] === 1).toBe(listed.includes(`--${FLAG} `))
})

it('warns where the re-vectoriser changes nothing', () => {
  const flags: string[] = []
  const emitWarning = vi.fn()
  const v8 = { setFlagsFromString: (flag: string) => void flags.push(flag) }
  vi.stubGlobal('process', { config: built, emitWarning, getBuiltinModule: () => v8 })
  // The flag is not passed on, so wide panels are slow, unless the host is too busy to tell.
  const on = enableTurbo()
  expect(flags).toEqual([`--${FLAG}`, ...(on ? [] : [`--no-${FLAG}`])])
  expect(emitWarning).toHaveBeenCalledTimes(on ? 0 : 1)
})
