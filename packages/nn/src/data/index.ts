export { digits, type Labelled, splitDigits } from './digits.js'
export { batches, type Split, shuffled, splitRows } from './order.js'
