export { enableTurbo, tryTurbo } from './turbo.js'
