export { glorotUniform, heUniform, type InitialiseOptions, uniform } from './initialise.js'
export { permutation } from './permutation.js'
export { type RandomOptions, randomWords } from './words.js'
