import {
  type AvalsOf,
  checkArgument,
  checkFunction,
  checkOptions,
  enableTurbo,
  rememberCaller,
  type Tensor,
  type TreeOf,
  WengertError,
} from '@wengert/tape'
import { callOf, outlineOf } from './call.js'
import { Engine } from './engine.js'
import { closed } from './errors.js'
import { type CallExplanation, explainGradient, explainMap } from './explain.js'
import { type GradientDetails, type GradientResult, startGradient } from './gradient.js'
import { startMap } from './map.js'
import { type RowFunction, recordGradient, recordMap, type Signature, signatureKey } from './objective.js'
import { type SchedulerOptions, type Settings, settingsOf } from './options.js'
import { type Compilation, kept, Plans } from './plans.js'
import type { Platform } from './platform.js'
import type { Rows } from './rows.js'
import { Turns } from './turns.js'

/** What a call may say besides its arguments. */
export interface CallOptions {
  /** Which rows of the batch are computed, in this order. Default: all. */
  readonly rows?: Rows | undefined
  /** Gives the call up. */
  readonly signal?: AbortSignal | undefined
}

/** What a gradient call may say besides its arguments. */
export interface GradientOptions extends CallOptions, GradientDetails {
  /** f32[rows], one weight a row, in the order of the rows of the call. Default: ones. */
  readonly weights?: Tensor | undefined
}

/** Bytes of a scheduler. */
export interface SchedulerMemory {
  /** The budget, or null if there is no cap. */
  readonly budgetBytes: number | null
  /** Most bytes of arenas and parcels at a time, as measured. */
  readonly peakBytes: number
}

/** Computes over the rows of batches on all lanes; made by `createScheduler`. */
export interface Scheduler<P, B> {
  /** Worker threads; 0 if the thread that calls computes. */
  readonly workers: number
  /** Whether V8's re-vectoriser was asked for and is on. */
  readonly turbo: boolean
  readonly memory: SchedulerMemory
  /**
   * The loss over all rows and its gradient. The bits depend on program and batch alone, not on workers, budget
   * or faults. Calls are served one after the other.
   *
   * @param params a tree of f32 and f64 tensors.
   * @param batch a tree of tensors with the same first dimension, one entry a row.
   * @throws ShapeError for a batch or loss that does not fit; BudgetError if the budget is too small;
   * SpillError if states cannot be spilled or read back; {@link LaneError} if lanes keep dying; {@link ClosedError} after `close`; the reason of an aborted signal.
   */
  valueAndGrad(params: P, batch: B, options?: GradientOptions): Promise<GradientResult<P>>
  /**
   * How the next call of {@link Scheduler.valueAndGrad} with such arguments would be run: the shards, the lanes that take them,
   * what the budget is divided into, and the plan of a shard, whose values know the lines of the loss that they come from.
   * Nothing is run, and no call is waited for.
   *
   * @param params as of the call; avals will do in place of tensors.
   * @param batch likewise.
   * @throws ShapeError and BudgetError as the call does, {@link ClosedError} after `close`.
   */
  explain(params: AvalsOf<P>, batch: AvalsOf<B>, options?: Pick<CallOptions, 'rows'>): CallExplanation
  /**
   * Computes a function of rows for all rows, in the same lanes and under the same budget.
   *
   * @param fn returns a tree of tensors with one entry a row in the first dimension.
   * @throws as {@link Scheduler.valueAndGrad} does.
   */
  map<Q, C, R extends TreeOf<R>>(
    fn: (params: Q, batch: C) => R,
    params: Q,
    batch: C,
    options?: CallOptions,
  ): Promise<R>
  /**
   * How the next call of {@link Scheduler.map} with such arguments would be run, as {@link Scheduler.explain} says it of a
   * gradient.
   *
   * @param params as of the call; avals will do in place of tensors.
   * @param batch likewise.
   * @throws as {@link Scheduler.explain} does.
   */
  explainMap<Q, C, R extends TreeOf<R>>(
    fn: (params: Q, batch: C) => R,
    params: AvalsOf<Q>,
    batch: AvalsOf<C>,
    options?: Pick<CallOptions, 'rows'>,
  ): CallExplanation
  /** Ends the workers. Calls that are under way or waiting reject with a {@link ClosedError}. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** @throws OptionError for anything else than a signal; it may be one of another realm. */
function checkSignal(owner: string, signal: unknown): void {
  const fits = signal === undefined || typeof Object(signal).throwIfAborted === 'function'
  checkArgument(owner, '`signal`', signal, fits, 'an AbortSignal')
}

/** Starts a scheduler on a host. */
export async function openScheduler<P, B>(
  loss: (params: P, batch: B) => Tensor,
  options: SchedulerOptions,
  platform: Platform,
): Promise<Scheduler<P, B>> {
  checkFunction('createScheduler', loss)
  const settings = settingsOf(options, platform)
  const caller = rememberCaller()
  // Lanes run modules that are compiled here, so it is turned on here alone, before any of them is.
  const turbo = settings.turbo && enableTurbo()
  const engine = await Engine.open(settings, platform).catch(error => {
    throw WengertError.located(error, caller)
  })
  return new LaneScheduler<P, B>(loss as RowFunction, { ...settings, turbo }, engine)
}

class LaneScheduler<P, B> implements Scheduler<P, B> {
  readonly #loss: RowFunction
  readonly #settings: Settings
  readonly #engine: Engine
  readonly #turns = new Turns()
  readonly #gradients = new Map<string, Plans>()
  readonly #maps = new WeakMap<RowFunction, Map<string, Plans>>()
  #closing: Promise<void> | undefined

