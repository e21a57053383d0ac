export {
  checkInitialise,
  glorotUniform,
  heUniform,
  INITIALISE_OPTIONS,
  type InitialiseOptions,
  uniformWeights,
} from './initialise.js'
export { permutationOf } from './permutation.js'
export { type RandomOptions, randomWords } from './words.js'
