import { readFile } from 'node:fs/promises'
import { parseSync, Visitor } from 'oxc-parser'
import type { Options } from 'tsup'

type Plugin = NonNullable<Options['esbuildPlugins']>[number]

/**
 * Puts functions that lie within functions in parentheses. V8 takes a function in parentheses for one that is called at once and
 * compiles it with the one around it; of any other it looks for the end, and parses it again at its first call, with all that lies within it
 * (https://v8.dev/blog/preparser). Nested closures are then parsed as often as they are deep.
 */
export const parentheses: Plugin = {
  name: 'parentheses',
  setup(build) {
    build.onLoad({ filter: /\/src\/.*\.ts$/ }, async ({ path }) => ({
      contents: withParentheses(path, await readFile(path, 'utf8')),
      loader: 'ts',
    }))
  },
}

/** TypeScript with the functions within its functions in parentheses. */
export function withParentheses(path: string, code: string): string {
  const { program, errors } = parseSync(path, code)
  if (errors[0]) throw new Error(`${path}: ${errors[0].message}`)
  const marks: { at: number; text: string }[] = []
  let depth = 0
  const enter = () => depth++
  const leave = () => depth--
  new Visitor({
    FunctionDeclaration: enter,
    'FunctionDeclaration:exit': leave,
    // A method is one, too, but cannot stand in parentheses.
    FunctionExpression: enter,
    'FunctionExpression:exit': leave,
    ArrowFunctionExpression({ start, end }) {
      if (depth++ > 0) marks.push({ at: start, text: '(' }, { at: end, text: ')' })
    },
    'ArrowFunctionExpression:exit': leave,
  }).visit(program)
  marks.sort((a, b) => a.at - b.at)
  let at = 0
  const parts = marks.map(mark => {
    const part = code.slice(at, mark.at) + mark.text
    at = mark.at
    return part
  })
  return parts.join('') + code.slice(at)
}