  constructor(loss: RowFunction, settings: Settings, engine: Engine) {
    this.#loss = loss
    this.#settings = settings
    this.#engine = engine
  }

  get workers(): number {
    return this.#settings.workers
  }

  get turbo(): boolean {
    return this.#settings.turbo
  }

  get memory(): SchedulerMemory {
    return { budgetBytes: this.#settings.budgetBytes ?? null, peakBytes: this.#engine.peakBytes }
  }

  async valueAndGrad(params: P, batch: B, options: GradientOptions = {}): Promise<GradientResult<P>> {
    checkOptions('valueAndGrad', options, ['rows', 'signal', 'weights', 'onProgress'])
    const { onProgress } = options
    const listens = onProgress === undefined || typeof onProgress === 'function'
    checkArgument('valueAndGrad', '`onProgress`', onProgress, listens, 'a function')
    checkSignal('valueAndGrad', options.signal)
    const call = callOf(params, batch, options.rows)
    return this.#turns.take(options.signal, () => {
      const plans = this.#plansOf(this.#gradients, call.signature, recordGradient, this.#loss)
      return startGradient<P>(this.#engine, this.#settings, plans, call, options)
    })
  }

  explain(params: AvalsOf<P>, batch: AvalsOf<B>, options: Pick<CallOptions, 'rows'> = {}): CallExplanation {
    checkOptions('explain', options, ['rows'])
    if (this.#closing) throw closed()
    const outline = outlineOf(params, batch, options.rows)
    const plans = this.#plansOf(this.#gradients, outline.signature, recordGradient, this.#loss)
    return explainGradient(this.#engine, this.#settings, plans, outline)
  }

  async map<Q, C, R extends TreeOf<R>>(
    fn: (params: Q, batch: C) => R,
    params: Q,
    batch: C,
    options: CallOptions = {},
  ): Promise<R> {
    checkFunction('map', fn)
    checkOptions('map', options, ['rows', 'signal'])
    checkSignal('map', options.signal)
    const mapped = fn as RowFunction
    const call = callOf(params, batch, options.rows, 'map')
    return this.#turns.take(options.signal, () =>
      startMap<R>(this.#engine, this.#plansOfMap(mapped, call.signature), call),
    )
  }

  explainMap<Q, C, R extends TreeOf<R>>(
    fn: (params: Q, batch: C) => R,
    params: AvalsOf<Q>,
    batch: AvalsOf<C>,
    options: Pick<CallOptions, 'rows'> = {},
  ): CallExplanation {
    checkFunction('explainMap', fn)
    checkOptions('explainMap', options, ['rows'])
    if (this.#closing) throw closed()
    const outline = outlineOf(params, batch, options.rows, 'explainMap')
    const plans = this.#plansOfMap(fn as RowFunction, outline.signature)
    return explainMap(this.#engine, this.#settings, plans, outline)
  }

  close(): Promise<void> {
    this.#closing ??= this.#end()
    return this.#closing
  }

  /** A lane that was being revived has a new worker only afterwards, so workers are ended twice. */
  async #end(): Promise<void> {
    const idle = this.#turns.close()
    await this.#engine.close()
    await idle
    await this.#engine.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #plansOfMap(fn: RowFunction, signature: Signature): Plans {
    const known = this.#maps.get(fn) ?? new Map<string, Plans>()
    this.#maps.set(fn, known)
    return this.#plansOf(known, signature, recordMap, fn)
  }

  #plansOf(
    known: Map<string, Plans>,
    signature: Signature,
    record: typeof recordMap,
    fn: RowFunction,
  ): Plans {
    const { arithmetic, workers, transport, spillBytes } = this.#settings
    const shared = workers > 0 && transport === 'shared'
    const compilation: Compilation = { arithmetic, shared, spillBytes }
    const make = () =>
      new Plans((rows, wholes) => record(fn, signature, rows, wholes), signature, compilation)
    return kept(known, signatureKey(signature), make)
  }
}
