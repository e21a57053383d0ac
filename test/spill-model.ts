import { forLoop, type Tensor, tensor } from '@wengert/tape'

/** Steps of a loop over 80 kB a row, whose states are 8 MB. */
export const loss = (rate: Tensor, { x }: { readonly x: Tensor }) =>
  forLoop(100, (_, s: Tensor) => s.mul(s).mul(rate).add(0.05).sqrt(), x).sum({ axis: 1 })

export const params = tensor(0.9)

export const batch = {
  x: tensor(Float32Array.from({ length: 6 * 20_000 }, (_, k) => 0.1 + (k % 7919) / 7919)).reshape([
    6, 20_000,
  ]),
}

/** Bytes of one lane that are a few states. */
export const LANE_BYTES = 1.5 * 2 ** 20

export const bitsOf = ({ value, gradient }: { readonly value: Tensor; readonly gradient: Tensor }): string =>
  JSON.stringify([value.item(), gradient.item()])
