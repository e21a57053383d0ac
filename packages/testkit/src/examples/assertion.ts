import { parseSync } from 'oxc-parser'

/** What a comment behind a statement asserts of it. */
export type Assertion =
  | { readonly kind: 'value'; readonly text: string; readonly value: unknown; readonly tolerance: number }
  | { readonly kind: 'throws'; readonly text: string; readonly code: string }

/** Numbers written with a decimal point are compared with this relative tolerance. */
const decimalTolerance = 1e-6
/** Behind `≈`, all numbers are. */
const roughTolerance = 1e-3

/**
 * Reads a comment: `→ literal`, `≈ literal` or `→ throws CODE`; undefined for any other.
 *
 * @throws `SyntaxError` if what follows the arrow is not a literal.
 * @example
 * readAssertion(' → throws SHAPE') // → { kind: 'throws', text: '→ throws SHAPE', code: 'SHAPE' }
 * readAssertion(' → [1, 2]') // → { kind: 'value', text: '→ [1, 2]', value: [1, 2], tolerance: 0 }
 */
export function readAssertion(comment: string): Assertion | undefined {
  const text = comment.trim()
  const [, arrow, literal = ''] = /^([→≈])\s*(.*)$/.exec(text) ?? []
  if (arrow === undefined) return undefined
  const [, code] = /^throws\s+([A-Z][A-Z0-9_]*)$/.exec(literal) ?? []
  if (arrow === '→' && code !== undefined) return { kind: 'throws', text, code }
  return { kind: 'value', text, value: evaluate(literal), tolerance: toleranceOf(arrow, literal) }
}

function toleranceOf(arrow: string, literal: string): number {
  if (arrow === '≈') return roughTolerance
  const outsideStrings = literal.replace(/'[^']*'|"[^"]*"|`[^`]*`/g, '')
  return /\d\.|\.\d/.test(outsideStrings) ? decimalTolerance : 0
}

// The literal sees only globals, so an example cannot compare a value with itself.
function evaluate(literal: string): unknown {
  const code = `(${literal}\n)`
  if (literal === '' || parseSync('literal.js', code).errors.length > 0) {
    throw new SyntaxError(`not a literal: ${literal || 'nothing'}`)
  }
  return new Function(`'use strict'; return ${code}`)()
}
