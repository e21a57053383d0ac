export { Residents } from './residents.js'
export { type Given, type Resumed, resume, settle } from './resume.js'
export type { Value } from './value.js'
