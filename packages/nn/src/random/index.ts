export { glorotUniform, heUniform, type InitialiseOptions, uniform } from './initialise.js'
export { permutation } from './permutation.js'
export { philox, type Words4 } from './philox.js'
export { type RandomOptions, randomWords } from './words.js'
