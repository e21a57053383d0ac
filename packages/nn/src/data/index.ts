export { digits, type Labelled } from './digits.js'
export { batches, type Split, shuffled, split } from './order.js'
