import {
  checkArgument,
  checkFunction,
  checkOptions,
  rememberCaller,
  type Tensor,
  type TreeOf,
  WengertError,
} from '@wengert/tape'
import { checkLength, checkOptimiser, checkRows } from './arguments.js'
import { batches, shuffled } from './data/index.js'
import type { Optimiser, OptimiserState } from './optimise/index.js'

/** What {@link train} needs. It knows neither data nor workers: a function gives it the gradient of rows. */
export interface TrainOptions<P extends TreeOf<P>> {
  /** Parameters to begin with. */
  readonly params: P
  /** Rows to learn from. */
  readonly rows: ArrayLike<number>
  /** Rows of a step; the last of an epoch may have fewer. */
  readonly batch: number
  /** Number of the last epoch. */
  readonly epochs: number
  /** Fixes the order of the rows in every epoch. Default 0. */
  readonly seed?: number
  readonly optimiser: Optimiser
  /** State of the optimiser to begin with, as an event has it. Default: that before any step. */
  readonly state?: OptimiserState<P> | undefined
  /**
   * What was learnt before, such as an event: with the parameters and the state of it, and otherwise the same options, training
   * goes on behind it with the events that it would have had, to the bit. Behind the last step of an epoch its end comes next.
   */
  readonly after?: TrainPlace | undefined
  /** The mean loss over rows, and its gradient. */
  gradient(params: P, rows: Int32Array): Promise<{ readonly value: Tensor; readonly gradient: P }>
  /** Called after every epoch; its result is part of the event. */
  evaluate?(params: P): Promise<number>
}

const TRAIN_OPTIONS = [
  ...['params', 'rows', 'batch', 'epochs', 'seed', 'optimiser', 'state', 'after', 'gradient', 'evaluate'],
]

/** How far training has come. */
export interface TrainPlace {
  /** Counted from 1. */
  readonly epoch: number
  /** The last step of the epoch that was taken, counted from 1; absent if the epoch is over. */
  readonly step?: number
  /** What the loss of the epoch has come to; without it, that is the loss of the rows that are left. */
  readonly learnt?: Learnt
}

/** What the loss of an epoch is the mean of, as far as it has come. */
export interface Learnt {
  /** Rows that were learnt from. */
  readonly rows: number
  /** Sum of their losses. */
  readonly lossSum: number
}

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
  /** What the loss of the epoch has come to, this step included. */
  readonly learnt: Learnt
  /** Parameters after it. */
  readonly params: P
  /** State of the optimiser after it. */
  readonly state: OptimiserState<P>
}

/** An epoch is over. */
export interface TrainEpoch<P> {
  readonly kind: 'epoch'
  readonly epoch: number
  /**
   * Mean loss over all its rows. If training began within it, at a place that did not say what was learnt: over the rows that
   * were left, and NaN if none were.
   */
  readonly loss: number
  /** What `evaluate` returned. */
  readonly score?: number
  readonly params: P
  readonly state: OptimiserState<P>
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
 *
 * const { value: half } = await train(options).next()
 * const { params, state } = half
 * const { value: next } = await train({ ...options, params, state, after: half }).next()
 * next.step // → 2
 */
export async function* train<P extends TreeOf<P>>(
  options: TrainOptions<P>,
): AsyncGenerator<TrainEvent<P>, Trained<P>> {
  const caller = rememberCaller()
  try {
    return yield* trained(options)
  } catch (error) {
    throw WengertError.located(error, caller)
  }
}

async function* trained<P extends TreeOf<P>>(
  options: TrainOptions<P>,
): AsyncGenerator<TrainEvent<P>, Trained<P>> {
  const { rows, batch, epochs, seed = 0, optimiser, after } = checkOptions('train', options, TRAIN_OPTIONS)
  checkRows('train', rows)
  checkLength('train', '`epochs`', epochs)
  checkOptimiser('train', optimiser)
  checkFunction('train', options.gradient)
  let { params, state = optimiser.init(params) } = options
  let { epoch, taken, learnt } = nextOf(after)
  for (; epoch <= epochs; epoch++, taken = 0, learnt = NOTHING) {
    const order = batches(shuffled(rows, seed, epoch), batch)
    for (const [k, chosen] of order.entries()) {
      if (k < taken) continue
      const { value, gradient } = await options.gradient(params, chosen)
      ;({ params, state } = optimiser.update(params, gradient, state))
      const loss = value.item()
      learnt = { rows: learnt.rows + chosen.length, lossSum: learnt.lossSum + loss * chosen.length }
      yield {
        ...{ kind: 'step', epoch, step: k + 1, steps: order.length, rows: chosen.length, loss, learnt },
        ...{ params, state },
      }
    }
    const score = await options.evaluate?.(params)
    yield {
      kind: 'epoch',
      epoch,
      loss: learnt.lossSum / learnt.rows,
      ...(score === undefined ? {} : { score }),
      params,
      state,
    }
  }
  return { params, state }
}

const NOTHING: Learnt = { rows: 0, lossSum: 0 }

/** The epoch to go on with, how many of its steps were taken, and what they came to. */
function nextOf(after: TrainPlace | undefined): { epoch: number; taken: number; learnt: Learnt } {
  if (after === undefined) return { epoch: 1, taken: 0, learnt: NOTHING }
  const { epoch, step, learnt = NOTHING } = Object(after) as TrainPlace
  const fits =
    isCount(epoch, 1) &&
    (step === undefined || isCount(step, 0)) &&
    isCount(learnt?.rows, 0) &&
    typeof learnt.lossSum === 'number'
  checkArgument('train', '`after`', after, fits, 'an event, or { epoch, step } as whole numbers')
  return step === undefined ? { epoch: epoch + 1, taken: 0, learnt: NOTHING } : { epoch, taken: step, learnt }
}

const isCount = (n: unknown, least: number): boolean => Number.isInteger(n) && (n as number) >= least
