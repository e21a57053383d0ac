export { digits, type Labelled, splitDigits } from './digits.js'
export { batches, type Split, shuffled, split } from './order.js'
