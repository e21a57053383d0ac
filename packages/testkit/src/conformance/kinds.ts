import type { DType } from '@wengert/kernels'
import { groupBy } from '../group.js'
import { sample } from '../sample.js'
import { type ConformanceCase, isSpecial } from './case.js'
import { boundOf, portableError } from './check.js'
import { checks } from './checks.js'

/** Kinds of samples, each with its test; the first that fits is the kind of a case. */
const kinds = [
  ['NaN, ∞', isSpecial],
  ['zero-size', ({ operands }: ConformanceCase) => operands.some(({ shape }) => shape.includes(0))],
  ['scalar', ({ operands }: ConformanceCase) => operands.every(({ shape }) => shape.length === 0)],
  [
    'broadcast',
    ({ elementwise, operands }: ConformanceCase) =>
      elementwise === true && new Set(operands.map(({ shape }) => shape.join())).size > 1,
  ],
  ['arrays', () => true],
] as const

/** Name of a kind of samples. */
export type KindName = (typeof kinds)[number][0]

/** The names of the kinds, as columns of the table of ops have them. */
export const kindNames: readonly KindName[] = ['arrays', 'scalar', 'broadcast', 'zero-size', 'NaN, ∞']

/** Of what kind the operands of a case are. */
const kindOf = (test: ConformanceCase): KindName => (kinds.find(([, fits]) => fits(test)) ?? kinds[4])[0]

/** Dtypes of the operands of a case, each once. */
const dtypesOf = ({ operands }: ConformanceCase): string =>
  [...new Set(operands.map(({ dtype }) => dtype))].join(', ') || 'none'

/** What the conformance cases of an op at operands of certain dtypes say of it. */
export interface OpRow {
  readonly op: string
  /** Dtypes of the operands. */
  readonly dtypes: string
  /** Largest error for each kind of samples, in units in the last place, by portable arithmetic. */
  readonly errors: ReadonlyMap<KindName, number>
  /** Smallest and largest of the bounds on these errors: sums have one that grows with their terms. */
  readonly bounds: readonly [number, number]
  /** Number of cases to which each check applies, in the order of {@link checks}. */
  readonly checked: readonly number[]
}

/**
 * Rows of the table of ops, in the order of the alphabet; every value is computed anew and held to its bound.
 *
 * @throws Error if a value is out of its bound.
 */
export function opRows(cases: readonly ConformanceCase[]): OpRow[] {
  const groups = groupBy(cases, test => `${test.op} ${dtypesOf(test)}`)
  const rows = [...groups.values()].map((own): OpRow => {
    const [first] = own as [ConformanceCase]
    const errors = new Map<KindName, number>()
    const bounds: number[] = []
    for (const test of own) {
      const kind = kindOf(test)
      errors.set(kind, Math.max(errors.get(kind) ?? 0, portableError(test)))
      bounds.push(boundOf(test, resultOf(test)))
    }
    return {
      op: first.op,
      dtypes: dtypesOf(first),
      errors,
      bounds: [Math.min(...bounds), Math.max(...bounds)],
      checked: checks.map(({ applies }) => own.filter(applies).length),
    }
  })
  return rows.sort((a, b) => compare(a.op, b.op))
}

const resultOf = (test: ConformanceCase): DType => test.reference(...sample(test.operands, test.domain)).dtype

const compare = (a: string, b: string) => (a < b ? -1 : Number(a > b))

/** Kinds of samples that an elementwise op lacks at some dtype, such as `add(f32): zero-size`. */
export function unsampled(cases: readonly ConformanceCase[]): string[] {
  const elementwise = cases.filter(test => test.elementwise)
  const groups = groupBy(elementwise, test => `${test.op}(${dtypesOf(test)})`)
  return [...groups].flatMap(([name, own]) => {
    const several = own.some(({ operands }) => operands.length > 1)
    const there = new Set(own.map(kindOf))
    return kindNames
      .filter(kind => !there.has(kind) && (kind !== 'broadcast' || several))
      .map(kind => `${name}: ${kind}`)
  })
}
