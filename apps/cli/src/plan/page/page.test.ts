import { type Graph, plan } from '@wengert/tape'
import { describe, expect, test } from 'vitest'
import { type PlanReport, reportOf } from '../report.js'
import { modelSubject, type Subject } from '../subject.js'
import { frames } from './frame.js'
import { pageOf } from './index.js'

/** Complaints about elements that are not closed, or closed in another order than opened. */
function illFormed(markup: string): readonly string[] {
  const open: string[] = []
  const complaints: string[] = []
  const body = markup.replace(/^<!DOCTYPE html>/, '').replace(/<style>[^<]*<\/style>/, '')
  for (const [, end, name, closed] of body.matchAll(
    /<(\/?)([a-z][a-z0-9]*)(?:\s+[\w:-]+="[^"<]*")*\s*(\/?)>/gi,
  )) {
    if (end) {
      const last = open.pop()
      if (last !== name) complaints.push(`</${name}> closes <${last}>`)
    } else if (!closed) open.push(name as string)
  }
  const rest = body.replace(/<\/?[a-z][a-z0-9]*(?:\s+[\w:-]+="[^"<]*")*\s*\/?>/gi, '')
  if (/[<>]|&(?!(amp|lt|gt|quot);)/.test(rest)) complaints.push('text that is not escaped')
  return [...complaints, ...open.map(name => `<${name}> is open`)]
}

/** Rows of the table of a class, as text. */
function rowsOf(page: string, name: string): readonly (readonly string[])[] {
  const table = new RegExp(`<table class="${name}">(.*?)</table>`, 's').exec(page)?.[1] ?? ''
  return Array.from(table.matchAll(/<tr>(.*?)<\/tr>/gs), ([, row]) =>
    Array.from((row as string).matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/gs), ([, cell]) =>
      (cell as string).replace(/<[^>]*>/g, ''),
    ),
  )
}

/** So many steps forward over 32 bytes each and as many back, each of which reads the value at its place. */
function chain(steps: number, cost: number, title = 'a chain'): Subject {
  const graph: Graph = {
    bytes: Array(2 * steps).fill(32),
    inputs: [],
    steps: Array.from({ length: 2 * steps }, (_, k) => ({
      inputs: k === 0 ? [] : k < steps ? [k - 1] : [2 * steps - 1 - k, k - 1],
      outputs: [k],
      scratchBytes: 0,
      cost,
    })),
    outputs: [2 * steps - 1],
  }
  const within = (budgetBytes: number) => ({
    graph,
    plan: plan(graph, { budgetBytes }),
    nameOf: (storage: number) => `node ${storage}`,
    others: [],
    loops: [],
  })
  return { title, named: {}, stepCount: 2 * steps, within }
}

