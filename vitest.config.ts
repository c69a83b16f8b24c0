import { defineConfig } from 'vitest/config'

const resolve = { conditions: ['millrace-source', 'node', 'import', 'default'] }
const ssr = { resolve: { conditions: ['millrace-source', 'node', 'import', 'default'] } }

// Two projects: unit tests share one module graph (modules hold no mutable state, and this keeps us honest);
// tests that start processes or listen on ports run one file at a time.
export default defineConfig({
  test: {
    projects: [
      {
        resolve,
        ssr,
        test: {
          name: 'unit',
          include: ['packages/*/src/**/*.test.ts'],
          exclude: ['**/*.process.test.ts', '**/node_modules/**'],
          isolate: false,
          testTimeout: 20_000,
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'conformance',
          include: ['conformance/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 180_000,
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'serial',
          include: ['packages/*/src/**/*.process.test.ts'],
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
})
