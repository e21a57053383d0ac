import { transformSync } from 'esbuild'
import { parseSync } from 'oxc-parser'
import { type Assertion, readAssertion } from './assertion.js'
import { type Node, nameOf, nodes, walk } from './syntax.js'
import { lineAt } from './tsdoc.js'

/** An example as the body of an async function, in JavaScript. */
export interface Compiled {
  /** Calls `$import(specifier, names)` for its imports and `$check(index, thunk)` for its assertions. */
  readonly body: string
  /** Each with its line, counted from 1 at the first line of the example. */
  readonly assertions: readonly (Assertion & { readonly line: number })[]
}

interface Edit {
  readonly start: number
  readonly end: number
  readonly text: string
}

/**
 * Turns the code of an example into a function body that checks its assertions.
 *
 * @throws `SyntaxError` if the code does not parse, or if an assertion does not stand behind a statement.
 */
export function compile(code: string): Compiled {
  const { program, comments, errors } = parseSync('example.ts', code, { sourceType: 'module' })
  if (errors[0]) throw new SyntaxError(errors[0].message)

  const root = program as unknown as Node
  const statements = assertable(root)
  const assertions: (Assertion & { line: number })[] = []
  const edits = nodes(root, 'body').flatMap(importEdit)

  for (const { value, start } of comments) {
    const assertion = readAssertion(value)
    if (!assertion) continue
    const line = lineAt(code, start)
    const statement = statements.findLast(
      ({ end }) => end <= start && /^[\s;]*$/.test(code.slice(end, start)),
    )
    if (!statement) throw new SyntaxError(`line ${line}: no statement before the assertion ${assertion.text}`)
    edits.push(...checkEdits(statement, assertions.length))
    assertions.push({ ...assertion, line })
  }
  const edited = apply(code, edits)
  const { code: body } = transformSync(edited, { loader: 'ts', format: 'esm', target: 'esnext' })
  return { body, assertions }
}

interface Assertable {
  readonly end: number
  /** Set where the statement is an expression. */
  readonly expression: Node | undefined
  /** The variable, where the statement declares one; otherwise empty. */
  readonly variable: string
  /** Whether `await` is allowed there. */
  readonly async: boolean
}

// Statements in the order of their ends, so that the last one before an offset is the nearest.
function assertable(root: Node): Assertable[] {
  const found: Assertable[] = []
  walk(root, (node, above) => {
    const owner = above.findLast(({ type }) => /Function/.test(type) && type !== 'TSFunctionType')
    const async = owner === undefined || owner['async'] === true
    const [expression] = node.type === 'ExpressionStatement' ? nodes(node, 'expression') : []
    const [declarator, second] = node.type === 'VariableDeclaration' ? nodes(node, 'declarations') : []
    const variable = second || !declarator ? '' : nameOf(nodes(declarator, 'id')[0])
    if (expression || variable) found.push({ end: node.end, expression, variable, async })
  })
  return found.sort((a, b) => a.end - b.end)
}

// Insertions around the expression, so that what is checked may itself contain checks.
function checkEdits({ end, expression, variable, async }: Assertable, index: number): Edit[] {
  const open = async ? `await $check(${index}, async () => (` : `$check(${index}, () => (`
  if (!expression) return [{ start: end, end, text: `; ${open}${variable}));` }]
  return [
    { start: expression.start, end: expression.start, text: open },
    { start: expression.end, end, text: '));' },
  ]
}

function importEdit(node: Node): Edit[] {
  const { start, end } = node
  const [declaration] = nodes(node, 'declaration')
  if (node.type === 'ExportNamedDeclaration' && declaration)
    return [{ start, end: declaration.start, text: '' }]
  if (node.type !== 'ImportDeclaration') return []
  if (node['importKind'] === 'type') return [{ start, end, text: '' }]

  const specifiers = nodes(node, 'specifiers').filter(specifier => specifier['importKind'] !== 'type')
  const pairs = specifiers.flatMap(specifier => {
    const local = nameOf(nodes(specifier, 'local')[0])
    if (specifier.type === 'ImportNamespaceSpecifier') return []
    return [[nameOf(nodes(specifier, 'imported')[0]) || 'default', local] as const]
  })
  const namespace = specifiers.find(({ type }) => type === 'ImportNamespaceSpecifier')
  const pattern = namespace
    ? nameOf(nodes(namespace, 'local')[0])
    : `{ ${pairs.map(([name, local]) => `${name}: ${local}`).join(', ')} }`
  const names = JSON.stringify(pairs.map(([name]) => name))
  const specifier = JSON.stringify(nameOf(nodes(node, 'source')[0]))
  return [{ start, end, text: `const ${pattern} = await $import(${specifier}, ${names});` }]
}

function apply(code: string, edits: readonly Edit[]): string {
  const last = [...edits].sort((a, b) => b.start - a.start)
  return last.reduce((text, edit) => text.slice(0, edit.start) + edit.text + text.slice(edit.end), code)
}
