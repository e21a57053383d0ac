import { defaultServerConditions } from 'vite'
import { defineConfig } from 'vitest/config'

// Unit tests read the workspace packages from their sources, so that they need no build.
const conditions = ['@wengert/source', ...defaultServerConditions]

export default defineConfig({
  test: {
    silent: 'passed-only',
    maxWorkers: '100%',
    projects: [
      {
        resolve: { conditions },
        ssr: { resolve: { conditions } },
        test: {
          name: 'unit',
          include: ['packages/*/src/**/*.test.ts', 'apps/*/src/**/*.test.ts', 'bench/src/**/*.test.ts'],
          testTimeout: 120_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        // Integration tests run what is published: dist, resolved and loaded by Node itself.
        test: {
          name: 'integration',
          include: ['test/**/*.test.ts'],
          server: { deps: { external: [/\/dist\//] } },
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
