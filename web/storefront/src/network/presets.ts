import { type Faults, NO_FAULTS } from '@tillroll/cart/testing'

/** Networks that people know. */
export const PRESETS = {
  Good: NO_FAULTS,
  Slow: { ...NO_FAULTS, latencyMs: [2_000, 3_000] },
  'On a train': {
    ...NO_FAULTS,
    latencyMs: [300, 2_500],
    lostBefore: 0.25,
    lostAfter: 0.25,
    doubled: 0.2,
    reordered: 0.2,
    unavailable: 0.1,
  },
  'Server down': { ...NO_FAULTS, latencyMs: [200, 600], unavailable: 1 },
  Offline: { ...NO_FAULTS, offline: true },
} as const satisfies Record<string, Faults>

export type Preset = keyof typeof PRESETS
export const PRESET_NAMES = Object.keys(PRESETS) as readonly Preset[]

/** Which of them it is, if it is one. */
export function presetOf(faults: Faults): Preset | null {
  const text = JSON.stringify(inOrder(faults))
  return PRESET_NAMES.find((name) => JSON.stringify(inOrder(PRESETS[name])) === text) ?? null
}

function inOrder(faults: Faults): unknown {
  return Object.entries(faults).sort(([a], [b]) => (a < b ? -1 : 1))
}
