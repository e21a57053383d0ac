export {
  checkInitialise,
  glorotUniform,
  heUniform,
  type InitialiseOptions,
  uniformWeights,
} from './initialise.js'
export { permutationOf } from './permutation.js'
export { type RandomOptions, randomWords } from './words.js'
