import { describe, expect, test } from 'vitest'
import * as rules from './house/rules.js'
import { parseSource, readEntries, readSources } from './house/source.js'

describe('the repository', () => {
  const sources = readSources()
  const entries = readEntries()

  test('sources are found', () => {
    const paths = sources.map(({ path }) => path)
    expect(paths).toContain('packages/tape/src/index.ts')
    expect(paths).toContain('test/house.test.ts')
  })
  test('imports run one way', () => expect(rules.direction(sources)).toEqual([]))
  test('the planner never sees kernels', () => expect(rules.planner(sources)).toEqual([]))
  test('no deep imports', () => expect(rules.depth(sources, entries)).toEqual([]))
  test('folders are imported by their faces', () => expect(rules.faces(sources)).toEqual([]))
  test('no import cycles', () => expect(rules.cycles(sources)).toEqual([]))
  test('comlink stays in the scheduler', () => expect(rules.comlink(sources)).toEqual([]))
  test('relative imports end in .js', () => expect(rules.extensions(sources)).toEqual([]))
  test('files are short', () => expect(rules.size(sources)).toEqual([]))
  test('nothing is left over', () => expect(rules.leftovers(sources)).toEqual([]))
})

type Files = Record<string, string>
const parse = (files: Files) => Object.entries(files).map(([path, text]) => parseSource(path, text))
const entries = new Set(['@wengert/tape', '@wengert/testkit', '@wengert/testkit/examples'])

describe('imports are seen', () => {
  test.each([
    "import './x.js'",
    "import x from './x.js'",
    "import type { X } from './x.js'",
    "export * from './x.js'",
    "export { x } from './x.js'",
    "export type { X } from './x.js'",
    "await import('./x.js')",
    "type X = import('./x.js').X",
    "type X = typeof import('./x.js')",
  ])('%s', text => {
    expect(parseSource('a.ts', text).imports).toEqual([{ specifier: './x.js', line: 1 }])
  })

  test('not in strings and comments', () => {
    const text = '// import "./x.js"\nconst s = `import "./x.js"`\nexport const t = s'
    expect(parseSource('a.ts', text).imports).toEqual([])
  })
})

describe('imports that run the wrong way', () => {
  test.each([
    ['packages/kernels/src/a.ts', '@wengert/tape'],
    ['packages/tape/src/a.ts', '@wengert/nn'],
    ['packages/tape/src/a.ts', '@wengert/tape'],
    ['packages/nn/src/a.ts', '@wengert/kernels'],
    ['packages/nn/src/a.ts', '@wengert/scheduler'],
    ['packages/scheduler/src/a.ts', '@wengert/kernels'],
    ['packages/scheduler/src/a.test.ts', '@wengert/nn'],
    ['packages/testkit/src/a.ts', '@wengert/scheduler'],
    ['packages/tape/src/a.ts', '@wengert/testkit'],
    ['apps/cli/src/a.ts', '@wengert/testkit'],
    ['apps/playground/src/a.ts', '@wengert/bench'],
    ['bench/src/a.ts', '@wengert/cli'],
  ])('%s ← %s', (path, name) => {
    expect(rules.direction(parse({ [path]: `import '${name}'` }))).toHaveLength(1)
  })

  test.each([
    ['packages/tape/src/a.ts', '@wengert/kernels'],
    ['packages/nn/src/a.ts', '@wengert/tape'],
    ['packages/scheduler/src/a.ts', '@wengert/tape'],
    ['packages/tape/src/a.test.ts', '@wengert/testkit'],
    ['packages/testkit/src/a.ts', '@wengert/kernels'],
    ['apps/cli/src/a.ts', '@wengert/bench'],
    ['bench/src/a.ts', '@wengert/scheduler'],
    ['test/a.ts', '@wengert/testkit'],
  ])('%s ← %s is right', (path, name) => {
    expect(rules.direction(parse({ [path]: `import '${name}'` }))).toEqual([])
  })

  test('the planner', () => {
    const text = "import type { Kernel } from '@wengert/kernels'"
    expect(rules.planner(parse({ 'packages/tape/src/plan/a.ts': text }))).toHaveLength(1)
    expect(rules.planner(parse({ 'packages/tape/src/run/a.ts': text }))).toEqual([])
  })
})

describe('deep imports', () => {
  test.each([
    '@wengert/tape/src/index.js',
    '@wengert/tape/dist/index.js',
    '@wengert/tape/examples',
    '../../tape/src/index.js',
  ])('%s', specifier => {
    const sources = parse({ 'packages/nn/src/a.ts': `import '${specifier}'` })
    expect(rules.depth(sources, entries)).toHaveLength(1)
  })

  test.each(['@wengert/tape', '@wengert/testkit/examples', './b.js', '../package.json', 'vitest/config'])(
    '%s is none',
    specifier => {
      const sources = parse({ 'packages/nn/src/a.ts': `import '${specifier}'` })
      expect(rules.depth(sources, entries)).toEqual([])
    },
  )
})

