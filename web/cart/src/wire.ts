/**
 * What crosses between client and server, named as in the API's JSON (docs/openapi.json). Amounts are whole minor units
 * (cents), at most 2^53-1. Nothing here has a rule: the core decides.
 */

/** What pieces cost: `minor` for every `per` of them. */
export interface Price {
  readonly minor: number
  readonly per: number
}

/** A price as a command states it; `per` is 1 when absent. */
export interface StatedPrice {
  readonly minor: number
  readonly per?: number
}

interface RuleScope {
  /** Of this line only. */
  readonly sku?: string
  /** Worth nothing while the subtotal is below this. */
  readonly min_subtotal_minor?: number
}

/** What a discount does. */
export type Rule =
  | (RuleScope & { readonly kind: 'percent_off'; readonly basis_points: number })
  | (RuleScope & { readonly kind: 'amount_off'; readonly minor: number })

/** How a cart ends. */
export type CloseReason = 'checked_out' | 'abandoned' | 'discarded'

/** Data of each command. */
export interface CommandData {
  OpenCart: {
    readonly currency?: string | null
    readonly owner_ref?: string | null
    readonly token_hash?: string | null
  }
  ClaimCart: { readonly owner_ref: string }
  AddItem: {
    readonly item_name: string
    readonly sku?: string | null
    readonly quantity?: number | null
    readonly price?: StatedPrice | null
  }
  ChangeQuantity: { readonly sku: string; readonly quantity: number }
  RemoveItem: { readonly sku: string }
  ApplyDiscount: { readonly code: string; readonly rule?: Rule | null }
  RemoveDiscount: { readonly code: string }
  CloseCart: { readonly reason?: CloseReason | null }
}

/** Names of commands. */
export type CommandType = keyof CommandData

type OptionalData = 'OpenCart' | 'CloseCart'

/** A request to change a cart. It may be refused. */
export type Command = {
  [Type in CommandType]: Type extends OptionalData
    ? { readonly type: Type; readonly data?: CommandData[Type] }
    : { readonly type: Type; readonly data: CommandData[Type] }
}[CommandType]

/** A command with the caller's name for it, as it is sent. */
export type NamedCommand = Command & { readonly command_id: string }

interface OfCart {
  readonly shopping_cart_uuid: string
}

/** Data of each event. */
export interface EventData {
  CartOpened: OfCart & { readonly currency?: string; readonly owner_ref?: string; readonly token_hash?: string }
  CartClaimed: OfCart & { readonly owner_ref: string }
  ItemAdded: OfCart & {
    readonly item_name: string
    readonly sku?: string
    readonly quantity?: number
    readonly price?: Price
  }
  ItemQuantityChanged: OfCart & { readonly sku: string; readonly quantity: number }
  ItemRemoved: OfCart & { readonly sku: string }
  DiscountApplied: OfCart & { readonly code: string; readonly rule: Rule }
  DiscountRemoved: OfCart & { readonly code: string }
  CartClosed: OfCart & { readonly reason?: CloseReason }
}

/** A fact. */
export type CartEvent = {
  [Type in keyof EventData]: { readonly type: Type; readonly data: EventData[Type] }
}[keyof EventData]

/** A fact and its place in the cart's history. One of a newer build has a name that is none of `CartEvent`'s. */
export interface PastEvent {
  readonly version: number
  readonly type: string
  readonly data: unknown
}

/** A line as the API writes it. */
export interface Line {
  /** Its key. */
  readonly sku: string
  readonly item_name: string
  readonly quantity: number
  readonly price: Price | null
  readonly total_minor: number
}

/** A discount as the API writes it. */
export interface Discount {
  readonly code: string
  readonly rule: Rule
  /** What it takes off now. */
  readonly amount_minor: number
}

/** A cart as the API writes it. */
export interface CartState {
  readonly cart_id: string
  readonly status: 'open' | 'closed'
  readonly version: number
  readonly currency: string | null
  readonly owner_ref: string | null
  readonly lines: readonly Line[]
  readonly discounts: readonly Discount[]
  readonly subtotal_minor: number
  readonly discount_minor: number
  readonly total_minor: number
  readonly unknown_events: number
  readonly state_hash: string
}

/** One difference between two states. */
export interface Change {
  /** JSON Pointer (RFC 6901), with lines and discounts under their keys: `/lines/oat-milk/quantity`. */
  readonly path: string
  readonly from: unknown
  readonly to: unknown
}

/** Prices and discount rules as `GET /catalogue` serves them. */
export interface Catalogue {
  readonly version: string
  readonly currency: string
  readonly items: readonly { readonly sku: string; readonly item_name: string; readonly price: Price }[]
  readonly discounts: readonly { readonly code: string; readonly rule: Rule }[]
}

/** Details of each refusal: what a person needs to know. */
export interface RefusalDetails {
  cart_not_found: object
  cart_already_open: object
  cart_closed: object
  line_not_found: { readonly sku: string }
  item_unknown: { readonly sku: string }
  invalid_quantity: { readonly min: number; readonly max: number }
  invalid_name: { readonly field: string }
  invalid_price: { readonly minor_max: number; readonly per_max: number }
  invalid_discount: object
  invalid_currency: object
  too_many_lines: { readonly max: number }
  too_many_discounts: { readonly max: number }
  too_many_events: { readonly max: number }
  total_too_large: { readonly max: number }
  discount_unknown: { readonly code: string }
  discount_already_applied: { readonly code: string }
  discount_not_applied: { readonly code: string }
  discount_minimum_not_met: {
    readonly code: string
    readonly min_subtotal_minor: number
    readonly subtotal_minor: number
  }
  price_changed: { readonly sku: string; readonly from: Price; readonly to: Price }
  currency_mismatch: { readonly cart: string; readonly catalogue: string }
  not_owner: object
  command_reused: object
}

/** Codes of refusals, the same here, in the API and on the command line. */
export type RefusalCode = keyof RefusalDetails

/** The domain says no. `message` is the server's sentence, and empty when the refusal was made here. */
export type Refusal =
  | {
      [Code in RefusalCode]: { readonly code: Code; readonly message: string; readonly details: RefusalDetails[Code] }
    }[RefusalCode]
  | UnknownRefusal

/** The server turned a request away whole, or says no for a reason that this build does not know. */
export interface UnknownRefusal {
  readonly code: 'other'
  /** The code that it gave. */
  readonly said: string
  readonly message: string
  readonly details: unknown
}
