import { defineConfig } from 'vite'
import { digits } from './digits-plugin.ts'

// SharedArrayBuffer needs a cross-origin isolated page.
const headers = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
}

export default defineConfig({
  base: './',
  plugins: [digits()],
  build: {
    target: 'es2023',
    // The engine is loaded in two pieces at once, each small enough to be cached and compiled by itself.
    rolldownOptions: {
      output: { codeSplitting: { groups: [{ name: 'kernels', test: /packages[\\/]kernels[\\/]/ }] } },
    },
  },
  worker: { format: 'es' },
  server: { headers },
  preview: { headers },
})
