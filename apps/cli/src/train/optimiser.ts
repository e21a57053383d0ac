import { adam, inPieces, PIECES_BYTES, type PiecewiseOptimiser, sgd } from '@wengert/nn'
import type { TrainSettings } from './settings.js'

type Chosen = Pick<TrainSettings, 'optimiser' | 'momentum' | 'rate' | 'arithmetic'>

/** Optimisers of which each has a state of its own kind. */
export type OptimiserKind = 'sgd' | 'momentum' | 'adam'

/** Which state the chosen optimiser has. */
export const kindOf = ({ optimiser, momentum }: Chosen): OptimiserKind =>
  optimiser === 'sgd' && momentum > 0 ? 'momentum' : optimiser

/** The chosen optimiser, within {@link PIECES_BYTES}. */
export function optimiserOf({ optimiser, momentum, rate, arithmetic }: Chosen): PiecewiseOptimiser {
  const given = rate === undefined ? {} : { rate }
  return inPieces(optimiser === 'adam' ? adam(given) : sgd({ momentum, ...given }), {
    memory: PIECES_BYTES,
    arithmetic,
  })
}
