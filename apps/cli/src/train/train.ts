import { type TrainEpoch, type TrainEvent, type TrainStep, train } from '@wengert/nn'
import { BudgetError, type ErrorParts, enableTurbo, flatten, WengertError } from '@wengert/tape'
import { type Dataset, readDataset } from '../dataset/index.js'
import { placeFor, saveWhole } from '../save.js'
import { answer, interactive, say, TrainingBar } from '../terminal/index.js'
import { wholeBudgetError } from './budget.js'
import { modelFor, type Params } from './model.js'
import { fingerprint, reportTable, type TrainReport } from './report.js'
import { epochsBefore, load, progressOf, type Start, savedBytes, written } from './saved.js'
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
  const rows = data.train.length
  const { start, said } =
    settings.load === undefined
      ? { start: { params: initial }, said: undefined }
      : load(settings.load, initial, settings, rows)
  // before training, which may take a while
  const target = settings.save === undefined ? undefined : placeFor('--save', settings.save)
  if (said !== undefined) say(`${settings.load}: ${said}`)
  let latest: TrainEvent<Params> | undefined
  const run = await TrainingRun.open(settings, memoryBytes, model, data)
  try {
    const outcome = await fitting(() =>
      fit(settings, run, data, start, signal, event => {
        latest = event
      }),
    )
    const report = { ...reportOf(settings, data, memoryBytes, run.peakBytes, outcome), turbo }
    const { tell, end } = answer(settings.json)
    tell(reportTable(report))
    try {
      if (target !== undefined) saveWhole('--save', target, savedBytes(outcome.last, settings, rows))
    } finally {
      end(() => report)
    }
  } catch (error) {
    if (signal.aborted && target !== undefined) say(interrupted(target))
    throw error
  } finally {
    await run.close()
  }

  /** Saves what there is after the last whole step, and tells. */
  function interrupted(target: string): string {
    if (latest === undefined) return `${settings.save} is not written: no step was taken.`
    saveWhole('--save', target, savedBytes(latest, settings, rows))
    const progress = progressOf(latest)
    const left = epochsBefore(start) + settings.epochs - progress.epochs
    const further = left > 0 ? `; --load ${settings.save} --epochs ${left} goes on there` : ''
    return `${settings.save} has what ${written(progress)} came to${further}.`
  }

  async function fitting<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof BudgetError)) throw error
      const { train: chosen, test } = data
      const last = chosen.subarray(0, chosen.length % settings.batch || settings.batch)
      throw await wholeBudgetError(memoryBytes, error, [
        () => run.gradient(initial, chosen.subarray(0, settings.batch), signal),
        () => run.gradient(initial, last, signal),
        () => run.accuracy(initial, test, signal),
      ])
    }
  }
}

interface Outcome {
  readonly last: TrainEpoch<Params>
  /** Rows that were learnt from. */
  readonly done: number
  /** Time of the steps alone, without testing. */
  readonly seconds: number
}

async function fit(
  settings: TrainSettings,
  run: TrainingRun,
  { train: rows, test }: Dataset,
  start: Start,
  signal: AbortSignal,
  reached: (event: TrainEvent<Params>) => void,
): Promise<Outcome> {
  const { batch, seed } = settings
  const before = epochsBefore(start)
  const epochs = before + settings.epochs
  const bar = new TrainingBar(rows.length, epochs, before * rows.length + batch * (start.after?.step ?? 0))
  let [seconds, done] = [0, 0]
  let resumed = performance.now()
  const pause = () => {
    seconds += (performance.now() - resumed) / 1000
  }
  let last: TrainEpoch<Params> | undefined
  try {
    const events = train({
      ...{ ...start, rows, batch, epochs, seed, optimiser: run.optimiser },
      gradient: (params, chosen) => run.gradient(params, chosen, signal),
      async evaluate(params) {
        pause()
        const share = await run.accuracy(params, test, signal)
        resumed = performance.now()
        return share
      },
    })
    for await (const event of events) {
      if (event.kind === 'step' && !Number.isFinite(event.loss)) throw diverged(event)
      reached(event)
      signal.throwIfAborted()
      if (event.kind === 'step') {
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
  return { last: last as TrainEpoch<Params>, done, seconds }
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
  { last, done, seconds }: Outcome,
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
    rowsPerSecond: done / seconds,
    seconds,
    fingerprint: fingerprint(last.params),
  }
}
