// npm run docs: install, and write the API reference to docs/api.
import { install, pnpm } from './workspace.mjs'

const installed = await install({ quiet: true })
process.exitCode = installed === 0 ? await pnpm(['--dir', 'docs', 'run', 'api']) : installed
