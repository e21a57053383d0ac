export { TrainingBar } from './bar.js'
export { Interrupt, onInterrupt } from './interrupt.js'
export { colours, interactive, say } from './say.js'
export { table } from './table.js'
