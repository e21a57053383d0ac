export { branch, repeat, repeatWhile } from './drivers.js'
export { type TransferSpec, transfer } from './transfer.js'
