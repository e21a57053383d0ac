export { enableTurbo } from './turbo.js'
