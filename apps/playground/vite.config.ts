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
  build: { target: 'es2023' },
  worker: { format: 'es' },
  server: { headers },
  preview: { headers },
})
