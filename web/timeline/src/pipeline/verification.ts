/** A verification, and its findings by when the events were recorded; no drawing. */

export interface Verification {
  readonly id: string
  readonly phase: 'reading' | 'waiting' | 'comparing' | 'repairing' | 'finished' | 'failed'
  readonly events_read: number
  readonly objects_read: number
  readonly rows_read: number
  readonly started_at: string
  readonly finished_at: string | null
  readonly error?: string
  readonly repair?: Repair
  readonly ok?: boolean
  readonly carts?: number
  readonly events?: number
  readonly findings?: readonly Finding[]
  readonly findings_total?: number
  readonly on_their_way?: Readonly<Record<string, number>>
  readonly filtered?: Readonly<Record<string, unknown>>
  readonly slices?: readonly { readonly from: string; readonly to: string; readonly events: number }[]
  readonly summary?: readonly Kind[]
}

/** What a repair did, or would do. */
export interface Repair {
  readonly dry_run: boolean
  readonly events_republished: number
  readonly rows_rebuilt: number
  readonly rows_left: number
}

export interface Finding {
  readonly hop: string
  readonly cart?: string
  readonly version?: number
  readonly recorded_at?: string
  readonly object?: string
  readonly kind: FindingKind
  readonly reason?: string
}

export interface Kind {
  readonly hop: string
  readonly kind: FindingKind
  readonly findings: number
  readonly advice: string
}

export const KINDS = ['missing', 'doubled', 'different', 'damaged'] as const
export type FindingKind = (typeof KINDS)[number]

export function isOver({ phase }: Verification): boolean {
  return phase === 'finished' || phase === 'failed'
}

/** One stretch of time: what the table has of it, and what does not agree. */
export interface Slice {
  /** In the address: where it begins, or `unknown`. */
  readonly key: string
  readonly from: number | null
  readonly to: number | null
  readonly events: number | null
  readonly found: Readonly<Record<FindingKind, number>>
}

/** Newest first; what cannot be dated comes last. */
export function slices({ slices = [], findings = [] }: Verification): readonly Slice[] {
  const dated = slices.map(({ from, to, events }) => ({
    key: from,
    from: Date.parse(from),
    to: Date.parse(to),
    events,
    found: { ...NONE },
  }))
  const undated = { key: 'unknown', from: null, to: null, events: null, found: { ...NONE } }
  for (const finding of findings) {
    const slice = dated.find((slice) => isWithin(finding, slice)) ?? undated
    slice.found[finding.kind] += 1
  }
  const rest = KINDS.some((kind) => undated.found[kind] > 0) ? [undated] : []
  return [...dated.reverse(), ...rest]
}

const NONE: Record<FindingKind, number> = { missing: 0, doubled: 0, different: 0, damaged: 0 }

function isWithin({ recorded_at }: Finding, { from, to }: { from: number; to: number }): boolean {
  const at = Date.parse(recorded_at ?? '')
  return at >= from && at < to
}

/** The findings behind a number of the table: all of them when nothing is chosen. */
export function behind(of: Verification, slice: string, kind: string): readonly Finding[] {
  const all = slices(of)
  const keyOf = (finding: Finding) => {
    const within = all.find(({ from, to }) => from !== null && to !== null && isWithin(finding, { from, to }))
    return within?.key ?? 'unknown'
  }
  return (of.findings ?? []).filter(
    (finding) => (kind === '' || finding.kind === kind) && (slice === '' || keyOf(finding) === slice),
  )
}
