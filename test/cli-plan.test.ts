import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { chromiumPath, launch } from './chromium.js'
import { commandIn, failureOf } from './command.js'
import { root } from './house/source.js'

const folder = mkdtempSync(join(tmpdir(), 'wengert-plan-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const wengert = commandIn(folder)
const failure = (...args: string[]): Promise<string> => failureOf(wengert(['plan', ...args]))
const write = (name: string, text: string) => writeFileSync(join(folder, name), text)
const read = (name: string) => readFileSync(join(folder, name), 'utf8')

interface Point {
  readonly peakBytes: number
  readonly extraCost: number
  readonly recomputedShare: number
}

interface Planned {
  readonly plan: Point & { readonly keptBytes: number; readonly leastBytes: number }
  readonly curve: readonly (Point & { readonly budgetBytes: number })[]
  readonly timeline: Readonly<Record<'endCost' | 'bytes' | 'again', readonly unknown[]>>
  readonly values: readonly { readonly name: string; readonly at?: string }[]
}

/** The JSON of a plan that must succeed, with what it says to people. */
async function planned(...args: string[]): Promise<Planned & { readonly said: string }> {
  const { code, stdout, stderr } = await wengert(['plan', ...args, '--json'])
  expect(stderr).not.toMatch(/Error/)
  expect(code).toBe(0)
  expect(stdout.trimEnd().split('\n')).toHaveLength(1)
  return { ...JSON.parse(stdout), said: stderr }
}

test('plans trade time for bytes', async () => {
  const { plan, curve } = await planned('mlp', '--memory', '64MiB')
  const [fewest, kept] = [curve[0] as Point, curve.at(-1) as Point]
  expect(kept.recomputedShare).toBe(0)
  expect(plan.peakBytes).toBeLessThanOrEqual(64 * 2 ** 20)
  expect(fewest.peakBytes).toBeLessThan(kept.peakBytes)
  expect(fewest.recomputedShare).toBeGreaterThan(0)
  expect(curve.length).toBeGreaterThan(5)
  expect(await failure('mlp', '--memory', '1MiB', '--json')).toMatch(/\nBudgetError: /)
})

test('what is said', async () => {
  const { said } = await planned('--graph', graphFile(chain(6)), '--memory', '160')
  for (const line of said.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
  expect(said).toMatchInlineSnapshot(`
    "graph.json, 12 nodes:
    ┌───────────────────────────────┬─────────────────────┐
    │ budget                        │ 160 B (160 bytes)   │
    │ needs                         │ 160 B (160 bytes)   │
    │ everything kept would need    │ 224 B (224 bytes)   │
    │ smallest budget with a plan   │ 96 B (96 bytes)     │
    │ no plan needs less than       │ 96 B (96 bytes)     │
    │ cost of everything once       │ 195 FLOP            │
    │ extra cost                    │ 21 FLOP (+10.8 %)   │
    │ no plan adds less than        │ 10.8 %              │
    │ whole cost above that bound   │ 0.0 %               │
    │ extra share of the whole cost │ 9.7 %               │
    │ runs                          │ 14, 2 of them again │
    └───────────────────────────────┴─────────────────────┘
    Cost is in FLOP equivalents, which compare plans; it is no time.
    A run is of a node, of instructions fused into one kernel, or of a whole loop.
    What fewer bytes cost
    extra cost in % against B; ╎ is the budget

      ▲                              ╎
      │━━━━━━━━━━━━━━━┓              ╎
    50┤               ┃              ╎
      │               ┃              ╎
    40┤               ┃              ╎
      │               ┃              ╎
    30┤               ┃              ╎
      │               ┃              ╎
    20┤               ┃              ╎
      │               ┗━━━━━━━━━━━━━━┓
    10┤                              ┗━━━━━━━━━━━━━┓
      │                              ╎             ┗━━━━━━━━━━━━━━┓
     0┤                              ╎                            ┗
      └──┬────────┬────────┬─────────┬────────┬────────┬────────┬──▶
       100      120      140       160      180      200      220

    ┌───────┬───────┬──────────┬────────────┬───────────┬────────┐
    │ needs │ bytes │     cost │ extra cost │ run again │ budget │
    ├───────┼───────┼──────────┼────────────┼───────────┼────────┤
    │ 96 B  │    96 │ 305 FLOP │    +56.4 % │        10 │        │
    │ 128 B │   128 │ 229 FLOP │    +17.4 % │         3 │        │
    │ 160 B │   160 │ 216 FLOP │    +10.8 % │         2 │ ◀      │
    │ 192 B │   192 │ 205 FLOP │     +5.1 % │         1 │        │
    │ 224 B │   224 │ 195 FLOP │     +0.0 % │         0 │        │
    └───────┴───────┴──────────┴────────────┴───────────┴────────┘
    "
  `)
})

test('without --json the report is the answer', async () => {
  const { code, stdout, stderr } = await wengert(['plan', '--graph', graphFile(chain(6)), '--memory', '160'])
  const { said } = await planned('--graph', graphFile(chain(6)), '--memory', '160')
  expect(code).toBe(0)
  expect(`${stderr}${stdout}`).toBe(said)
  expect(stderr.split('\n')).toHaveLength(2)
})

test('an interrupt ends a plan, which keeps the thread busy', async () => {
  const layers = Array(12).fill('256').join()
  const { code, signal } = await wengert(['plan', 'mlp', '--hidden', layers, '--batch', '4096'], child => {
    child.stderr?.once('data', () => child.kill('SIGINT'))
  })
  expect({ code, signal }).toEqual({ code: null, signal: 'SIGINT' })
})

const node = (bytes: number, flops: number, ...inputs: number[]) => ({ bytes, flops, inputs })
type Node = ReturnType<typeof node>

/** So many steps forward over 32 bytes each and as many back, each of which reads the value at its place. */
function chain(steps: number): { nodes: readonly Node[]; outputs: readonly number[] } {
  const forward = Array.from({ length: steps }, (_, k) => node(32, 10 + k, ...(k > 0 ? [k - 1] : [])))
  const backward = Array.from({ length: steps }, (_, k) =>
    node(32, 20, steps - 1 - k, ...(k > 0 ? [steps + k - 1] : [])),
  )
  return { nodes: [...forward, ...backward], outputs: [2 * steps - 1] }
}

function graphFile(graph: object, name = 'graph.json'): string {
  write(name, JSON.stringify(graph))
  return name
}

describe('graphs from outside', () => {
  // 0 → 1 → 2 → 3 forward and 4 ← 5 ← 6 backward, the last ones first
  const nodes = [
    node(100, 0, 1, 6),
    node(100, 0, 2, 5),
    node(100, 1, 3, 4),
    node(0, 0, 4),
    node(100, 20, 5),
    node(100, 20, 6),
    node(100, 5),
  ]

  test('are planned within bytes, in whatever order their nodes are', async () => {
    const args = ['--graph', graphFile({ nodes, outputs: [0] }, 'chain.json')]
    const { said, ...within } = await planned(...args, '--memory', '340')
    expect(said).toMatch(/chain\.json, 7 nodes/)
    // 5 is dropped, as 6 could not be; it comes back from nothing for 5 FLOP
    const fewest = { peakBytes: 336, cost: 46, extraCost: 5, recomputedShare: 5 / 51, runs: 8, reruns: 1 }
    expect(within).toMatchObject({
      graph: 'chain.json',
      nodes: 7,
      budgetBytes: 340,
      plan: { ...fewest, keptBytes: 448, leastBytes: 336 },
      curve: [fewest, { peakBytes: 448, cost: 46, extraCost: 0, recomputedShare: 0, runs: 7, reruns: 0 }],
    })
    expect(Object.values(within.timeline).map(({ length }) => length)).toEqual([8, 8, 8])
    expect(within.values.find(({ name }) => name === 'node 6')).toMatchObject({ fate: 'rerun', runs: 2 })
    expect(await failure(...args, '--memory', '320')).toMatch(/BudgetError: .*\n.* at least 336 bytes/)
  })

  test('what is no graph is refused', async () => {
    write('broken.json', '{ "nodes": [')
    expect(
      (await failure('--graph', 'broken.json')).replace(/SyntaxError: .*/, 'SyntaxError: …'),
    ).toMatchInlineSnapshot(`
      "GraphError: broken.json is not JSON.
        expected  { "nodes": [{ "bytes", "flops", "inputs": [indices] }], "outputs": [indices] }
        at        SyntaxError: …"
    `)
    const cycle = graphFile({ nodes: [node(16, 1, 1), node(16, 1, 0)], outputs: [0] })
    expect(await failure('--graph', cycle)).toMatchInlineSnapshot(`
      "GraphError: graph.json: it has a cycle.
        expected  no node that reads, by way of others, itself
        at        0 ← 1 ← 0"
    `)
    expect(
      (await failure('--graph', 'absent.json')).replace(/taken from .*/, 'taken from …'),
    ).toMatchInlineSnapshot(`
      "GraphError: There is no file absent.json.
        expected  the path of a JSON file
        fix       check the path; it is taken from …"
    `)
  })
})

/** Texts of the pictures that overlap, and names that a line crosses; runs in the page. */
function collisions(): readonly string[] {
  const figures = Array.from(document.querySelectorAll<SVGElement>('svg.figure')).filter(
    figure => getComputedStyle(figure).display !== 'none',
  )
  return figures.flatMap(figure => {
    const texts = Array.from(figure.querySelectorAll('text'), text => ({
      name: text.textContent,
      isName: text.classList.contains('name'),
      box: text.getBoundingClientRect(),
    }))
    const overlapping = texts.flatMap(({ name, box }, k) =>
      texts
        .slice(k + 1)
        .filter(
          ({ box: other }) =>
            Math.min(box.right, other.right) > Math.max(box.left, other.left) &&
            // Letters are less high than their boxes.
            Math.min(box.bottom, other.bottom) > Math.max(box.top, other.top) + 3,
        )
        .map(other => `${name} overlaps ${other.name}`),
    )
    const lines = figure.querySelectorAll<SVGGeometryElement>(
      'line:not(.grid, .axis), path.curve, path.outline',
    )
    const crossing = Array.from(lines).flatMap(line => {
      const toPage = line.getScreenCTM() as DOMMatrix
      const length = line.getTotalLength()
      const points = Array.from({ length: Math.ceil(2 * length) }, (_, k) =>
        line.getPointAtLength(k / 2).matrixTransform(toPage),
      )
      return texts
        .filter(
          ({ isName, box }) =>
            isName &&
            points.some(({ x, y }) => x > box.left && x < box.right && y > box.top + 3 && y < box.bottom - 3),
        )
        .map(({ name }) => `${line.getAttribute('class')} crosses ${name}`)
    })
    return [...overlapping, ...crossing]
  })
}

describe('the page', () => {
  test('is written in whole or not at all', async () => {
    mkdirSync(join(folder, 'pages/folder.html'), { recursive: true })
    const graph = ['--graph', graphFile(chain(6))]
    const refused = async (...args: string[]) =>
      (await failure(...graph, ...args)).replace(/taken from .*/, 'taken from …')
    expect(await refused('--out', 'nowhere/plan.html')).toMatchInlineSnapshot(`
      "OptionError: \`--out\` is "nowhere/plan.html", but there is no folder nowhere.
        expected  a file in a folder that is there
        fix       check the path; it is taken from …"
    `)
    expect(await refused('--out', 'pages/folder.html')).toMatchInlineSnapshot(`
      "OptionError: \`--out\` is "pages/folder.html", which is no file.
        expected  the path of a file
        fix       check the path; it is taken from …"
    `)
    expect(await refused('--out', '')).toMatchInlineSnapshot(`
      "OptionError: \`--out\` is "", which is no file.
        expected  the path of a file
        fix       check the path; it is taken from …"
    `)
    expect(existsSync(join(folder, 'nowhere'))).toBe(false)
    expect(await refused('--out', graph[1] as string)).toContain(', the graph itself.')
    expect(JSON.parse(read(graph[1] as string))).toEqual(chain(6))

    write('pages/plan.html', 'before')
    expect(await refused('--out', 'pages/plan.html', '--memory', '16')).toMatch(/BudgetError: /)
    expect(read('pages/plan.html')).toBe('before')
    await planned(...graph, '--out', 'pages/plan.html')
    expect(read('pages/plan.html')).toMatch(/^<!DOCTYPE html>.*<\/html>\n$/s)
    expect(readdirSync(join(folder, 'pages')).toSorted()).toEqual(['folder.html', 'plan.html'])
  })

  test.each([[[]], [['--json']]])(
    'what was planned is told even if no page can be written any more %j',
    async json => {
      mkdirSync(join(folder, 'gone'))
      const args = ['plan', 'lstm', ...json, '--out', 'gone/plan.html']
      const { code, stdout, stderr } = await wengert(args, child => {
        child.stderr?.once('data', () => rmSync(join(folder, 'gone'), { recursive: true }))
      })
      expect([code, stderr.split('\n').at(-3)]).toEqual([
        2,
        expect.stringMatching(/^OptionError: `--out` is ".*plan\.html", which cannot be written\.$/),
      ])
      if (json.length > 0)
        expect(JSON.parse(stdout)).toMatchObject({ model: 'lstm', curve: expect.any(Array) })
      else expect(stdout).toContain('everything kept would need')
    },
  )

  test('names the calls of the model that values come from, where they were before it was built', async () => {
    const model = ['transformer', '--layers', '1', '--batch', '2', '--steps', '8', '--width', '16']
    const { values } = await planned(...model, '--out', 'lines.html')
    const page = read('lines.html')
    const source = readFileSync(join(root, 'apps/cli/src/plan/models/transformer.ts'), 'utf8').split('\n')
    const made = values.filter(({ name }) => !name.endsWith(' = input'))
    expect(made.length).toBeGreaterThan(0)
    for (const { name, at = '' } of made) {
      expect(page).toContain(`${name} at ${at}, `.replace(/.*= /, ' = '))
      const [, line, column] = /^transformer\.ts:(\d+):(\d+)$/.exec(at) ?? []
      expect(source[Number(line) - 1]?.slice(Number(column) - 1), at).toMatch(/^\w+\(/)
    }
    expect(page).not.toMatch(/\.js:\d/)
  })

  test.skipIf(chromiumPath === undefined)('in a browser, wide and narrow, light and dark', async () => {
    await planned('--graph', graphFile(chain(60)), '--memory', '600', '--out', 'shown.html')
    await using browser = await launch()
    for (const [width, colorScheme] of [
      [1100, 'light'],
      [500, 'light'],
      [360, 'dark'],
    ] as const) {
      const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme })
      const [complaints, requests]: string[][] = [[], []]
      page.on('console', message => complaints?.push(message.text()))
      page.on('pageerror', error => complaints?.push(String(error)))
      page.on('request', request => requests?.push(request.url()))
      const url = pathToFileURL(join(folder, 'shown.html')).href
      await page.goto(url)
      expect({ complaints, requests }).toEqual({ complaints: [], requests: [url] })

      const figures = page.locator('svg.figure:visible')
      expect(await figures.count()).toBe(2)
      const boxes = await Promise.all((await figures.all()).map(figure => figure.boundingBox()))
      for (const box of boxes) {
        expect(box?.width).toBeGreaterThan(0.8 * Math.min(width, 900))
        expect(box?.height).toBeGreaterThan(200)
        expect(box?.height).toBeLessThan(500)
      }
      const { scrollWidth, background, ink, outside } = await page.evaluate(() => {
        const { backgroundColor, color } = getComputedStyle(document.body)
        // what is drawn stays within its picture
        const outside = Array.from(document.querySelectorAll('svg.figure')).flatMap(figure => {
          const frame = figure.getBoundingClientRect()
          return Array.from(figure.querySelectorAll('text, path, rect, circle')).filter(mark => {
            const box = mark.getBoundingClientRect()
            return box.left < frame.left - 1 || box.right > frame.right + 1 || box.bottom > frame.bottom + 1
          })
        })
        return {
          scrollWidth: document.documentElement.scrollWidth,
          background: backgroundColor,
          ink: color,
          outside: outside.length,
        }
      })
      expect(outside).toBe(0)
      expect(scrollWidth).toBeLessThanOrEqual(width)
      expect(await page.evaluate(collisions)).toEqual([])
      const brightness = (color: string) => Number(/\d+/.exec(color)?.[0])
      expect(brightness(background) > brightness(ink)).toBe(colorScheme === 'light')
      await page.close()
    }
  })
})

test('help', async () => {
  const { code, stdout } = await wengert(['plan', '--help'])
  expect(code).toBe(0)
  expect(stdout).toMatchInlineSnapshot(`
    "Usage: wengert plan [options] [model]

    Plan the gradient of one batch: what it needs, what is computed again to need
    less, and the whole trade.

    Arguments:
      model               mlp, cnn, lstm, transformer

    Options:
      --graph <file>      instead of a model: a JSON file of nodes with bytes, flops
                          and inputs
      --memory <size>     bytes to plan within (default: as many as everything
                          needs)
      --spill <size>      lstm: bytes of a store, beside --memory, for states of its
                          loop (default: none)
      --search-ms <n>     --graph: milliseconds to look for a better plan within
                          --memory (default: up to a second, the same on every host)
      --out <file.html>   also write a page with pictures: memory over time, and
                          bytes against cost
      --batch <n>         rows of the batch (default: mlp 4096, cnn 1024, lstm 64,
                          transformer 16)
      --hidden <lengths>  mlp, lstm: lengths of the hidden layers (default: mlp
                          512,512,512,512,512, lstm 128)
      --steps <n>         lstm, transformer: length of a row (default: 128)
      --layers <n>        transformer: number of layers (default: 4)
      --width <n>         transformer: features of a step (default: 128)
      --heads <n>         transformer: heads of attention (default: 4)
      --json              end with a line of JSON on standard output
      --debug             show the stack of an error
      -h, --help          display help for command
    "
  `)
})
