import { posix } from 'node:path'
import type { Import, Source } from './source.js'

/** Broken rules, one a line: where, and what. */
export type Complaints = string[]

const base = ['@wengert/kernels', '@wengert/tape', '@wengert/nn', '@wengert/scheduler']

/** Which workspace packages a folder may import. Imports run one way. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  'packages/kernels': [],
  'packages/tape': ['@wengert/kernels'],
  'packages/nn': ['@wengert/tape'],
  'packages/scheduler': ['@wengert/tape'],
  'packages/testkit': ['@wengert/kernels', '@wengert/tape'],
  'apps/cli': [...base, '@wengert/bench'],
  'apps/playground': base,
  bench: base,
  test: [...base, '@wengert/bench', '@wengert/cli'],
}

const maxLines = 400

const isTest = (path: string) => path.endsWith('.test.ts') || path.startsWith('test/')

/** The workspace folder that holds a path, such as `packages/tape`; empty for none. */
const ownerOf = (path: string) => /^(?:(?:packages|apps)\/[^/]+|bench|test)(?=\/)/.exec(path)?.[0] ?? ''

const packageOf = (specifier: string) => /^@wengert\/[^/]+/.exec(specifier)?.[0]

/** The path a relative import leads to, as a source; undefined for the import of a package. */
function target(source: Source, { specifier }: Import): string | undefined {
  if (!specifier.startsWith('.')) return undefined
  return posix.join(posix.dirname(source.path), specifier).replace(/\.js$/, '.ts')
}

function perImport(
  sources: readonly Source[],
  complaint: (source: Source, to: Import) => string | undefined,
) {
  return sources.flatMap(source =>
    source.imports.flatMap(to => {
      const text = complaint(source, to)
      return text === undefined ? [] : [`${source.path}:${to.line}: ${text}`]
    }),
  )
}

/** Layers, as `mayImport` has them; and only tests import the testkit. */
export function direction(sources: readonly Source[]): Complaints {
  return perImport(sources, ({ path }, { specifier }) => {
    const name = packageOf(specifier)
    if (name === undefined) return undefined
    if (name === '@wengert/testkit' && isTest(path)) return undefined
    if (mayImport[ownerOf(path)]?.includes(name)) return undefined
    return `${ownerOf(path)} may not import ${name}`
  })
}

/** The planner never sees kernels. */
export function planner(sources: readonly Source[]): Complaints {
  return perImport(sources, ({ path }, { specifier }) => {
    const seen = path.startsWith('packages/tape/src/plan/') && packageOf(specifier) === '@wengert/kernels'
    return seen ? 'the planner may not import @wengert/kernels' : undefined
  })
}

/** Packages are imported by their entries, never by a path into them. */
export function depth(sources: readonly Source[], entries: ReadonlySet<string>): Complaints {
  return perImport(sources, (source, to) => {
    if (packageOf(to.specifier) !== undefined) {
      return entries.has(to.specifier) ? undefined : `${to.specifier} is not an entry of its package`
    }
    const path = target(source, to)
    if (path === undefined || [ownerOf(source.path), ''].includes(ownerOf(path))) return undefined
    return `${to.specifier} leads into ${ownerOf(path)}`
  })
}

/** A folder with an `index.ts` is imported through it from outside. */
export function faces(sources: readonly Source[]): Complaints {
  const paths = new Set(sources.map(({ path }) => path))
  return perImport(sources, (source, to) => {
    const path = target(source, to)
    if (path === undefined || ownerOf(path) !== ownerOf(source.path)) return undefined
    const folder = foldersOf(path).find(
      outer => paths.has(`${outer}/index.ts`) && !source.path.startsWith(`${outer}/`),
    )
    if (folder === undefined || path === `${folder}/index.ts`) return undefined
    return `${to.specifier} goes around ${folder}/index.ts`
  })
}

// Outermost first: of nested faces, the outer one is what the outside sees.
function foldersOf(path: string): string[] {
  const parts = path.split('/').slice(0, -1)
  return parts.map((_, i) => parts.slice(0, i + 1).join('/'))
}

/** No file reaches itself through relative imports, imports of types included. */
export function cycles(sources: readonly Source[]): Complaints {
  const graph = new Map(
    sources.map(source => [source.path, source.imports.flatMap(to => target(source, to) ?? [])]),
  )
  const done = new Set<string>()
  const found: Complaints = []
  const visit = (path: string, trail: readonly string[]) => {
    const start = trail.indexOf(path)
    if (start !== -1) found.push([...trail.slice(start), path].join(' → '))
    if (start !== -1 || done.has(path)) return
    for (const next of graph.get(path) ?? []) visit(next, [...trail, path])
    done.add(path)
  }
  for (const path of graph.keys()) visit(path, [])
  return found
}

/** Comlink lives in the scheduler alone. */
export function comlink(sources: readonly Source[]): Complaints {
  return perImport(sources, ({ path }, { specifier }) => {
    if (!/^comlink(\/|$)/.test(specifier) || ownerOf(path) === 'packages/scheduler') return undefined
    return 'only packages/scheduler may import comlink'
  })
}

/** Relative imports name the file as it will be when built. */
export function extensions(sources: readonly Source[]): Complaints {
  return perImport(sources, (_, { specifier }) => {
    if (!specifier.startsWith('.') || /\.(m?js|json|css)(\?.*)?$/.test(specifier)) return undefined
    return `${specifier} must end in .js`
  })
}

/** A file that is not a test stays short. */
export function size(sources: readonly Source[]): Complaints {
  return sources
    .filter(({ path, lines }) => lines > maxLines && !path.endsWith('.test.ts'))
    .map(({ path, lines }) => `${path}: ${lines} lines, more than ${maxLines}`)
}

/** Nothing unfinished, switched off or unchecked. */
export function leftovers(sources: readonly Source[]): Complaints {
  return sources.flatMap(source =>
    source.leftovers.map(({ what, line }) => `${source.path}:${line}: ${what}`),
  )
}