/** Complaints about what every page must be: closed elements, no number that is none, nothing from elsewhere. */
function faults(page: string): readonly string[] {
  const foreign = /https?:|src=|<script|<link|@import|url\(|NaN|Infinity|undefined/.exec(page)
  return [...illFormed(page), ...(foreign ? [foreign[0]] : [])]
}

describe('a page', () => {
  const mlp = modelSubject('mlp', { hidden: [64, 64, 64, 64], batch: 512 })
  const lstm = modelSubject('lstm', { hidden: [16], batch: 8, steps: 32 })
  const tight = (subject: Subject) =>
    reportOf(subject, Math.ceil(1.2 * reportOf(subject, undefined).plan.leastBytes))
  test.each<[string, PlanReport]>([
    ['an mlp', tight(mlp)],
    ['an lstm', tight(lstm)],
    ['a long chain', tight(chain(100, 7))],
    ['everything kept', reportOf(chain(10, 7), undefined)],
    ['more than enough', reportOf(mlp, 2 ** 30)],
    ['no cost', tight(chain(10, 0))],
    ['one step', reportOf(chain(1, 3), undefined)],
  ])('of %s says what the report says', (_, report) => {
    const { plan, curve, timeline, budgetBytes } = report
    const page = pageOf(report)
    expect(faults(page)).toEqual([])
    expect(page.match(/<svg class="figure /g)).toHaveLength(4)
    const figures = new Map(rowsOf(page, 'figures').map(([key, value]) => [key, value]))
    const bytesOf = (key: string) => Number(/\((\d+) bytes\)/.exec(figures.get(key) ?? '')?.[1])
    if (budgetBytes !== undefined) expect(bytesOf('budget')).toBe(budgetBytes)
    expect(bytesOf('needs')).toBe(plan.peakBytes)
    expect(bytesOf('everything kept would need')).toBe(plan.keptBytes)
    expect(bytesOf('smallest budget with a plan')).toBe(plan.leastBytes)
    if (plan.lowerBoundBytes !== undefined) {
      expect(bytesOf('no plan needs less than')).toBe(plan.lowerBoundBytes)
    }
    const [, ...points] = rowsOf(page, 'points')
    const counts = curve.some(({ reruns }) => reruns > 0)
    expect(points.map(([, bytes, , , ...again]) => [Number(bytes), ...again])).toEqual(
      curve.map(({ peakBytes, reruns }) => [peakBytes, ...(counts ? [`${reruns}`] : [])]),
    )
    const [, ...lives] = rowsOf(page, 'values')
    expect(lives.map(([name]) => name)).toEqual(timeline.values.map(({ name }) => name))
    const lines = timeline.values.map(({ at = '' }) => at)
    expect(lives.map(cells => cells.slice(3, -1))).toEqual(lines.map(at => (lines.some(Boolean) ? [at] : [])))
    // a point each in the wide picture and in the narrow one, and the plan itself
    expect(page.match(/<circle class="point"/g)).toHaveLength(2 * curve.length)
    expect(page.match(/<circle class="chosen"/g)).toHaveLength(2)
  })

  test('says of every run of a model which line it comes from', () => {
    const report = reportOf(modelSubject('mlp', { batch: 4, hidden: [8] }), undefined)
    const page = pageOf(report)
    for (const { name, at } of report.timeline.runs) {
      expect(at).toMatch(/^m\w+\.ts:\d+:\d+$/)
      expect(page).toContain(`: ${name} at ${at}, `)
    }
  })

  test('shades what runs again, and nothing else', () => {
    const shaded = (report: PlanReport) => pageOf(report).match(/<rect class="again"/g)?.length ?? 0
    expect(shaded(reportOf(chain(10, 7), undefined))).toBe(0)
    expect(shaded(tight(chain(10, 7)))).toBeGreaterThan(2)
  })

  test.each([
    ['an mlp', tight(mlp)],
    ['an lstm', tight(lstm)],
    ['a long chain', tight(chain(300, 7))],
  ])('of %s draws in each half of a pixel the most bytes that are in use there', (_, report) => {
    const { plan, timeline, budgetBytes } = report
    const highest = Math.max(plan.peakBytes, budgetBytes as number)
    const paths = [...pageOf(report).matchAll(/<path class="outline(?: dense)?" d="M([^"]*)"/g)].slice(0, 2)
    for (const [at, { left, right, top, bottom, width, height }] of frames.entries()) {
      const points = String(paths[at]?.[1])
        .split('L')
        .map(point => point.split(',').map(Number))
      const drawn = (x: number) => points.find(point => (point[0] as number) > x)?.[1] as number
      const yOf = (bytes: number) => height - bottom - ((height - bottom - top) * bytes) / (1.08 * highest)
      const xOf = (cost: number) => left + ((width - right - left) * cost) / timeline.totalCost
      for (let x = left; x < width - right - 0.5; x += 0.5) {
        const there = timeline.runs.filter(
          ({ cost, endCost }) => xOf(endCost) > x && xOf(endCost - cost) < x + 0.5,
        )
        expect(drawn(x + 0.25)).toBeCloseTo(yOf(Math.max(...there.map(({ bytes }) => bytes))), 2)
      }
    }
  })

  test('shades runs that are repeated one after the other each by itself, where they are wide', () => {
    const report = tight(chain(4, 7))
    const rects = Array.from(pageOf(report).matchAll(/<rect class="again" x="([\d.]+)"/g), ([, x]) =>
      Number(x),
    )
    expect(
      report.timeline.runs.filter(({ again }, k) => again && report.timeline.runs[k - 1]?.again),
    ).not.toEqual([])
    expect(rects).toHaveLength(2 * report.plan.reruns)
    expect(new Set(rects).size).toBe(rects.length)
  })

  test('tells by colour what was computed first and what again, where anything was', () => {
    expect(pageOf(tight(chain(10, 7)))).toContain('computed again')
    expect(pageOf(reportOf(chain(10, 7), undefined))).not.toContain('computed again')
  })

  test('names are text', () => {
    const page = pageOf(reportOf(chain(3, 7, `a<b>&'"c`), undefined))
    expect(faults(page)).toEqual([])
    expect(page).toContain(`<h1>a&lt;b&gt;&amp;'&quot;c</h1>`)
  })

  test('a checker that finds faults', () => {
    expect(illFormed('<!DOCTYPE html>\n<p>a<b>c</p></b>')).toEqual(['</p> closes <b>', '</b> closes <p>'])
    expect(illFormed('<p>')).toEqual(['<p> is open'])
    expect(illFormed('<p>a & b</p>')).toEqual(['text that is not escaped'])
    expect(illFormed('<p class="<">a</p>')).not.toEqual([])
  })
})
