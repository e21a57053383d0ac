import { expect, test } from 'vitest'
import { readAssertion } from './assertion.js'
import { compile } from './compile.js'

test('comments that begin with an arrow are assertions', () => {
  expect(readAssertion(' plain words')).toBeUndefined()
  expect(readAssertion(' → 3')).toMatchObject({ value: 3, tolerance: 0 })
  expect(readAssertion(' → [0.5, 1]')).toMatchObject({ value: [0.5, 1], tolerance: 1e-6 })
  expect(readAssertion(" → 'v1.5'")).toMatchObject({ value: 'v1.5', tolerance: 0 })
  expect(readAssertion(' ≈ 3')).toMatchObject({ value: 3, tolerance: 1e-3 })
  expect(readAssertion(' → throws SHAPE')).toMatchObject({ kind: 'throws', code: 'SHAPE' })
})

test.each([' →', ' → 3 (the sum)', ' ≈ throws SHAPE'])('%o is not a literal', comment => {
  expect(() => readAssertion(comment)).toThrow(SyntaxError)
})

test('a code is named by `throws`', () => {
  expect(() => readAssertion(' → throws')).toThrow('throws is not defined')
})

test('an assertion sees no names of the example', () => {
  expect(() => readAssertion(' → x')).toThrow(ReferenceError)
})

test('assertions know their lines', () => {
  const { assertions } = compile('const x = 1\n\nx // → 1\nx + 1\n// → 2')
  expect(assertions.map(({ line, text }) => [line, text])).toEqual([
    [3, '→ 1'],
    [5, '→ 2'],
  ])
})

test.each(['// → 1', 'if (x) {} // → 1', 'x /* a */; y(); /* b */ // → 1', 'const [a] = x // → 1'])(
  'nothing to check in %o',
  code => expect(() => compile(code)).toThrow('no statement before the assertion → 1'),
)

test('code that does not parse is refused', () => {
  expect(() => compile('const = 1')).toThrow(SyntaxError)
})

test('types and type imports vanish, imports become loads', () => {
  const code = `import type { A } from './a.js'
import b, { type C, d as e } from './b.js'
import * as f from './f.js'
export const x: A = e as C`
  expect(compile(code).body).toMatchInlineSnapshot(`
    "const { default: b, d: e } = await $import("./b.js", ["default", "d"]);
    const f = await $import("./f.js", []);
    const x = e;
    "
  `)
})
