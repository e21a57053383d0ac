export { diag, diagonalSum, flip, pad, part, repeat, roll, tile, tril, triu } from './arrangement.js'
export { conv2d, conv2dInputPullback, type Grouped } from './convolution.js'
export { convert, elementwise, softplus, where } from './elementwise.js'
export { erfc } from './error-function.js'
export { polygamma } from './gamma.js'
export { gather, scatterAdd, segmentMean, segmentSum, take, takeAlongAxis } from './gather.js'
export { compute, interpret, trace } from './interpret.js'
export { concat, stack, zerosLike } from './joining.js'
export {
  cholesky,
  det,
  eigenvalues,
  eigenvectorSquares,
  einsum,
  inv,
  lu,
  luPermutation,
  orderedNorm,
  pinv,
  qrQ,
  qrR,
  singularValues,
  singularVectorSquares,
  solve,
  symmetric,
  triangle,
} from './linalg.js'
export {
  at,
  broadcastTo,
  dynamicSlice,
  dynamicUpdateSlice,
  oneHot,
  reshape,
  slice,
  sumTo,
  transpose,
  unslice,
} from './movement.js'

export { argsort, searchsorted, sort } from './order.js'
export { broadcastShape, indicesOf, magnitudes, type Plain, positionOf, read } from './plain.js'
export { averagePool2d, maxPool2d } from './pool.js'
export { matmul } from './product.js'
export { bernoulli, categorical, derivedKeys, normal, permutation, randomBits, uniform } from './random.js'
export {
  all,
  any,
  argmax,
  argmin,
  cummax,
  cummin,
  cumprod,
  cumsum,
  linearRecurrence,
  logSoftmax,
  logsumexp,
  max,
  mean,
  min,
  norm,
  prod,
  softmax,
  std,
  sum,
  variance,
} from './reduction.js'
