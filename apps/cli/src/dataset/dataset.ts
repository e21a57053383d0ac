import { type ErrorParts, type Tensor, WengertError } from '@wengert/tape'

/** Rows with labels, and which of them are to learn from. */
export interface Dataset {
  readonly name: string
  /** f32[rows, features] */
  readonly x: Tensor
  /** i32[rows], from 0 to classes − 1 */
  readonly y: Tensor
  readonly classes: number
  readonly train: Int32Array
  readonly test: Int32Array
}

/** Data that cannot be learnt from: where it is, and what is wrong with it. */
export class DataError extends WengertError {
  static {
    this.prototype.name = 'DataError'
  }

  constructor(parts: ErrorParts) {
    super('DATA', parts)
  }
}
