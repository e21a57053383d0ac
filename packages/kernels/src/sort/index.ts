export { type ArgsortSpec, argsort } from './argsort.js'
export { type SearchSpec, searchSorted } from './search.js'
