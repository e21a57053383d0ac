import { build } from '../tsup.base.js'

export default build({
  // Every engine is a program of its own, beside the library that starts it.
  entry: {
    index: 'src/index.ts',
    'wengert-process': 'src/wengert-process.ts',
    'tfjs-process': 'src/peers/tfjs.ts',
    'jax-js-process': 'src/peers/jax-js.ts',
  },
  platform: 'node',
  // The rules of tfjs's gradients are not in its build for Node. They find the engine through a global, so that they may
  // be bundled while the rest is loaded as it is.
  external: [/^@jax-js\//, /^@tensorflow\/(?!tfjs-core\/dist\/)/],
})
