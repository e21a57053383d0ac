// npm run build: install and build every package.
import { prepare } from './workspace.mjs'

await prepare()
