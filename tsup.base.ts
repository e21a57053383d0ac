import { defineConfig, type Options } from 'tsup'

/** What every build has in common. Declarations come from the TypeScript compiler, not from here. */
export function build(options: Options) {
  return defineConfig({
    format: 'esm',
    target: 'es2023',
    platform: 'neutral',
    sourcemap: true,
    clean: true,
    dts: false,
    removeNodeProtocol: false,
    esbuildOptions: esbuild => {
      // Comments and spaces are a quarter of what a host reads before anything runs. Names stay, for stacks.
      esbuild.minifyWhitespace = true
      esbuild.minifySyntax = true
      // The line that throws is printed by Node with an error that nobody catches.
      esbuild.lineLimit = 120
      // A file imported for its effects would vanish without an error where package.json says it has none.
      esbuild.logOverride = { 'ignored-bare-import': 'error' }
    },
    ...options,
  })
}
