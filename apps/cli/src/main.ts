import { holdSignals, releaseSignals } from './early.js'

// Before anything else is loaded, which takes a while.
holdSignals()
const { run } = await import('./run.js')
// By then the command has begun, and took the signal if it is one that can be interrupted.
setImmediate(releaseSignals)
process.exitCode = await run(process.argv.slice(2))
