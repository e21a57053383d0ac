import { realpathSync } from 'node:fs'
import { OptionError } from '@wengert/tape'
import { placeFor, saveWhole } from '../save.js'
import { answer, say } from '../terminal/index.js'
import type { ModelName, ModelOptions } from './models/index.js'
import { pageOf } from './page/index.js'
import { plain, reportOf } from './report.js'
import { graphSubject, modelSubject, type Subject } from './subject.js'
import { tellReport } from './tell.js'

/** What is to be said of a plan, and where. */
export interface PlanOutput {
  /** Bytes to plan within; everything is kept where there are none. */
  readonly memory?: number
  /** Bytes of a store, beside the memory, for states of loops. */
  readonly spill?: number
  /** Where a page goes. */
  readonly out?: string
  readonly json?: true
  /** Graphs: milliseconds to look for a better plan within the memory. Default: a fixed number of looks, about as long as a second. */
  readonly searchMs?: number
}

/** Storages and steps that a search looks at where no time is given, for each step of the graph and at most: up to a second. */
const SEARCH_WORK = { each: 6e5, most: 6e7 }

/**
 * Plans the gradient of a model over a whole batch in one arena.
 *
 * @throws BudgetError if no plan was found within `--memory`; OptionError for a model that cannot be built, or a page that
 * cannot be written.
 */
export const planModelCommand = (model: ModelName, options: ModelOptions, output: PlanOutput): void =>
  planCommand(modelSubject(model, options, output.spill), output)

/**
 * Plans a graph from a file.
 *
 * @throws as {@link planModelCommand}; GraphError for a file that holds no graph.
 */
export async function planGraphCommand(file: string, output: PlanOutput): Promise<void> {
  const subject = await graphSubject(file)
  if (output.out !== undefined && placeFor('--out', output.out) === realpathSync(file)) {
    throw new OptionError({
      summary: `\`--out\` is ${JSON.stringify(output.out)}, the graph itself.`,
      expected: 'another file',
      data: { option: '--out', value: output.out },
    })
  }
  planCommand(subject, output)
}

const workFor = ({ stepCount }: Subject) => Math.min(SEARCH_WORK.most, SEARCH_WORK.each * stepCount)

function planCommand(subject: Subject, { memory, out, json, searchMs }: PlanOutput): void {
  // before planning, which may take a while
  const target = out === undefined ? undefined : placeFor('--out', out)
  const told = answer(json)
  say(`${subject.title}:`)
  const report = reportOf(
    subject,
    memory,
    searchMs === undefined ? { searchWork: workFor(subject) } : { searchMs },
  )
  tellReport(report, told)
  try {
    if (target !== undefined) {
      saveWhole('--out', target, pageOf(report))
      told.tell(`${out} shows it.`)
    }
  } finally {
    told.end(() => plain(report))
  }
}
