import { bernoulli, callerLocation, checkTensor, mul, OptionError, type Tensor, where } from '@wengert/tape'

/**
 * Each element is dropped (0) with probability `rate`, or else divided by 1 − rate, so that its mean stays what it is
 * (Srivastava et al. 2014, JMLR 15). Which ones is a function of the key: use another one for each layer and step.
 *
 * A loss that a scheduler computes may not draw with one key for all rows, since each shard would draw the same. Each row has a
 * key of its own, folded from its index: `vmap((x, index) => dropout(foldIn(key, index), x, rate))(batch.x, batch.index)`. Where
 * the key depends on the step, rows carry their keys as data, i32[rows, 2]: `foldIn(stepKey, indices)`.
 *
 * @param rate from 0, which keeps everything, to below 1
 * @throws OptionError for another rate; ShapeError and DTypeError unless it is a key.
 * @example
 * const x = tensor([1, 2, 3, 4])
 * dropout(randomKey(1), x, 0).toArray() // → [1, 2, 3, 4]
 * dropout(randomKey(1), x, 0.5).div(x).toArray().every(scale => scale === 0 || scale === 2) // → true
 * const rows = tensor([[1, 2], [3, 4]])
 * const keys = foldIn(randomKey(1), tensor([0, 1], { dtype: 'i32' }))
 * vmap((key, row) => dropout(key, row, 0.5))(keys, rows).shape // → [2, 2]
 */
export function dropout(key: Tensor, x: Tensor, rate: number): Tensor {
  checkTensor('dropout', 'the key', key, 'make one of a seed: randomKey(7)')
  checkTensor('dropout', 'x', x)
  if (!(rate >= 0 && rate < 1)) {
    throw new OptionError({
      summary: `dropout: rate ${rate}.`,
      expected: 'a probability from 0 to below 1',
      at: callerLocation(),
      data: { option: 'rate' },
    })
  }
  const kept = bernoulli(key, 1 - rate, x.shape)
  return rate === 0 ? x : where(kept, mul(x, 1 / (1 - rate)), 0)
}
