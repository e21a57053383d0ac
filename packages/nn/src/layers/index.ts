export { type ConvolutionParams, convolution } from './convolution.js'
export { type DenseParams, dense } from './dense.js'
export { dropout } from './dropout.js'
export { flatRows, globalAverage } from './shape.js'
