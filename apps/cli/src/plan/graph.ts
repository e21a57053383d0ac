import { BudgetError, type Graph, type Plan, plan, simulate } from '@wengert/tape'
import { say } from '../terminal/index.js'
import { readGraph } from './graph-file.js'
import { sayWays, way } from './ways.js'

/** What `wengert plan --graph` was asked. */
export interface GraphSettings {
  readonly memory?: number
  readonly json?: true
}

/**
 * Plans a graph from a file: with everything kept, within `--memory`, and in the fewest bytes.
 *
 * @throws {@link BudgetError} if there is no plan within `--memory`.
 */
export async function planGraphCommand(file: string, { memory, json }: GraphSettings): Promise<void> {
  const graph = await readGraph(file)
  say(`${file}, ${graph.steps.length} nodes:`)
  const ways = [way('everything kept', checked(graph, plan(graph)))]
  if (memory !== undefined) {
    ways.push(way('within --memory', checked(graph, plan(graph, { budgetBytes: memory }), memory)))
  }
  ways.push(way('fewest bytes', checked(graph, plan(graph, { budgetBytes: leastBytes(graph) }))))
  sayWays(ways)
  if (json) {
    process.stdout.write(`${JSON.stringify({ graph: file, nodes: graph.steps.length, plans: ways })}\n`)
  }
}

/** A plan that the simulator accepts. */
function checked(graph: Graph, found: Plan, budgetBytes = Infinity): Plan {
  simulate(graph, found, { budgetBytes })
  return found
}

function leastBytes(graph: Graph): number {
  try {
    return plan(graph, { budgetBytes: 0 }).peakBytes
  } catch (error) {
    if (error instanceof BudgetError) return error.leastBytes
    throw error
  }
}
