export { Residents } from './residents.js'
export { bringToPlace, type Given, type Resumed, resume, runsOn } from './resume.js'
export type { Value } from './value.js'
