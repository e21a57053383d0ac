import type { Highs, HighsConstants, Model as NativeModel } from 'highs'

/** A coefficient and the column it stands before. */
type Term = readonly [column: number, coefficient: number]

/** What solving gave. */
export interface Solved {
  readonly status: 'optimal' | 'infeasible' | 'stopped'
  /** Values of the columns, if any were found that meet the constraints. */
  readonly values: Float64Array | undefined
  /** A lower bound of the objective. */
  readonly bound: number
}

/** A mixed-integer linear program to minimise, written down column by column and row by row. */
export class Model {
  readonly #costs: number[] = []
  readonly #lower: number[] = []
  readonly #upper: number[] = []
  readonly #whole: (0 | 1)[] = []
  readonly #rowLower: number[] = []
  readonly #rowUpper: number[] = []
  readonly #starts: number[] = [0]
  readonly #indices: number[] = []
  readonly #values: number[] = []

  column(cost: number, lower: number, upper: number, whole: 0 | 1 = 0): number {
    this.#lower.push(lower)
    this.#upper.push(upper)
    this.#whole.push(whole)
    return this.#costs.push(cost) - 1
  }

  /** 0 or 1, at least `lower`. */
  binary(cost: number, lower: 0 | 1 = 0): number {
    return this.column(cost, lower, 1, 1)
  }

  atMost(bound: number, ...terms: readonly Term[]): void {
    this.#row(-Infinity, bound, terms)
  }

  atLeast(bound: number, ...terms: readonly Term[]): void {
    this.#row(bound, Infinity, terms)
  }

  equal(value: number, ...terms: readonly Term[]): void {
    this.#row(value, value, terms)
  }

  /** Minimises within some seconds; `start` gives columns of a solution to improve on, the others are worked out. */
  solve(highs: Highs, seconds: number, start: ReadonlyMap<number, number> = new Map()): Solved {
    const matrix = {
      format: 'csr' as const,
      numRows: this.#rowLower.length,
      numCols: this.#costs.length,
      starts: this.#starts,
      indices: this.#indices,
      values: this.#values,
    }
    const data = {
      numCols: matrix.numCols,
      numRows: matrix.numRows,
      colCost: this.#costs,
      colLower: this.#lower,
      colUpper: this.#upper,
      rowLower: this.#rowLower,
      rowUpper: this.#rowUpper,
      matrix,
      integrality: this.#whole,
    }
    return highs.withModel(data, model => run(model, highs.constants.modelStatus, seconds, start))
  }

  #row(lower: number, upper: number, terms: readonly Term[]): void {
    this.#rowLower.push(lower)
    this.#rowUpper.push(upper)
    for (const [column, coefficient] of terms) {
      this.#indices.push(column)
      this.#values.push(coefficient)
    }
    this.#starts.push(this.#indices.length)
  }
}

function run(
  model: NativeModel,
  statuses: HighsConstants['modelStatus'],
  seconds: number,
  start: ReadonlyMap<number, number>,
): Solved {
  model.options.set({ output_flag: false, time_limit: seconds, mip_rel_gap: 1e-6, mip_abs_gap: 1e-9 })
  if (start.size > 0) model.setSolution({ indices: [...start.keys()], values: [...start.values()] })
  const { modelStatus } = model.run()
  if (modelStatus === statuses.infeasible) return { status: 'infeasible', values: undefined, bound: Infinity }
  const found = model.info.get('primal_solution_status') === FEASIBLE
  return {
    status: modelStatus === statuses.optimal ? 'optimal' : 'stopped',
    values: found ? Float64Array.from(model.getSolution().colValue) : undefined,
    bound: Number(model.info.get('mip_dual_bound')),
  }
}

/** The solution status of values that meet all constraints. */
const FEASIBLE = 2
