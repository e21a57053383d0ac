/**
 * The file of `--save` and `--load`: parameters by their names in the model, and under `training` what else it takes to go on
 * with the same bits, by the kind of the optimiser: its state, how far training has come, and what the order of rows depends on.
 */
import { readFileSync } from 'node:fs'
import {
  fromSafetensors,
  type OptimiserState,
  type TrainEvent,
  type TrainPlace,
  toSafetensors,
} from '@wengert/nn'
import { OptionError, type Tensor, tensor, WengertError } from '@wengert/tape'
import type { Params } from './model.js'
import { kindOf, optimiserOf } from './optimiser.js'
import type { TrainSettings } from './settings.js'

/** What training begins with. */
export interface Start {
  readonly params: Params
  /** State of the optimiser; absent for that before any step. */
  readonly state?: OptimiserState<Params>
  /** What was learnt before, if the rows go on in the same order. */
  readonly after?: TrainPlace
}

/** How far training has come. */
export interface Progress {
  /** Epochs that are over. */
  readonly epochs: number
  /** Steps of the one after them that were taken. */
  readonly steps: number
}

/** How far training has come with an event. */
export function progressOf(event: TrainEvent<Params>): Progress {
  if (event.kind === 'epoch' || event.step === event.steps) return { epochs: event.epoch, steps: 0 }
  return { epochs: event.epoch - 1, steps: event.step }
}

/** Epochs that are over before training begins. */
export const epochsBefore = ({ after }: Start): number =>
  after === undefined ? 0 : after.epoch - (after.step === undefined ? 0 : 1)

/** As it is said: `3 epochs and 1 step`. */
export const written = ({ epochs, steps }: Progress): string =>
  [epochs > 0 || steps === 0 ? count(epochs, 'epoch') : '', steps > 0 ? count(steps, 'step') : '']
    .filter(Boolean)
    .join(' and ')

const count = (n: number, what: string) => `${n} ${what}${n === 1 ? '' : 's'}`

/** Bytes of a file of what an event has. */
export const savedBytes = (event: TrainEvent<Params>, settings: TrainSettings, rows: number): Uint8Array =>
  toSafetensors({
    ...event.params,
    training: {
      [kindOf(settings)]: {
        state: event.state,
        progress: scalars({ ...progressOf(event) }),
        order: scalars(orderOf(settings, rows)),
      },
    },
  })

/**
 * What a file has to begin with, and how that is said.
 *
 * @param initial parameters of the model
 * @param rows how many there are to learn from
 * @throws OptionError for a file that cannot be read, is none that was saved, or has parameters of another model.
 */
export function load(
  file: string,
  initial: Params,
  settings: TrainSettings,
  rows: number,
): { readonly start: Start; readonly said: string } {
  const bytes = bytesIn(file)
  const read = <T>(read: () => T, fix?: string) => readAs(file, read, fix)
  const names = read(() => Object.keys(fromSafetensors(bytes)))
  const params = read(
    () => fromSafetensors(bytes, initial, { ignore: ['training'] }),
    'the --model and --hidden that it was saved with',
  )
  const kind = kindOf(settings)
  if (!names.some(name => name.startsWith(`training.${kind}.`))) {
    return {
      start: { params },
      said: `begins with its parameters alone, as it has no state of ${kind === 'momentum' ? 'sgd with momentum' : kind}`,
    }
  }
  const order = orderOf(settings, rows)
  const like = {
    state: optimiserOf(settings).init(initial),
    progress: scalars({ epochs: 0, steps: 0 }),
    order: scalars(order),
  }
  const { training } = read(() =>
    fromSafetensors(bytes, { training: { [kind]: like } }, { ignore: Object.keys(initial) }),
  )
  const { state, progress, order: was } = training[kind] as typeof like
  if (Object.entries(order).some(([name, n]) => was[name as keyof typeof was].item() !== n)) {
    const { batch, seed, rows } = was
    return {
      start: { params, state },
      said: `begins with its parameters and state, but with epoch 1: it was saved with --batch ${batch.item()} and --seed ${seed.item()}, of ${rows.item()} rows`,
    }
  }
  const far = { epochs: progress.epochs.item(), steps: progress.steps.item() }
  return { start: { params, state, ...placeOf(far) }, said: `goes on after ${written(far)}` }
}

/** Numbers by which rows have their order. */
const orderOf = ({ batch, seed }: TrainSettings, rows: number) => ({ batch, seed, rows })

const scalars = <K extends string>(numbers: Readonly<Record<K, number>>) =>
  Object.fromEntries(
    Object.entries<number>(numbers).map(([name, n]) => [name, tensor(n, { dtype: 'f64' })]),
  ) as Record<K, Tensor>

function placeOf({ epochs, steps }: Progress): Pick<Start, 'after'> {
  if (steps > 0) return { after: { epoch: epochs + 1, step: steps } }
  return epochs > 0 ? { after: { epoch: epochs } } : {}
}

function bytesIn(file: string): Uint8Array {
  try {
    return readFileSync(file)
  } catch (cause) {
    throw new OptionError({
      summary: `\`--load\` is ${JSON.stringify(file)}, which cannot be read (${String((cause as { code?: unknown }).code)}).`,
      expected: 'a file of parameters, as --save writes it',
      fix: `check the path; it is taken from ${process.cwd()}`,
      data: { option: '--load', value: file },
      cause,
    })
  }
}

function readAs<T>(file: string, read: () => T, fix?: string): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof WengertError)) throw error
    throw new OptionError({
      summary: `\`--load\` is ${JSON.stringify(file)}: ${error.parts.summary.replace('fromSafetensors: ', '')}`,
      expected: error.parts.expected,
      fix: fix ?? 'name a file that --save wrote',
      data: { option: '--load', value: file },
      cause: error,
    })
  }
}
