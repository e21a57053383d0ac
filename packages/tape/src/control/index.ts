export { cond } from './cond.js'
export { forLoop } from './for-loop.js'
export { type ScanLoopOptions, scan } from './scan.js'
export { type WhileLoopOptions, whileLoop } from './while-loop.js'
