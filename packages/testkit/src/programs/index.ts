export { type RandomProgram, randomPrograms } from './programs.js'
