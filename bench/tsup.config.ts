import { build } from '../tsup.base.js'

export default build({ entry: ['src/index.ts', 'src/wengert-process.ts'], platform: 'node' })
