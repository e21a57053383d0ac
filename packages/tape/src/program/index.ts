export * from './aval.js'
export * from './bytes.js'
export { allocate, type Data, dataFrom, viewOf } from './data.js'
export type { Constant, Instruction, Json, Params, Program } from './program.js'
