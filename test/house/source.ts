import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Expression, parseSync, type StringLiteral, Visitor } from 'oxc-parser'

export const root = fileURLToPath(new URL('../..', import.meta.url))

export interface Import {
  readonly specifier: string
  readonly line: number
}

/** A source file, in so far as the house rules look at it. */
export interface Source {
  /** From the root of the repository, with forward slashes. */
  readonly path: string
  readonly lines: number
  /** Static and dynamic imports, re-exports and import types. */
  readonly imports: readonly Import[]
  /** Things that do not belong in a finished file. */
  readonly leftovers: readonly { readonly what: string; readonly line: number }[]
}

const remarks = /\b(TODO|FIXME|XXX)\b|@ts-(ignore|nocheck)\b/
const suites = new Set(['test', 'it', 'describe', 'suite', 'bench'])

export function parseSource(path: string, text: string): Source {
  const { program, comments, errors } = parseSync(path, text)
  if (errors[0]) throw new SyntaxError(`${path}: ${errors[0].message}`)

  const imports: Import[] = []
  const leftovers: { what: string; line: number }[] = []
  const lineAt = (offset: number) => text.slice(0, offset).split('\n').length
  const add = (source: StringLiteral | null) => {
    if (source) imports.push({ specifier: source.value, line: lineAt(source.start) })
  }
  const leave = (what: string, offset: number) => leftovers.push({ what, line: lineAt(offset) })

  new Visitor({
    ImportDeclaration: node => add(node.source),
    ExportNamedDeclaration: node => add(node.source),
    ExportAllDeclaration: node => add(node.source),
    TSImportType: node => add(node.source),
    ImportExpression: ({ source }) => {
      if (source.type === 'Literal' && typeof source.value === 'string') add(source as StringLiteral)
    },
    // Such a class would be renamed by the bundler, in stacks as well.
    StaticBlock: ({ body }) => {
      for (const { expression } of body.filter(one => one.type === 'ExpressionStatement')) {
        if (expression.type !== 'AssignmentExpression') continue
        const name = leftmost(expression.left as Expression)
        if (name !== '') leave(`${name} for this`, expression.start)
      }
    },
    MemberExpression: node => {
      if (node.property.type !== 'Identifier' || node.property.name !== 'only') return
      if (suites.has(leftmost(node.object))) leave('.only', node.property.start)
    },
    TSAsExpression: node => {
      if (node.typeAnnotation.type === 'TSAnyKeyword') leave('as any', node.typeAnnotation.start)
    },
    TSTypeAssertion: node => {
      if (node.typeAnnotation.type === 'TSAnyKeyword') leave('as any', node.typeAnnotation.start)
    },
  }).visit(program)

  for (const { value, start } of comments) {
    const [remark] = remarks.exec(value) ?? []
    if (remark) leave(remark, start)
  }
  return { path, lines: text.replace(/\n$/, '').split('\n').length, imports, leftovers }
}

function leftmost(node: Expression): string {
  if (node.type === 'Identifier') return node.name
  if (node.type === 'MemberExpression') return leftmost(node.object)
  return node.type === 'CallExpression' ? leftmost(node.callee) : ''
}

/** Every TypeScript source and test of the repository. */
export function readSources(): Source[] {
  const patterns = ['packages/*/src/**/*.ts', 'apps/*/src/**/*.ts', 'bench/src/**/*.ts', 'test/**/*.ts']
  return globSync(patterns, { cwd: root })
    .map(path => path.replaceAll('\\', '/'))
    .sort()
    .map(path => parseSource(path, readFileSync(join(root, path), 'utf8')))
}

/** The specifiers by which each workspace package lets itself be imported. */
export function readEntries(): Set<string> {
  const manifests = globSync(['packages/*/package.json', 'apps/*/package.json', 'bench/package.json'], {
    cwd: root,
  })
  return new Set(
    manifests.flatMap(path => {
      const { name, exports = {} } = JSON.parse(readFileSync(join(root, path), 'utf8'))
      return Object.keys(exports).map(entry => name + entry.slice(1))
    }),
  )
}
