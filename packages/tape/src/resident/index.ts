export { Residents, type ResidentsOptions } from './residents.js'
export { type Given, type Resumed, resume, settle } from './resume.js'
export type { Storage, Value } from './value.js'