describe('faces', () => {
  const around = (path: string, specifier: string) =>
    rules.faces(
      parse({
        'packages/tape/src/index.ts': '',
        'packages/tape/src/ops/index.ts': '',
        'packages/tape/src/ops/deep/index.ts': '',
        [path]: `import '${specifier}'`,
      }),
    )

  test.each([
    ['packages/tape/src/plan/a.ts', '../ops/tanh.js'],
    ['packages/tape/src/a.ts', './ops/tanh.js'],
    ['packages/tape/src/a.test.ts', './ops/tanh.js'],
    ['packages/tape/src/a.ts', './ops/deep/index.js'],
    ['packages/tape/src/ops/a.ts', './deep/b.js'],
  ])('%s goes around a face with %s', (path, specifier) => expect(around(path, specifier)).toHaveLength(1))

  test.each([
    ['packages/tape/src/plan/a.ts', '../ops/index.js'],
    ['packages/tape/src/plan/a.ts', '../errors.js'],
    ['packages/tape/src/ops/a.ts', './tanh.js'],
    ['packages/tape/src/ops/a.ts', './deep/index.js'],
    ['packages/tape/src/ops/deep/a.ts', '../tanh.js'],
  ])('%s does not with %s', (path, specifier) => expect(around(path, specifier)).toEqual([]))
})

describe('cycles', () => {
  test('of two files, of types, of one file, and beside others', () => {
    const [a, b] = ['packages/tape/src/a.ts', 'packages/tape/src/b.ts']
    expect(rules.cycles(parse({ [a]: "import './b.js'", [b]: "import './a.js'" }))).toEqual([
      `${a} → ${b} → ${a}`,
    ])
    const types = parse({ [a]: "import type { B } from './b.js'", [b]: "export type * from './a.js'" })
    expect(rules.cycles(types)).toHaveLength(1)
    expect(rules.cycles(parse({ [a]: "import './a.js'" }))).toEqual([`${a} → ${a}`])
    const tail = parse({
      'packages/tape/src/0.ts': "import './a.js'",
      [a]: "import './b.js'",
      [b]: "import './a.js'",
    })
    expect(rules.cycles(tail)).toEqual([`${a} → ${b} → ${a}`])
  })

  test('a diamond is none', () => {
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(name => `packages/tape/src/${name}.ts`) as [
      string,
      string,
      string,
      string,
    ]
    const files = {
      [a]: "import './b.js'; import './c.js'",
      [b]: "import './d.js'",
      [c]: "import './d.js'",
      [d]: '',
    }
    expect(rules.cycles(parse(files))).toEqual([])
  })
})

describe('single files', () => {
  const file = (text: string, path = 'packages/tape/src/a.ts') => parse({ [path]: text })

  test('comlink', () => {
    expect(rules.comlink(file("import 'comlink'"))).toHaveLength(1)
    expect(rules.comlink(file("import 'comlink/dist/esm/node-adapter.mjs'"))).toHaveLength(1)
    expect(rules.comlink(file("import 'comlink'", 'packages/scheduler/src/a.ts'))).toEqual([])
  })

  test.each(['./a', './a.ts', '..', './folder/'])('the extension of %s', specifier => {
    expect(rules.extensions(file(`import '${specifier}'`))).toHaveLength(1)
  })

  test.each(['./a.js', './a.json', './a.css', 'vitest'])('the extension of %s is right', specifier => {
    expect(rules.extensions(file(`import '${specifier}'`))).toEqual([])
  })

  test('size', () => {
    const lines = (count: number) => 'x\n'.repeat(count)
    expect(rules.size(file(lines(401)))).toHaveLength(1)
    expect(rules.size(file(lines(400)))).toEqual([])
    expect(rules.size(file(lines(401), 'packages/tape/src/a.test.ts'))).toEqual([])
  })

  test.each([
    'test.only("x", f)',
    'describe.concurrent.only("x", f)',
    'it.only.each([])("x", f)',
    'const x = y as any',
    'const x = <any>y',
    '// @ts-ignore',
    '// TODO: finish',
    '/** FIXME */',
    'class E extends Error { static { E.prototype.name = "E" } }',
  ])('left over: %s', text => expect(rules.leftovers(file(text))).toHaveLength(1))

  test.each([
    'list.only("x")',
    'const x = "TODO as any"',
    'const x = y as unknown',
    'class E extends Error { static { this.prototype.name = "E" } }',
    '// @ts-expect-error: wanted',
  ])('not left over: %s', text => expect(rules.leftovers(file(text))).toEqual([]))
})
