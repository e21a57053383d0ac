// npm run check: everything npm test does except the tests.
import { runChecks } from './checks.mjs'

const { passed, failed } = await runChecks()
console.log(`\n${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0
