/** The directory as the API gives it (docs/openapi.json: `CartPage`, `Histogram`). */

export interface Listed {
  readonly cart_id: string
  readonly status: 'open' | 'closed'
  readonly version: number
  readonly currency: string | null
  readonly owner_ref: string | null
  readonly lines_count: number
  readonly total_minor: number
  readonly last_event: LastEvent | null
  readonly flags: { readonly imported: boolean; readonly parked_at?: number }
}

export interface LastEvent {
  readonly name: string
  readonly time: string | null
  readonly recordedtime: string | null
}

export interface CartPage {
  readonly carts: readonly Listed[]
  readonly cursor: string | null
}

export interface Histogram {
  readonly from: string | null
  readonly to: string | null
  readonly bucket_ms: number
  readonly buckets: readonly Bucket[]
  readonly carts: number
  readonly open: number
  readonly closed: number
  readonly truncated: boolean
}

export interface Bucket {
  readonly from: string
  readonly open: number
  readonly closed: number
}

/** When a cart last changed, as the directory goes by it. */
export function changedAt({ last_event }: Listed): number {
  return Date.parse(last_event?.recordedtime ?? last_event?.time ?? '1970-01-01T00:00:00Z')
}
