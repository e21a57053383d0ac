import { minify } from 'terser'
import { defineConfig, type Options } from 'tsup'
import { eager } from './tsup.eager.js'

type Plugin = NonNullable<Options['plugins']>[number]

/** A host reads all of a file before anything runs, and much of it again when it runs for the first time. */
const terser: Plugin = {
  name: 'terser',
  async renderChunk(code, { path }) {
    if (!path.endsWith('.js')) return
    const { code: shorter = '', map } = await minify(
      { [path]: code },
      {
        module: true,
        compress: false,
        // Names that stacks show stay: those of functions of a module, of classes and of methods.
        mangle: { toplevel: false, module: false, keep_classnames: true },
        // In parentheses, what is given to a function is compiled with the function around it, not twice.
        format: { wrap_func_args: true, max_line_len: 120 },
        sourceMap: true,
      },
    )
    return { code: shorter, map: map as string }
  },
}

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
    plugins: [terser, eager()],
    esbuildOptions: esbuild => {
      esbuild.minifySyntax = true
      // A file imported for its effects would vanish without an error where package.json says it has none.
      esbuild.logOverride = { 'ignored-bare-import': 'error' }
    },
    ...options,
  })
}
