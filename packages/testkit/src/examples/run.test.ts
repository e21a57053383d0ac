import { expect, test } from 'vitest'
import { runExample } from './run.js'

class WengertError extends Error {
  static {
    this.prototype.name = 'WengertError'
  }

  readonly code: string

  constructor(code: string) {
    super(code)
    this.code = code
  }
}
class ShapeError extends WengertError {
  static {
    this.prototype.name = 'ShapeError'
  }
}

const scope = {
  WengertError,
  one: { toArray: () => [1], item: () => 1 },
  later: async (x: unknown) => x,
  fail: (code: string) => {
    throw new ShapeError(code)
  },
  failLater: async (code: string) => {
    throw new ShapeError(code)
  },
  failOtherwise: (code: string) => {
    throw Object.assign(new Error(code), { code })
  },
}
const load = async (specifier: string) => {
  if (specifier !== 'there') throw new Error(`${specifier} is not there`)
  return { default: 7, x: 8 }
}
const run = (code: string) => runExample({ file: 'a.ts', line: 10, code, run: true }, { scope, load })

test.each([
  '1 + 1 // → 2',
  'one // → 1',
  '({ x: [one] }) // → { x: [[1]] }',
  'later(3) // → 3',
  'await later(3) // → 3',
  'const x = later(3) // → 3',
  '1 / 3 // ≈ 0.3333',
  "fail('SHAPE') // → throws SHAPE",
  "failLater('SHAPE') // → throws SHAPE",
  'const one: number = 2\none // → 2',
  "import seven, { x as eight } from 'there'\n;[seven, eight] // → [7, 8]",
  "import * as all from 'there'\nall.x // → 8",
  'const f = (x: number) => {\n  x // → 4\n  return x\n}\nf(4) // → 4',
  'try {\n  fail("A")\n} catch (error) {\n  error instanceof WengertError // → true\n  error.code // → "A"\n}',
  'later(0).then(() => {\n  1 // → 1\n}) // → undefined',
  '{\n  using x = { [Symbol.dispose]() {} }\n  2 // → 2\n}',
  "'no assertion at all'",
])('holds: %s', run)

test.each([
  ['1\n1 + 1 // → 3', 'a.ts:11: expected → 3, got 2'],
  ['later(2) // → 3', 'a.ts:10: expected → 3, got 2'],
  ['[1.00001] // → [1.0]', 'expected → [1.0], got [ 1.00001 ]'],
  ['const f = () => {\n  1 // → 2\n}\nf()', 'a.ts:11: expected → 2, got 1'],
  ['const f = () => {\n  1 // → 1\n}', 'a.ts:11: the example ended before → 1'],
  ['1 // → throws SHAPE', 'expected a WengertError with code SHAPE, but it returned 1'],
  ["fail('DTYPE') // → throws SHAPE", 'but it threw ShapeError: DTYPE'],
  ["failOtherwise('SHAPE') // → throws SHAPE", 'but it threw Error: SHAPE'],
  ["fail('SHAPE') // → 1", 'SHAPE'],
  ["fail('SHAPE')", 'SHAPE'],
  ["import { y } from 'there'", 'there has no export y'],
  ["import { y } from 'elsewhere'", 'elsewhere is not there'],
  ['missing', 'missing is not defined'],
])('does not hold: %s', async (code, message) => {
  await expect(run(code)).rejects.toThrow(message)
})
