import { build } from '../../tsup.base.js'

export default build({ entry: ['src/index.ts', 'src/examples/index.ts'], platform: 'node' })
