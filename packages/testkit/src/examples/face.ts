import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseSync } from 'oxc-parser'
import { type Node, nameOf, nodes } from './syntax.js'
import { type Doc, lineAt, parseDoc } from './tsdoc.js'

/** A name that a package exports, and what is written about it. */
export interface FaceExport {
  readonly name: string
  /** `value` is a constant; whether it can be called is seen only when it runs. */
  readonly kind: 'function' | 'class' | 'value' | 'type'
  readonly file: string
  readonly line: number
  /** The declaration as it is written; the first, of several. */
  readonly text: string
  /** The comments of its declarations: several for overloads and for a value and a type of one name. */
  readonly docs: readonly Doc[]
}

interface Declaration {
  readonly kind: FaceExport['kind']
  readonly line: number
  readonly text: string
  readonly doc: Doc | undefined
}

interface Reference {
  readonly source: string
  /** The name in that module; `*` for all of it as one object. */
  readonly name: string
}

interface Module {
  readonly file: string
  readonly declarations: ReadonlyMap<string, readonly Declaration[]>
  readonly imports: ReadonlyMap<string, Reference>
  /** What an exported name stands for: a local name, or one of another module. */
  readonly exports: ReadonlyMap<string, string | Reference>
  readonly stars: readonly string[]
}

/**
 * What a module exports, followed through its re-exports to the declarations. Names that come from another package
 * are left out: they belong to that package's face.
 */
export function faceExports(file: string, read = (path: string) => readFileSync(path, 'utf8')): FaceExport[] {
  const modules = new Map<string, Module>()
  const open = (path: string): Module => {
    const known = modules.get(path)
    if (known) return known
    const module = scan(path, read(path))
    modules.set(path, module)
    return module
  }
  const names = (path: string, seen = new Set<string>()): string[] => {
    if (seen.has(path)) return []
    seen.add(path)
    const { exports, stars } = open(path)
    return [
      ...exports.keys(),
      ...stars.flatMap(source => relative(path, source).flatMap(next => names(next, seen))),
    ]
  }
  // Re-exports may run in circles; every name of a module is followed once.
  const followed = new Set<string>()
  const find = (path: string, name: string): FaceExport[] => {
    const key = JSON.stringify([path, name])
    if (followed.has(key)) return []
    followed.add(key)
    const module = open(path)
    const target = module.exports.get(name)
    if (typeof target === 'string') return local(module, target)
    if (target) return follow(path, target)
    return module.stars.flatMap(source => relative(path, source).flatMap(next => find(next, name)))
  }
  const follow = (path: string, { source, name }: Reference): FaceExport[] =>
    name === '*' ? [] : relative(path, source).flatMap(next => find(next, name))
  const local = (module: Module, name: string): FaceExport[] => {
    const declarations = module.declarations.get(name)
    const imported = module.imports.get(name)
    if (!declarations) return imported ? follow(module.file, imported) : []
    return [merge(name, module.file, declarations)]
  }
  return [...new Set(names(file))].flatMap(name =>
    find(file, name)
      .slice(0, 1)
      .map(found => ({ ...found, name })),
  )
}

function merge(name: string, file: string, declarations: readonly Declaration[]): FaceExport {
  const value = declarations.find(({ kind }) => kind !== 'type') ?? declarations[0]
  const docs = declarations.flatMap(({ doc }) => doc ?? [])
  return { name, file, docs, kind: value?.kind ?? 'value', line: value?.line ?? 1, text: value?.text ?? '' }
}

// A relative specifier names a file as it will be when built; the source beside it ends in `.ts`.
function relative(from: string, source: string): string[] {
  return source.startsWith('.') ? [join(dirname(from), source.replace(/\.js$/, '.ts'))] : []
}

function scan(file: string, text: string): Module {
  const { program, comments } = parseSync(file, text)
  const declarations = new Map<string, Declaration[]>()
  const imports = new Map<string, Reference>()
  const exports = new Map<string, string | Reference>()
  const stars: string[] = []

  const docBefore = (start: number): Doc | undefined => {
    const comment = comments.findLast(({ end }) => end <= start)
    if (comment?.type !== 'Block' || !comment.value.startsWith('*')) return undefined
    if (text.slice(comment.end, start).trim() !== '') return undefined
    return parseDoc(comment.value, file, lineAt(text, comment.start))
  }

  for (const statement of nodes(program as unknown as Node, 'body')) {
    const source = nameOf(nodes(statement, 'source')[0])
    const [declaration] = nodes(statement, 'declaration')
    if (statement.type === 'ImportDeclaration') {
      for (const specifier of nodes(statement, 'specifiers')) {
        imports.set(nameOf(nodes(specifier, 'local')[0]), { source, name: importedName(specifier) })
      }
    } else if (statement.type === 'ExportAllDeclaration') {
      const name = nameOf(nodes(statement, 'exported')[0])
      if (name) exports.set(name, { source, name: '*' })
      else stars.push(source)
    } else if (statement.type === 'ExportNamedDeclaration') {
      for (const specifier of nodes(statement, 'specifiers')) {
        const name = nameOf(nodes(specifier, 'local')[0])
        exports.set(nameOf(nodes(specifier, 'exported')[0]), source ? { source, name } : name)
      }
    }
    for (const { name, kind, start, end } of declared(declaration ?? statement)) {
      const [line, own] = [lineAt(text, start), text.slice(start, end)]
      const doc = docBefore(start) ?? docBefore(statement.start)
      declarations.set(name, [...(declarations.get(name) ?? []), { kind, line, text: own, doc }])
      if (declaration) exports.set(name, name)
    }
  }
  return { file, declarations, imports, exports, stars }
}

function importedName(specifier: Node): string {
  if (specifier.type === 'ImportNamespaceSpecifier') return '*'
  return nameOf(nodes(specifier, 'imported')[0]) || 'default'
}

interface Declared {
  readonly name: string
  readonly kind: FaceExport['kind']
  readonly start: number
  readonly end: number
}

const kinds: Readonly<Record<string, FaceExport['kind']>> = {
  FunctionDeclaration: 'function',
  TSDeclareFunction: 'function',
  ClassDeclaration: 'class',
  TSInterfaceDeclaration: 'type',
  TSTypeAliasDeclaration: 'type',
  TSEnumDeclaration: 'value',
}

function declared(node: Node): Declared[] {
  const kind = kinds[node.type]
  if (kind) return [{ kind, start: node.start, end: node.end, name: nameOf(nodes(node, 'id')[0]) }]
  if (node.type !== 'VariableDeclaration') return []
  return nodes(node, 'declarations').flatMap(declarator => {
    const [id] = nodes(declarator, 'id')
    const [init] = nodes(declarator, 'init')
    const callable = init && /^(Arrow)?FunctionExpression$/.test(init.type)
    if (id?.type === 'Identifier') {
      const { start, end } = declarator
      return [{ name: nameOf(id), kind: callable ? 'function' : 'value', start, end }]
    }
    return id?.type === 'ObjectPattern' ? nodes(id, 'properties').map(property) : []
  })
}

function property(node: Node): Declared {
  return { name: nameOf(nodes(node, 'value')[0]), kind: 'value', start: node.start, end: node.end }
}
