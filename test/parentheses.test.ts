import { expect, test } from 'vitest'
import { withParentheses } from '../tsup.parentheses.js'

test.each([
  ['a function of a module', 'const f = (x: number) => x', 'const f = (x: number) => x'],
  ['an argument', 'const f = (x: T) => g(y => x + y, 1)', 'const f = (x: T) => g((y => x + y), 1)'],
  ['a result', 'const f = (x: T) => (y: T): T => x + y', 'const f = (x: T) => ((y: T): T => x + y)'],
  ['all depths', 'function f() { g(() => h(() => 1)) }', 'function f() { g((() => h((() => 1)))) }'],
  ['a method', 'class C { m() { return () => this } }', 'class C { m() { return (() => this) } }'],
  ['a field', 'class C { f = (x: T) => g(x) }', 'class C { f = (x: T) => g(x) }'],
  [
    'methods within',
    'const f = () => ({ m() {}, g: () => 1 })',
    'const f = () => ({ m() {}, g: (() => 1) })',
  ],
  ['a default', 'function f(g = () => 1) {}', 'function f(g = (() => 1)) {}'],
  ['generics', 'const f = () => <T,>(x: T) => x', 'const f = () => (<T,>(x: T) => x)'],
  ['letters beyond one unit', 'const f = () => g("𝒌ᵀ", () => 1)', 'const f = () => g("𝒌ᵀ", (() => 1))'],
])('functions within functions stand in parentheses: %s', (_, code, expected) => {
  expect(withParentheses('a.ts', code)).toBe(expected)
})

test('what cannot be parsed is an error that names the file', () => {
  expect(() => withParentheses('a.ts', 'const f = (')).toThrow(/^a\.ts: /)
})
