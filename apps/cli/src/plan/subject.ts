import {
  type Aval,
  BudgetError,
  controlOf,
  formatAval,
  formatByteSize,
  type Graph,
  type Instruction,
  type Plan,
  type Planned,
  type Program,
  plan,
  plansOf,
} from '@wengert/tape'
import { either } from '../options.js'
import { readGraph } from './graph-file.js'
import { type ModelName, type ModelOptions, models, optionNames } from './models/index.js'

/** Something to be planned. */
export interface Subject {
  /** What it is, such as `One gradient of mlp over 1024 rows, 59 recorded instructions`. */
  readonly title: string
  /** What it is in JSON. */
  readonly named: Readonly<Record<string, unknown>>
  /** Number of steps, which says how long planning takes. */
  readonly stepCount: number
  /**
   * The plan within so many bytes.
   *
   * @param search how long to look for a better one; programs do not, since their loops are chosen as well
   * @throws BudgetError if nothing was found that fits.
   */
  within(budgetBytes: number, search?: Search): SubjectPlan
}

/** How long to look for a better plan at one budget. */
export interface Search {
  /** Milliseconds. */
  readonly searchMs?: number | undefined
  /** Storages and steps, which are counted, so that the plan is the same on every host; without milliseconds. */
  readonly searchWork?: number | undefined
}

/** A plan with the graph that it is of: loops may be rewritten to fit, so that graphs differ from plan to plan. */
export interface SubjectPlan {
  readonly graph: Graph
  readonly plan: Plan
  /** What a storage holds, for people. */
  nameOf(storage: number): string
  /** The line of code that it comes from, where that is known. */
  lineOf?(storage: number): string | undefined
  /** All other graphs that a plan may be of; absent where loops could be rewritten, and there are many. */
  readonly others?: readonly Graph[]
  /** Loops that go back from snapshots of their states. */
  readonly loops: readonly Loop[]
  /** Bytes of states that loops keep in a store, beside the plan's. Default 0. */
  readonly spilledBytes?: number
}

/** How a loop goes back: from states it kept, and snapshots taken on the way to the others. */
export interface Loop {
  readonly steps: number
  /** Every so many steps a state is kept. */
  readonly every: number
  /** Whether those are kept in a store. */
  readonly spilled?: true
  /** Most states that are kept beside those, while the loop goes back. */
  readonly snapshots: number
}

/**
 * The gradient of a model over a whole batch, in one arena.
 *
 * @param spillBytes of a store beside it, for states of loops
 */
export function modelSubject(model: ModelName, options: ModelOptions, spillBytes?: number): Subject {
  const { title, options: all, program } = models[model].gradient(options)
  const within = plansOf(program, [], spillBytes)
  return {
    title: `One gradient of ${title}, ${program.instructions.length} recorded instructions`,
    named: {
      model,
      ...all,
      ...(spillBytes !== undefined && { spillBytes }),
      instructions: program.instructions.length,
    },
    stepCount: program.instructions.length,
    within: budgetBytes => ofProgram(inOptions(model, () => within(budgetBytes))),
  }
}

/** Says with options of the command what would help, where the library says it with its own. */
function inOptions(model: ModelName, find: () => Planned): Planned {
  try {
    return find()
  } catch (error) {
    if (!(error instanceof BudgetError)) throw error
    const { budgetBytes, leastBytes, parts } = error
    const { withStoreBytes } = error.data
    const smaller = optionNames.filter(name => (models[model].takes as readonly string[]).includes(name))
    const store =
      withStoreBytes === undefined ? '' : `, or --spill 1GiB, with which ${withStoreBytes} bytes do`
    const fix = `--memory ${leastBytes} (${formatByteSize(leastBytes, 'up')}), or a smaller ${either(smaller.map(name => `--${name}`))}${store}`
    throw new BudgetError({ ...parts, fix, budgetBytes, leastBytes })
  }
}

/** The plan that is found by a search of counted work, or the cheaper of the one that is always found and one of so long. */
function cheapest(graph: Graph, budgetBytes: number, { searchMs = 0, searchWork }: Search): Plan {
  const searched =
    searchMs > 0 && budgetBytes < Infinity ? orRefused(graph, budgetBytes, searchMs) : undefined
  if (searched === undefined) return plan(graph, { budgetBytes, searchWork })
  const usual = orRefused(graph, budgetBytes)
  return usual && usual.extraCost <= searched.extraCost ? usual : searched
}

/** Says of nodes what the planner says of steps. */
function inNodes({ steps }: Graph, find: () => Plan): Plan {
  try {
    return find()
  } catch (error) {
    const step = error instanceof BudgetError ? error.data['step'] : undefined
    const node = typeof step === 'number' ? steps[step]?.outputs[0] : undefined
    if (!(error instanceof BudgetError) || node === undefined) throw error
    const { budgetBytes, leastBytes, parts } = error
    throw new BudgetError({
      ...parts,
      at: `node ${node}`,
      fix: `give it ${leastBytes} bytes (${formatByteSize(leastBytes, 'up')})`,
      budgetBytes,
      leastBytes,
      data: { ...parts.data, node },
    })
  }
}

function orRefused(graph: Graph, budgetBytes: number, searchMs?: number): Plan | undefined {
  try {
    return plan(graph, { budgetBytes, searchMs })
  } catch (error) {
    if (error instanceof BudgetError) return undefined
    throw error
  }
}

/** A graph from a file. */
export async function graphSubject(file: string): Promise<Subject> {
  const graph = await readGraph(file)
  const stepCount = graph.steps.length
  return {
    title: `${file}, ${stepCount} ${stepCount === 1 ? 'node' : 'nodes'}`,
    named: { graph: file, nodes: stepCount },
    stepCount,
    // a node and its storage have one number
    within: (budgetBytes, search = {}) => ({
      graph,
      plan: inNodes(graph, () => cheapest(graph, budgetBytes, search)),
      nameOf: storage => `node ${storage}`,
      others: [],
      loops: [],
    }),
  }
}

function ofProgram({ program, lowered, chosen, others, spilledBytes }: Planned): SubjectPlan {
  const { storageOf, graph } = lowered
  // values that share a storage are other shapes of the first
  const valueIn: number[] = []
  storageOf.forEach((storage, value) => {
    if (storage >= 0) valueIn[storage] ??= value
  })
  const madeBy = makersOf(program)
  return {
    graph,
    plan: chosen,
    nameOf(storage) {
      const value = valueIn[storage] as number
      return `%${value} ${formatAval(program.avals[value] as Aval)} = ${madeBy.get(value)?.op}`
    },
    lineOf: storage => madeBy.get(valueIn[storage] as number)?.at,
    ...(others && { others: others() }),
    spilledBytes,
    loops: program.instructions.flatMap(instruction => {
      const control = controlOf(instruction)
      if (control?.kind !== 'revolve') return []
      const { length: steps, every, snapshots, spill } = control
      return [{ steps, every, ...(spill && { spilled: true as const }), snapshots }]
    }),
  }
}

/** What makes each value: an op and its line, or that it is there from the start. */
function makersOf({ inputs, constants, instructions }: Program) {
  return new Map<number, Pick<Instruction, 'op' | 'at'>>([
    ...inputs.map(value => [value, { op: 'input' }] as const),
    ...constants.map(({ value }) => [value, { op: 'constant' }] as const),
    ...instructions.flatMap(made => made.outputs.map(value => [value, made] as const)),
  ])
}
