import type { FloatDType, Tensor, TreeOf } from '@wengert/tape'

/** A model: parameters from a seed, and a pure function of parameters and rows. */
export interface Model<P extends TreeOf<P>> {
  /** New parameters; equal seeds give equal bits on every host. */
  init(seed: number, options?: ModelOptions): P
  /** The model's output, a row for each row of x. */
  apply(params: P, x: Tensor): Tensor
}

/** How parameters are made. */
export interface ModelOptions {
  /** Default f32. */
  readonly dtype?: FloatDType
}
