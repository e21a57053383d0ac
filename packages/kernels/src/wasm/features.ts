import { type Features, ModuleBuilder } from './module.js'
import { f32x4, v128 } from './vector.js'

let detected: Features | undefined

/**
 * What this host can do, found by validating a tiny module once.
 *
 * @example
 * typeof detectFeatures().fma // → 'boolean'
 */
export function detectFeatures(): Features {
  detected ??= { fma: WebAssembly.validate(relaxedModule()) }
  return detected
}

function relaxedModule(): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder({ fma: true })
  module.define('probe', [], [], f => {
    const x = f.local('v128')
    f.do(v128.store(0, f32x4.relaxedMadd(x, x, x)))
  })
  return module.encode({ shared: false })
}
