// The only list of ops, a line a file. Every function exported from these files is a free function of the package
// and, since it takes a tensor first, a method of Tensor.
export * from './arithmetic.js'
export * from './comparison.js'
export * from './conv2d.js'
export * from './convert.js'
export * from './exponential.js'
export * from './matmul.js'
export * from './max-pool2d.js'
export * from './reduction.js'
export * from './shape.js'
export * from './softmax.js'
export * from './trigonometric.js'
export * from './where.js'
