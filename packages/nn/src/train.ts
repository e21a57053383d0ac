import {
  checkFunction,
  checkOptions,
  rememberCaller,
  type Tensor,
  type Tree,
  WengertError,
} from '@wengert/tape'
import { checkLength, checkOptimiser, checkRows } from './arguments.js'
import { batches, shuffled } from './data/index.js'
import type { Optimiser, OptimiserState } from './optimise/index.js'

/** What {@link train} needs. It knows neither data nor workers: a function gives it the gradient of rows. */
export interface TrainOptions<P extends Tree<Tensor>> {
  /** Parameters to begin with. */
  readonly params: P
  /** Rows to learn from. */
  readonly rows: ArrayLike<number>
  /** Rows of a step; the last of an epoch may have fewer. */
  readonly batch: number
  readonly epochs: number
  /** Fixes the order of the rows in every epoch. Default 0. */
  readonly seed?: number
  readonly optimiser: Optimiser
  /** The mean loss over rows, and its gradient. */
  gradient(params: P, rows: Int32Array): Promise<{ readonly value: Tensor; readonly gradient: P }>
  /** Called after every epoch; its result is part of the event. */
  evaluate?(params: P): Promise<number>
}

const TRAIN_OPTIONS = ['params', 'rows', 'batch', 'epochs', 'seed', 'optimiser', 'gradient', 'evaluate']

/** What happened in the loop. */
export type TrainEvent<P> = TrainStep<P> | TrainEpoch<P>

/** A step was taken. */
export interface TrainStep<P> {
  readonly kind: 'step'
  /** Counted from 1. */
  readonly epoch: number
  /** Step of the epoch, counted from 1, and how many it has. */
  readonly step: number
  readonly steps: number
  /** Rows of this step. */
  readonly rows: number
  /** Mean loss over the rows before the step was taken. */
  readonly loss: number
  /** Parameters after it. */
  readonly params: P
}

/** An epoch is over. */
export interface TrainEpoch<P> {
  readonly kind: 'epoch'
  readonly epoch: number
  /** Mean loss over all its rows. */
  readonly loss: number
  /** What `evaluate` returned. */
  readonly score?: number
  readonly params: P
}

/** What training leaves. */
export interface Trained<P> {
  readonly params: P
  readonly state: OptimiserState<P>
}

/**
 * Trains, an event at a time; whoever iterates sets the pace, and stops it by leaving the loop.
 *
 * @example
 * const options = {
 *   params: tensor(0), rows: [0, 1, 2, 3], batch: 2, epochs: 1, optimiser: sgd({ rate: 0.5 }),
 *   gradient: async w => ({ value: square(w.sub(3)), gradient: w.sub(3).mul(2) }),   // (w − 3)²
 * }
 * const events = []
 * for await (const event of train(options)) events.push(event.kind)
 * events // → ['step', 'step', 'epoch']
 */
export async function* train<P extends Tree<Tensor>>(
  options: TrainOptions<P>,
): AsyncGenerator<TrainEvent<P>, Trained<P>> {
  const caller = rememberCaller()
  try {
    return yield* trained(options)
  } catch (error) {
    WengertError.locate(error, caller)
    throw error
  }
}

async function* trained<P extends Tree<Tensor>>(
  options: TrainOptions<P>,
): AsyncGenerator<TrainEvent<P>, Trained<P>> {
  const { rows, batch, epochs, seed = 0, optimiser } = checkOptions('train', options, TRAIN_OPTIONS)
  checkRows('train', rows)
  checkLength('train', '`epochs`', epochs)
  checkOptimiser('train', optimiser)
  checkFunction('train', options.gradient)
  let params = options.params
  let state = optimiser.init(params)
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const order = batches(shuffled(rows, seed, epoch), batch)
    let total = 0
    for (const [k, chosen] of order.entries()) {
      const { value, gradient } = await options.gradient(params, chosen)
      ;({ params, state } = optimiser.update(params, gradient, state))
      const loss = value.item()
      total += loss * chosen.length
      yield { kind: 'step', epoch, step: k + 1, steps: order.length, rows: chosen.length, loss, params }
    }
    const score = await options.evaluate?.(params)
    yield {
      kind: 'epoch',
      epoch,
      loss: total / rows.length,
      ...(score === undefined ? {} : { score }),
      params,
    }
  }
  return { params, state }
}
