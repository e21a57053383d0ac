import { existsSync, readFileSync } from 'node:fs'
import MagicString from 'magic-string'
import { parseSync, type Span } from 'oxc-parser'
import type { Options } from 'tsup'

type Plugin = NonNullable<Options['plugins']>[number]

/** Names of the functions of a package that a first call runs; `npm run first-call` writes it. */
export const LIST = 'first-call.json'

/**
 * Has the functions that a first call runs compiled with their module, if the package lists them. Where V8 reads a module, it looks
 * for the end of each function and leaves it, to parse and compile it at its first call; one by one, that takes as long as running
 * them does. What stands in parentheses it takes for called at once, and compiles it with what is around it
 * (https://v8.dev/blog/preparser).
 */
export function eager(): Plugin {
  const names: readonly string[] = existsSync(LIST) ? JSON.parse(readFileSync(LIST, 'utf8')) : []
  return {
    name: 'eager',
    renderChunk(code, { path }) {
      if (names.length === 0 || !path.endsWith('.js')) return
      const text = withParentheses(code, new Set(names))
      return { code: text.toString(), map: text.generateMap({ source: path, hires: 'boundary' }) }
    },
  }
}

/** A module of JavaScript with the functions of some names in parentheses. */
export function withParentheses(code: string, names: ReadonlySet<string>): MagicString {
  const text = new MagicString(code)
  for (const { name, node } of functionsOf(code)) {
    if (!names.has(name)) continue
    const { type, start, end } = node
    // What is declared is there before anything runs, and stays so.
    if (type === 'FunctionDeclaration') {
      text.appendRight(start, `var ${name}=(`).appendLeft(end, ');')
      if (start > 0) text.move(start, end, 0)
    } else {
      text.appendRight(start, '(').appendLeft(end, ')')
    }
  }
  return text
}

/** A function of a module by its name. */
interface Named {
  readonly name: string
  readonly node: Span & { readonly type: string }
}

/**
 * The functions that a module of JavaScript declares or begins a variable with.
 *
 * @throws Error if it cannot be parsed.
 */
export function functionsOf(code: string): readonly Named[] {
  const { program, errors } = parseSync('module.js', code, { preserveParens: false })
  if (errors[0]) throw new Error(errors[0].message)
  return program.body.flatMap((node): readonly Named[] => {
    if (node.type === 'FunctionDeclaration') return node.id ? [{ name: node.id.name, node }] : []
    if (node.type !== 'VariableDeclaration') return []
    return node.declarations.flatMap(({ id, init }): readonly Named[] => {
      const isFunction = init?.type === 'ArrowFunctionExpression' || init?.type === 'FunctionExpression'
      return id.type === 'Identifier' && isFunction ? [{ name: id.name, node: init }] : []
    })
  })
}
