import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type Example,
  type FaceExport,
  faceExports,
  markdownExamples,
  type Namespace,
  runExample,
  tsdocExamples,
} from '@wengert/testkit/examples'
import { describe, expect, test } from 'vitest'
import { root } from './house/source.js'

/** Blocks that may say `no-run`, as `file:line`. */
const mayNotRun: readonly string[] = []

interface Manifest {
  readonly name: string
  readonly exports: Readonly<Record<string, unknown>>
}

const packages = new Map(
  ['kernels', 'tape', 'scheduler', 'nn', 'testkit'].map(folder => {
    const manifest: Manifest = JSON.parse(
      readFileSync(join(root, 'packages', folder, 'package.json'), 'utf8'),
    )
    return [folder, manifest] as const
  }),
)

const find = (...patterns: string[]) =>
  globSync(patterns, { cwd: root })
    .map(path => path.replaceAll('\\', '/'))
    .sort()
const read = (path: string) => readFileSync(join(root, path), 'utf8')

const load = (specifier: string): Promise<Namespace> => import(/* @vite-ignore */ specifier)

/** What a package exports; for nn, the scheduler and the testkit also what tape exports. */
async function faceOf(folder: string): Promise<Namespace> {
  const manifest = packages.get(folder)
  if (!manifest) return {}
  const own = Object.keys(manifest.exports).map(entry => manifest.name + entry.slice(1))
  return merge(['kernels', 'tape'].includes(folder) ? own : ['@wengert/tape', ...own])
}

const merge = async (specifiers: readonly string[]): Promise<Namespace> =>
  Object.assign({}, ...(await Promise.all(specifiers.map(load))))

/**
 * What an example in a file finds. A file that keeps exports from its package's face is loaded from source, and the
 * package with it, so that there is one copy of each class.
 */
async function scopeOf(file: string): Promise<Namespace> {
  const [, folder = ''] = /^packages\/([^/]+)\//.exec(file) ?? []
  if (folder === '') return {}
  const face = await faceOf(folder)
  const own = await load(join(root, file))
  if (Object.keys(own).every(name => name in face)) return face
  return { ...face, ...(await merge(facesOf(folder))), ...own }
}

/** The sources that a package exports, browser builds aside. */
const facesOf = (folder: string) =>
  ['index', 'node'].map(name => join(root, 'packages', folder, 'src', `${name}.ts`)).filter(existsSync)

const sources = find('packages/*/src/**/*.ts').filter(path => !path.endsWith('.test.ts'))
const documents = find('README.md', 'docs/*.md')
const examples: readonly Example[] = [
  ...sources.flatMap(path => tsdocExamples(path, read(path))),
  ...documents.flatMap(path => markdownExamples(path, read(path))),
]

describe('examples', () => {
  for (const example of examples.filter(({ run }) => run)) {
    test(`${example.file}:${example.line}`, async () => {
      await runExample(example, { scope: await scopeOf(example.file), load })
    })
  }
})

test('every example runs, or is listed', () => {
  const skipped = examples.filter(({ run }) => !run)
  expect(skipped.map(({ file, line }) => `${file}:${line}`)).toEqual(mayNotRun)
})

describe('every export is documented', () => {
  for (const folder of ['kernels', 'tape', 'scheduler', 'nn']) {
    test(folder, async () => {
      const scope = await faceOf(folder)
      const browser = join(root, 'packages', folder, 'src', 'browser.ts')
      const faces = [...facesOf(folder), ...[browser].filter(existsSync)]
      const exported = faces.flatMap(face => faceExports(face))
      expect([...new Set(exported.flatMap(found => undocumented(found, scope[found.name])))]).toEqual([])
    })
  }
})

// A sentence ends; a function or class shows its use.
function undocumented({ name, kind, file, line, docs }: FaceExport, value: unknown): string[] {
  const place = `${file.slice(root.length).replaceAll('\\', '/')}:${line}`
  const summary = docs.some(doc => /[.:!?]$/.test(doc.summary)) ? [] : [`${place}: ${name} has no summary`]
  const callable = kind !== 'type' && (kind !== 'value' || typeof value === 'function')
  const shown = !callable || docs.some(doc => doc.examples.length > 0)
  return shown ? summary : [...summary, `${place}: ${name} has no @example`]
}
