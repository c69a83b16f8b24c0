import { defineConfig } from 'vitest/config'

const resolve = { conditions: ['millrace-source', 'node', 'import', 'default'] }
const ssr = { resolve: { conditions: ['millrace-source', 'node', 'import', 'default'] } }

// Unit tests share one module graph (modules hold no mutable state, and this keeps us honest). Tests that start processes
// or listen on ports come behind them, two files at a time: mostly they wait, each for processes of its own.
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
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
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
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
})
