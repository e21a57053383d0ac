import { readFileSync } from 'node:fs'
import { fromSafetensors, type TrainEpoch, type TrainStep, toSafetensors, train } from '@wengert/nn'
import { BudgetError, type ErrorParts, enableTurbo, flatten, OptionError, WengertError } from '@wengert/tape'
import { type Dataset, readDataset } from '../dataset/index.js'
import { placeFor, saveWhole } from '../save.js'
import { answer, interactive, say, TrainingBar } from '../terminal/index.js'
import { wholeBudgetError } from './budget.js'
import { modelFor, type Params } from './model.js'
import { fingerprint, reportTable, type TrainReport } from './report.js'
import { defaultMemoryBytes, type TrainSettings } from './settings.js'
import { TrainingRun } from './training-run.js'

/** Trains a model, says how it goes, and tells what came of it. */
export async function trainCommand(settings: TrainSettings, signal: AbortSignal): Promise<void> {
  const turbo = settings.turbo === true && enableTurbo()
  const data = await readDataset(settings.dataset, settings, signal)
  signal.throwIfAborted()
  const memoryBytes = settings.memory ?? defaultMemoryBytes(settings.workers)
  const model = modelFor(settings, { ...data, features: data.x.shape[1] as number })
  const initial = model.init(settings.seed)
  const params = settings.load === undefined ? initial : loaded(settings.load, initial)
  // before training, which may take a while
  const target = settings.save === undefined ? undefined : placeFor('--save', settings.save)
  const run = await TrainingRun.open(settings, memoryBytes, model, data)
  try {
    const outcome = await fitting(() => fit(settings, run, data, params, signal))
    const report = { ...reportOf(settings, data, memoryBytes, run.peakBytes, outcome), turbo }
    const { tell, end } = answer(settings.json)
    if (target !== undefined) saveWhole('--save', target, toSafetensors(outcome.last.params))
    tell(reportTable(report))
    end(() => report)
  } finally {
    await run.close()
  }

  async function fitting<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof BudgetError)) throw error
      const { train: rows, test } = data
      const last = rows.subarray(0, rows.length % settings.batch || settings.batch)
      throw await wholeBudgetError(memoryBytes, error, [
        () => run.gradient(params, rows.subarray(0, settings.batch), signal),
        () => run.gradient(params, last, signal),
        () => run.accuracy(params, test, signal),
      ])
    }
  }
}

/** Parameters of a file, of the names and shapes of the model's. */
function loaded(file: string, like: Params): Params {
  let bytes: Uint8Array
  try {
    bytes = readFileSync(file)
  } catch (cause) {
    throw new OptionError({
      summary: `\`--load\` is ${JSON.stringify(file)}, which cannot be read (${String((cause as { code?: unknown }).code)}).`,
      expected: 'a file of parameters, as --save writes it',
      fix: `check the path; it is taken from ${process.cwd()}`,
      data: { option: '--load', value: file },
      cause,
    })
  }
  try {
    return fromSafetensors(bytes, like)
  } catch (error) {
    if (!(error instanceof WengertError)) throw error
    throw new OptionError({
      summary: `\`--load\` is ${JSON.stringify(file)}: ${error.parts.summary.replace('fromSafetensors: ', '')}`,
      expected: error.parts.expected,
      fix: 'the --model and --hidden that it was saved with',
      data: { option: '--load', value: file },
      cause: error,
    })
  }
}

interface Outcome {
  readonly last: TrainEpoch<Params>
  /** Time of the steps alone, without testing. */
  readonly seconds: number
}

async function fit(
  settings: TrainSettings,
  run: TrainingRun,
  { train: rows, test }: Dataset,
  params: Params,
  signal: AbortSignal,
): Promise<Outcome> {
  const { batch, epochs, seed } = settings
  const bar = new TrainingBar(rows.length, epochs)
  let [seconds, done] = [0, 0]
  let resumed = performance.now()
  const pause = () => {
    seconds += (performance.now() - resumed) / 1000
  }
  let last: TrainEpoch<Params> | undefined
  try {
    const events = train({
      ...{ params, rows, batch, epochs, seed, optimiser: run.optimiser },
      gradient: (params, chosen) => run.gradient(params, chosen, signal),
      async evaluate(params) {
        pause()
        const share = await run.accuracy(params, test, signal)
        resumed = performance.now()
        return share
      },
    })
    for await (const event of events) {
      signal.throwIfAborted()
      if (event.kind === 'step') {
        if (!Number.isFinite(event.loss)) throw diverged(event)
        done += event.rows
        const elapsed = seconds + (performance.now() - resumed) / 1000
        bar.step(event.rows, event.epoch, event.loss, done / elapsed)
      } else {
        last = event
        if (!interactive()) say(epochLine(event, epochs, done / seconds))
      }
    }
  } finally {
    bar.stop()
  }
  return { last: last as TrainEpoch<Params>, seconds }
}

/** Training whose loss is no number any more: nothing is wrong with the options by themselves. */
class DivergenceError extends WengertError {
  static {
    this.prototype.name = 'DivergenceError'
  }

  constructor(parts: ErrorParts) {
    super('DIVERGENCE', parts)
  }
}

const diverged = ({ loss, epoch, step, steps }: TrainStep<Params>) =>
  new DivergenceError({
    summary: `The loss became ${loss}: training diverged.`,
    at: `epoch ${epoch}, step ${step} of ${steps}`,
    fix: 'a smaller --rate, or less --momentum',
  })

const epochLine = ({ epoch, loss, score = 0 }: TrainEpoch<Params>, epochs: number, rate: number): string =>
  `epoch ${epoch}/${epochs}  loss ${loss.toFixed(4)}  accuracy ${(100 * score).toFixed(2)} %  ${Math.round(rate)} rows/s`

function reportOf(
  settings: TrainSettings,
  data: Dataset,
  memoryBudgetBytes: number,
  peakBytes: number,
  { last, seconds }: Outcome,
): Omit<TrainReport, 'turbo'> {
  const { model, workers, epochs, batch, seed, optimiser, arithmetic } = settings
  return {
    dataset: data.name,
    model,
    rows: data.train.length,
    testRows: data.test.length,
    parameters: flatten(last.params).leaves.reduce((sum, leaf) => sum + leaf.size, 0),
    workers,
    memoryBudgetBytes,
    peakBytes,
    ...{ epochs, batch, seed, optimiser, arithmetic },
    loss: last.loss,
    testAccuracy: last.score ?? 0,
    rowsPerSecond: (data.train.length * epochs) / seconds,
    seconds,
    fingerprint: fingerprint(last.params),
  }
}
