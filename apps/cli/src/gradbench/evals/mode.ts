import { grad, jacfwd, type Tensor } from '@wengert/tape'

/** Which accumulation a derivative is by. */
export type Mode = 'forward' | 'reverse'

type Scalar = (x: Tensor) => Tensor

/** The gradient of a scalar function of one tensor, by either mode. */
export const gradientBy: Readonly<Record<Mode, (f: Scalar) => Scalar>> = {
  forward: f => jacfwd(f),
  reverse: f => grad(f),
}
