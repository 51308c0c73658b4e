// Written by `cargo xtask types` from host-web/src/types: do not change it by hand. What crosses between JavaScript and the
// wasm: each type, and beside it what converts it.
import { type Adjacent, adjacent, bytes, type Codec, instant, integer, json, list, most, named, nullable, object, or, real, shared, skipped, tagged, text, truth, whole, words } from './codec.js'

/** An event of a newer build. */
export interface UnknownEvent {
  readonly type: string
  readonly data: unknown
}

export interface OpenCart {
  /** Three capital letters; the catalogue's currency when absent. */
  readonly currency: string | null
  /** The owner, if there is one already. */
  readonly owner_ref: string | null
  /** SHA-256 of the cart's token, 64 lower-case hexadecimal digits. */
  readonly token_hash: string | null
}
/** What may be given for one. */
export interface GivenOpenCart {
  /** Three capital letters; the catalogue's currency when absent. */
  readonly currency?: string | null
  /** The owner, if there is one already. */
  readonly owner_ref?: string | null
  /** SHA-256 of the cart's token, 64 lower-case hexadecimal digits. */
  readonly token_hash?: string | null
}
export const openCart: Codec<OpenCart> = object({ currency: nullable(text), owner_ref: nullable(text), token_hash: nullable(text) }, true)

export interface ClaimCart {
  /** The owner. */
  readonly owner_ref: string
}
export const claimCart: Codec<ClaimCart> = object({ owner_ref: text }, true)

/** A price as it is stated. */
export interface StatedPrice {
  /** Minor units for `per` pieces. */
  readonly minor: number
  /** Pieces; 1 when absent. */
  readonly per: number
}
/** What may be given for one. */
export interface GivenStatedPrice {
  /** Minor units for `per` pieces. */
  readonly minor: number
  /** Pieces; 1 when absent. */
  readonly per?: number
}
export const statedPrice: Codec<StatedPrice> = object({ minor: integer, per: or(integer, 1) }, true)

export interface AddItem {
  /** What the shopper calls it. */
  readonly item_name: string
  /** Key of the line; the item's name when absent. */
  readonly sku: string | null
  /** Pieces; 1 when absent. */
  readonly quantity: number | null
  /** What the caller believes it costs. */
  readonly price: StatedPrice | null
}
/** What may be given for one. */
export interface GivenAddItem {
  /** What the shopper calls it. */
  readonly item_name: string
  /** Key of the line; the item's name when absent. */
  readonly sku?: string | null
  /** Pieces; 1 when absent. */
  readonly quantity?: number | null
  /** What the caller believes it costs. */
  readonly price?: GivenStatedPrice | null
}
export const addItem: Codec<AddItem> = object({ item_name: text, sku: nullable(text), quantity: nullable(integer), price: nullable(statedPrice) }, true)

export interface ChangeQuantity {
  /** The line. */
  readonly sku: string
  /** Its quantity from now on. */
  readonly quantity: number
}
export const changeQuantity: Codec<ChangeQuantity> = object({ sku: text, quantity: integer }, true)

export interface RemoveItem {
  /** The line. */
  readonly sku: string
}
export const removeItem: Codec<RemoveItem> = object({ sku: text }, true)

export type RuleKind = 'percent_off' | 'amount_off'
export const ruleKind: Codec<RuleKind> = words(['percent_off', 'amount_off'])

/** A discount rule as it is stated. */
export interface StatedRule {
  readonly kind: RuleKind
  /** For `percent_off`: 1 to 10,000. */
  readonly basis_points: number | null
  /** For `amount_off`: at least 1. */
  readonly minor: number | null
  /** Only off this line. */
  readonly sku: string | null
  /** Only while the subtotal is at least this. */
  readonly min_subtotal_minor: number | null
}
/** What may be given for one. */
export interface GivenStatedRule {
  readonly kind: RuleKind
  /** For `percent_off`: 1 to 10,000. */
  readonly basis_points?: number | null
  /** For `amount_off`: at least 1. */
  readonly minor?: number | null
  /** Only off this line. */
  readonly sku?: string | null
  /** Only while the subtotal is at least this. */
  readonly min_subtotal_minor?: number | null
}
export const statedRule: Codec<StatedRule> = object({ kind: ruleKind, basis_points: nullable(integer), minor: nullable(integer), sku: nullable(text), min_subtotal_minor: nullable(integer) }, true)

export interface ApplyDiscount {
  /** The code. */
  readonly code: string
  /** What it does; only an import states it, otherwise the catalogue says. */
  readonly rule: StatedRule | null
}
/** What may be given for one. */
export interface GivenApplyDiscount {
  /** The code. */
  readonly code: string
  /** What it does; only an import states it, otherwise the catalogue says. */
  readonly rule?: GivenStatedRule | null
}
export const applyDiscount: Codec<ApplyDiscount> = object({ code: text, rule: nullable(statedRule) }, true)

export interface RemoveDiscount {
  /** The code. */
  readonly code: string
}
export const removeDiscount: Codec<RemoveDiscount> = object({ code: text }, true)

/** How a cart ended. */
export type CloseReason = 'checked_out' | 'abandoned' | 'discarded'
export const closeReason: Codec<CloseReason> = words(['checked_out', 'abandoned', 'discarded'])

export interface CloseCart {
  /** How it ended. */
  readonly reason: CloseReason | null
}
/** What may be given for one. */
export interface GivenCloseCart {
  /** How it ended. */
  readonly reason?: CloseReason | null
}
export const closeCart: Codec<CloseCart> = object({ reason: nullable(closeReason) }, true)

/** Something to ask of a cart. */
export type Command =
  /** Take a cart. */
  | { readonly type: 'OpenCart'; readonly data: OpenCart }
  /** Become its owner. */
  | { readonly type: 'ClaimCart'; readonly data: ClaimCart }
  /** Put pieces in. */
  | { readonly type: 'AddItem'; readonly data: AddItem }
  /** Set a line's quantity. */
  | { readonly type: 'ChangeQuantity'; readonly data: ChangeQuantity }
  /** Take a line out. */
  | { readonly type: 'RemoveItem'; readonly data: RemoveItem }
  /** Enter a discount code. */
  | { readonly type: 'ApplyDiscount'; readonly data: ApplyDiscount }
  /** Take a discount code out. */
  | { readonly type: 'RemoveDiscount'; readonly data: RemoveDiscount }
  /** End it. */
  | { readonly type: 'CloseCart'; readonly data: CloseCart }
/** What may be given for one. */
export type GivenCommand =
  /** Take a cart. */
  | { readonly type: 'OpenCart'; readonly data: GivenOpenCart }
  /** Become its owner. */
  | { readonly type: 'ClaimCart'; readonly data: ClaimCart }
  /** Put pieces in. */
  | { readonly type: 'AddItem'; readonly data: GivenAddItem }
  /** Set a line's quantity. */
  | { readonly type: 'ChangeQuantity'; readonly data: ChangeQuantity }
  /** Take a line out. */
  | { readonly type: 'RemoveItem'; readonly data: RemoveItem }
  /** Enter a discount code. */
  | { readonly type: 'ApplyDiscount'; readonly data: GivenApplyDiscount }
  /** Take a discount code out. */
  | { readonly type: 'RemoveDiscount'; readonly data: RemoveDiscount }
  /** End it. */
  | { readonly type: 'CloseCart'; readonly data: GivenCloseCart }
export const command: Adjacent<Command> = adjacent('type', 'data', {
  OpenCart: openCart,
  ClaimCart: claimCart,
  AddItem: addItem,
  ChangeQuantity: changeQuantity,
  RemoveItem: removeItem,
  ApplyDiscount: applyDiscount,
  RemoveDiscount: removeDiscount,
  CloseCart: closeCart,
}, true)

export interface CartOpened {
  readonly shopping_cart_uuid: string
  /** ISO 4217 code of every amount in the cart. */
  readonly currency?: string
  /** Opaque reference to the owner. */
  readonly owner_ref?: string
  /** SHA-256 of the cart's token. */
  readonly token_hash?: string
}
export const cartOpened: Codec<CartOpened> = object({ shopping_cart_uuid: text, currency: skipped(text), owner_ref: skipped(text), token_hash: skipped(text) })

export interface CartClaimed {
  readonly shopping_cart_uuid: string
  /** The new owner. */
  readonly owner_ref: string
}
export const cartClaimed: Codec<CartClaimed> = object({ shopping_cart_uuid: text, owner_ref: text })

/** What `per` pieces cost, in the smallest unit of the currency. */
export interface Price {
  readonly minor: number
  readonly per: number
}
/** What may be given for one. */
export interface GivenPrice {
  readonly minor: number
  readonly per?: number
}
export const price: Codec<Price> = object({ minor: whole, per: or(whole, 1) })

export interface ItemAdded {
  readonly shopping_cart_uuid: string
  /** What the shopper calls it. */
  readonly item_name: string
  /** Key of the line; the item's name when absent. */
  readonly sku?: string
  /** Pieces added; 1 when absent. */
  readonly quantity: number
  /** The line's price from now on; absent: as before. */
  readonly price?: Price
}
/** What may be given for one. */
export interface GivenItemAdded {
  readonly shopping_cart_uuid: string
  /** What the shopper calls it. */
  readonly item_name: string
  /** Key of the line; the item's name when absent. */
  readonly sku?: string
  /** Pieces added; 1 when absent. */
  readonly quantity?: number
  /** The line's price from now on; absent: as before. */
  readonly price?: GivenPrice
}
export const itemAdded: Codec<ItemAdded> = object({ shopping_cart_uuid: text, item_name: text, sku: skipped(text), quantity: or(whole, 1), price: skipped(price) })

export interface ItemQuantityChanged {
  readonly shopping_cart_uuid: string
  /** The line. */
  readonly sku: string
  /** Its quantity from now on. */
  readonly quantity: number
}
export const itemQuantityChanged: Codec<ItemQuantityChanged> = object({ shopping_cart_uuid: text, sku: text, quantity: whole })

export interface ItemRemoved {
  readonly shopping_cart_uuid: string
  /** The line. */
  readonly sku: string
}
export const itemRemoved: Codec<ItemRemoved> = object({ shopping_cart_uuid: text, sku: text })

/** What a discount takes off, and when. */
export type Rule =
  | {
      readonly kind: 'percent_off'
      /** Hundredths of a percent: 1000 is 10 %. */
      readonly basis_points: number
      /** Only off this line; absent: off the subtotal. */
      readonly sku?: string
      /** Only while the subtotal is at least this. */
      readonly min_subtotal_minor?: number
    }
  | {
      readonly kind: 'amount_off'
      readonly minor: number
      /** Only off this line; absent: off the subtotal. */
      readonly sku?: string
      /** Only while the subtotal is at least this. */
      readonly min_subtotal_minor?: number
    }
export const rule: Codec<Rule> = tagged('kind', {
  percent_off: object({ basis_points: whole, sku: skipped(text), min_subtotal_minor: skipped(whole) }),
  amount_off: object({ minor: whole, sku: skipped(text), min_subtotal_minor: skipped(whole) }),
})

export interface DiscountApplied {
  readonly shopping_cart_uuid: string
  readonly code: string
  /** What it does, as it was on that day. */
  readonly rule: Rule
}
export const discountApplied: Codec<DiscountApplied> = object({ shopping_cart_uuid: text, code: text, rule: rule })

export interface DiscountRemoved {
  readonly shopping_cart_uuid: string
  readonly code: string
}
export const discountRemoved: Codec<DiscountRemoved> = object({ shopping_cart_uuid: text, code: text })

export interface CartClosed {
  readonly shopping_cart_uuid: string
  readonly reason?: CloseReason
}
export const cartClosed: Codec<CartClosed> = object({ shopping_cart_uuid: text, reason: skipped(closeReason) })

/** A fact in the life of a cart. */
export type Happened =
  /** Somebody took a cart. */
  | { readonly type: 'CartOpened'; readonly data: CartOpened }
  /** An owner signed in and took it over. */
  | { readonly type: 'CartClaimed'; readonly data: CartClaimed }
  /** Pieces of an item were put in. */
  | { readonly type: 'ItemAdded'; readonly data: ItemAdded }
  /** A line has another quantity now. */
  | { readonly type: 'ItemQuantityChanged'; readonly data: ItemQuantityChanged }
  /** A line was taken out. */
  | { readonly type: 'ItemRemoved'; readonly data: ItemRemoved }
  /** A discount code was entered. */
  | { readonly type: 'DiscountApplied'; readonly data: DiscountApplied }
  /** A discount code was taken out. */
  | { readonly type: 'DiscountRemoved'; readonly data: DiscountRemoved }
  /** The cart came to its end. */
  | { readonly type: 'CartClosed'; readonly data: CartClosed }
/** What may be given for one. */
export type GivenHappened =
  /** Somebody took a cart. */
  | { readonly type: 'CartOpened'; readonly data: CartOpened }
  /** An owner signed in and took it over. */
  | { readonly type: 'CartClaimed'; readonly data: CartClaimed }
  /** Pieces of an item were put in. */
  | { readonly type: 'ItemAdded'; readonly data: GivenItemAdded }
  /** A line has another quantity now. */
  | { readonly type: 'ItemQuantityChanged'; readonly data: ItemQuantityChanged }
  /** A line was taken out. */
  | { readonly type: 'ItemRemoved'; readonly data: ItemRemoved }
  /** A discount code was entered. */
  | { readonly type: 'DiscountApplied'; readonly data: DiscountApplied }
  /** A discount code was taken out. */
  | { readonly type: 'DiscountRemoved'; readonly data: DiscountRemoved }
  /** The cart came to its end. */
  | { readonly type: 'CartClosed'; readonly data: CartClosed }
export const happened: Adjacent<Happened> = adjacent('type', 'data', {
  CartOpened: cartOpened,
  CartClaimed: cartClaimed,
  ItemAdded: itemAdded,
  ItemQuantityChanged: itemQuantityChanged,
  ItemRemoved: itemRemoved,
  DiscountApplied: discountApplied,
  DiscountRemoved: discountRemoved,
  CartClosed: cartClosed,
})

/** An event as the API writes it (structured CloudEvents JSON): of its circumstances, what a session looks at. */
export type CloudEvent = {
  /** The cart. */
  readonly subject: string
  /** The version. */
  readonly sequence: number
  readonly id: string
  readonly commandid?: string | null
  readonly commandhash?: string | null
  readonly recordedtime?: string | null
} & { readonly type: string; readonly data: unknown }
export const cloudEvent: Codec<CloudEvent> = object({ '...': named(happened, 'tillroll.cart.'), subject: text, sequence: whole, id: text, commandid: nullable(text), commandhash: nullable(text), recordedtime: nullable(instant) })

/** Why the server says no. */
export interface Refused {
  readonly code: string
  readonly message?: string
  readonly details?: unknown
}
export const refused: Codec<Refused> = object({ code: text, message: or(text, ''), details: json })

export type Verdict =
  | { readonly status: 'accepted'; readonly version: number; readonly events: readonly CloudEvent[] }
  | { readonly status: 'noop'; readonly version: number }
  | { readonly status: 'refused' } & Refused
  | { readonly status: 'skipped' }
export const verdict: Codec<Verdict> = tagged('status', {
  accepted: object({ version: whole, events: most(100_000, list(cloudEvent)) }),
  noop: object({ version: whole }),
  refused: refused,
  skipped: object({}),
})

export type Answer = {
  readonly command_id: string
} & Verdict
export const answer: Codec<Answer> = object({ command_id: text, '...': verdict })

/** The reply to a batch, as the API writes it. */
export interface Reply {
  readonly results: readonly Answer[]
  readonly version: number
  readonly state_hash?: string | null
  readonly reducer: string
}
export const reply: Codec<Reply> = object({ results: most(25, list(answer)), version: whole, state_hash: nullable(text), reducer: text })

export interface CatalogueItem {
  /** Its key. */
  readonly sku: string
  /** What shoppers call it. */
  readonly item_name: string
  readonly price: GivenPrice
}
export const catalogueItem: Codec<CatalogueItem> = object({ sku: text, item_name: text, price: price })

export interface CatalogueDiscount {
  readonly code: string
  readonly rule: Rule
}
export const catalogueDiscount: Codec<CatalogueDiscount> = object({ code: text, rule: rule }, true)

/** Prices and discount rules as the shop has them today. */
export interface Catalogue {
  /** Names this state of the catalogue. */
  readonly version: string
  /** ISO 4217 code of every amount in it. */
  readonly currency: string
  readonly items: readonly CatalogueItem[]
  readonly discounts?: readonly CatalogueDiscount[]
}
export const catalogue: Codec<Catalogue> = object({ version: text, currency: text, items: list(catalogueItem), discounts: or(list(catalogueDiscount), []) }, true)

/** A refusal as the server said it. Its code may be of a newer build. */
export interface Said {
  /** The stable code. */
  readonly code: string
  /** A sentence for a person. */
  readonly message: string
  /** The details, as JSON text. */
  readonly details: string
}
/** What may be given for one. */
export interface GivenSaid {
  /** The stable code. */
  readonly code: string
  /** A sentence for a person. */
  readonly message?: string
  /** The details, as JSON text. */
  readonly details?: string
}
export const said: Codec<Said> = object({ code: text, message: or(text, ''), details: or(text, 'null') })

export type RowStage =
  | { readonly stage: 'waiting' }
  | { readonly stage: 'doubtful' }
  | { readonly stage: 'answered'; readonly version: number; readonly noop: boolean }
  | { readonly stage: 'refused' } & Said
/** What may be given for one. */
export type GivenRowStage =
  | { readonly stage: 'waiting' }
  | { readonly stage: 'doubtful' }
  | { readonly stage: 'answered'; readonly version: number; readonly noop: boolean }
  | { readonly stage: 'refused' } & GivenSaid
export const rowStage: Codec<RowStage> = tagged('stage', {
  waiting: object({}),
  doubtful: object({}),
  answered: object({ version: whole, noop: truth }),
  refused: said,
})

/** A command as it is stored. */
export interface Row {
  /** The key of the row. */
  readonly id: string
  readonly place: number
  readonly dispatched_at_ms: number
  readonly request: Command
  readonly stage: RowStage
  readonly meant: Uint8Array
  readonly became: Uint8Array
}
/** What may be given for one. */
export interface GivenRow {
  /** The key of the row. */
  readonly id: string
  readonly place: number
  readonly dispatched_at_ms: number
  readonly request: GivenCommand
  readonly stage: GivenRowStage
  readonly meant: Uint8Array
  readonly became: Uint8Array
}
export const row: Codec<Row> = object({ id: text, place: whole, dispatched_at_ms: integer, request: command, stage: rowStage, meant: bytes, became: bytes })

/** A call of a session. */
export type SessionCall =
  | { readonly call: 'begin'; readonly cart: string; readonly reducer: string }
  | { readonly call: 'snapshot' }
  | { readonly call: 'dispatch'; readonly command: GivenCommand; readonly id: string; readonly now: number }
  | { readonly call: 'retry'; readonly id: string; readonly now: number }
  | { readonly call: 'discard'; readonly id: string }
  | { readonly call: 'nextToSend'; readonly now: number }
  | { readonly call: 'answered'; readonly attempt: number; readonly reply: Reply }
  | { readonly call: 'failed'; readonly attempt: number; readonly maybe_done: boolean }
  | { readonly call: 'rejected'; readonly attempt: number; readonly said: Refused }
  | { readonly call: 'pause'; readonly until: number }
  | { readonly call: 'resume' }
  | { readonly call: 'pausedUntil' }
  | { readonly call: 'confirm'; readonly events: readonly CloudEvent[] }
  | { readonly call: 'confirmPacked' }
  | { readonly call: 'rebuild'; readonly pages: readonly Uint8Array[] }
  | { readonly call: 'missing' }
  | { readonly call: 'setCatalogue'; readonly catalogue?: Catalogue | null }
  | { readonly call: 'unsaved' }
  | { readonly call: 'saved'; readonly ticket: number }
  | { readonly call: 'merge'; readonly rows: readonly GivenRow[]; readonly settled_through: number }
  | { readonly call: 'settledAfter'; readonly nth: number }
  | { readonly call: 'at'; readonly version: number }
  | { readonly call: 'events'; readonly from: number; readonly to: number }
  | { readonly call: 'history'; readonly after: number }
  | { readonly call: 'fingerprint'; readonly id: string }
export const sessionCall: Codec<SessionCall> = tagged('call', {
  begin: object({ cart: text, reducer: text }),
  snapshot: object({}),
  dispatch: object({ command: command, id: text, now: real }),
  retry: object({ id: text, now: real }),
  discard: object({ id: text }),
  nextToSend: object({ now: real }),
  answered: object({ attempt: whole, reply: reply }),
  failed: object({ attempt: whole, maybe_done: truth }),
  rejected: object({ attempt: whole, said: refused }),
  pause: object({ until: real }),
  resume: object({}),
  pausedUntil: object({}),
  confirm: object({ events: most(100_000, list(cloudEvent)) }),
  confirmPacked: object({}),
  rebuild: object({ pages: most(10_001, list(bytes)) }),
  missing: object({}),
  setCatalogue: object({ catalogue: nullable(catalogue) }),
  unsaved: object({}),
  saved: object({ ticket: whole }),
  merge: object({ rows: most(20_000, list(row)), settled_through: whole }),
  settledAfter: object({ nth: whole }),
  at: object({ version: real }),
  events: object({ from: real, to: real }),
  history: object({ after: whole }),
  fingerprint: object({ id: text }),
})

/** What is wrong with a packed history. */
export type HistoryProblem = 'not_packed' | 'unknown_layout' | 'cut' | 'too_large' | 'malformed' | 'out_of_range' | 'surplus' | 'wrong_checksum' | 'does_not_follow'
export const historyProblem: Codec<HistoryProblem> = words(['not_packed', 'unknown_layout', 'cut', 'too_large', 'malformed', 'out_of_range', 'surplus', 'wrong_checksum', 'does_not_follow'])

/** Why a call was not done. */
export type Failure =
  | { readonly code: 'malformed'; readonly data: {
      /** Where the value lies in the call's bytes. */
      readonly byte: number
    } }
  /** Events of another cart arrived. */
  | { readonly code: 'foreign_cart'; readonly data: { readonly cart: string; readonly found: string } }
  /** The bytes are no packed history, or no longer are. */
  | { readonly code: 'bad_history'; readonly data: { readonly byte: number; readonly problem: HistoryProblem } }
  /** The reply contradicts itself. */
  | { readonly code: 'wrong_reply'; readonly data: { readonly reason: string } }
  /** Events that do not follow each other, from the first one on. */
  | { readonly code: 'wrong_sequence'; readonly data: { readonly expected: number; readonly found: number } }
  /** An event does not fit into a packed history. */
  | { readonly code: 'event_too_large'; readonly data: { readonly version: number } }
  /** It was freed. */
  | { readonly code: 'gone'; readonly data: {} }
export const failure: Adjacent<Failure> = adjacent('code', 'data', {
  malformed: object({ byte: whole }),
  foreign_cart: object({ cart: text, found: text }),
  bad_history: object({ byte: whole, problem: historyProblem }),
  wrong_reply: object({ reason: text }),
  wrong_sequence: object({ expected: whole, found: whole }),
  event_too_large: object({ version: whole }),
  gone: object({}),
})

export type CartStatus = 'open' | 'closed'
export const cartStatus: Codec<CartStatus> = words(['open', 'closed'])

/** A line with its total. */
export interface Line {
  /** Key of the line. */
  readonly sku: string
  /** What the shopper calls the item. */
  readonly item_name: string
  /** Pieces. */
  readonly quantity: number
  /** What they cost. */
  readonly price: Price | null
  readonly total_minor: number
}
export const line: Codec<Line> = shared(object({ sku: text, item_name: text, quantity: whole, price: nullable(price), total_minor: whole }))

/** A discount with what it takes off. */
export interface Discount {
  readonly code: string
  /** What it does. */
  readonly rule: Rule
  /** What it takes off now. */
  readonly amount_minor: number
}
export const discount: Codec<Discount> = object({ code: text, rule: rule, amount_minor: whole })

/** The cart as the API shows it, with every total worked out. */
export interface Cart {
  readonly cart_id: string
  readonly status: CartStatus
  /** Version of its newest event. */
  readonly version: number
  /** ISO 4217 code of every amount. */
  readonly currency: string | null
  /** Opaque reference to the owner. */
  readonly owner_ref: string | null
  /** In the order in which their items were first added. */
  readonly lines: readonly Line[]
  /** In the order in which they were applied. */
  readonly discounts: readonly Discount[]
  /** Sum of the lines. */
  readonly subtotal_minor: number
  /** Sum of the discounts. */
  readonly discount_minor: number
  /** What is to pay. */
  readonly total_minor: number
  /** Events whose names this build does not know: they were not folded. */
  readonly unknown_events: number
  /** Fingerprint of all the above; equal on every host with the same reducer. */
  readonly state_hash: string
}
export const cart: Codec<Cart> = object({ cart_id: text, status: cartStatus, version: whole, currency: nullable(text), owner_ref: nullable(text), lines: list(line), discounts: list(discount), subtotal_minor: whole, discount_minor: whole, total_minor: whole, unknown_events: whole, state_hash: text })

/** What is under way for a line. */
export interface LineMarks {
  /** Ids of pending commands for it. */
  readonly pending: readonly string[]
  /** Ids of refused commands for it. */
  readonly refused: readonly string[]
}
export const lineMarks: Codec<LineMarks> = shared(object({ pending: list(text), refused: list(text) }))

/** What a command is about. */
export type Subject =
  | { readonly about: 'cart' }
  | { readonly about: 'line'; readonly sku: string }
  | { readonly about: 'discount'; readonly code: string }
export const subject: Codec<Subject> = tagged('about', {
  cart: object({}),
  line: object({ sku: text }),
  discount: object({ code: text }),
})

/**
 * How far a command is: it waits to be sent; it is on its way; it was sent, nobody knows what became of it, and it
 * will be sent again with the same id; the server has it and its events are to come.
 */
export type Progress = 'waiting' | 'sending' | 'doubtful' | 'answered'
export const progress: Codec<Progress> = words(['waiting', 'sending', 'doubtful', 'answered'])

/** Why the domain says no, with what a person needs to know. */
export type Refusal =
  | { readonly code: 'cart_not_found'; readonly details: {} }
  | { readonly code: 'cart_already_open'; readonly details: {} }
  | { readonly code: 'cart_closed'; readonly details: {} }
  | { readonly code: 'line_not_found'; readonly details: { readonly sku: string } }
  | { readonly code: 'item_unknown'; readonly details: { readonly sku: string } }
  | { readonly code: 'invalid_quantity'; readonly details: { readonly min: number; readonly max: number } }
  | { readonly code: 'invalid_name'; readonly details: { readonly field: string } }
  | { readonly code: 'invalid_price'; readonly details: { readonly minor_max: number; readonly per_max: number } }
  | { readonly code: 'invalid_discount'; readonly details: {} }
  | { readonly code: 'invalid_currency'; readonly details: {} }
  | { readonly code: 'too_many_lines'; readonly details: { readonly max: number } }
  | { readonly code: 'too_many_discounts'; readonly details: { readonly max: number } }
  | { readonly code: 'too_many_events'; readonly details: { readonly max: number } }
  | { readonly code: 'total_too_large'; readonly details: { readonly max: number } }
  | { readonly code: 'discount_unknown'; readonly details: { readonly code: string } }
  | { readonly code: 'discount_already_applied'; readonly details: { readonly code: string } }
  | { readonly code: 'discount_not_applied'; readonly details: { readonly code: string } }
  | { readonly code: 'discount_minimum_not_met'; readonly details: { readonly code: string; readonly min_subtotal_minor: number; readonly subtotal_minor: number } }
  | { readonly code: 'price_changed'; readonly details: { readonly sku: string; readonly from: Price; readonly to: Price } }
  | { readonly code: 'currency_mismatch'; readonly details: { readonly cart: string; readonly catalogue: string } }
  | { readonly code: 'not_owner'; readonly details: {} }
  | { readonly code: 'command_reused'; readonly details: {} }
export const refusal: Adjacent<Refusal> = adjacent('code', 'details', {
  cart_not_found: object({}),
  cart_already_open: object({}),
  cart_closed: object({}),
  line_not_found: object({ sku: text }),
  item_unknown: object({ sku: text }),
  invalid_quantity: object({ min: whole, max: whole }),
  invalid_name: object({ field: text }),
  invalid_price: object({ minor_max: whole, per_max: whole }),
  invalid_discount: object({}),
  invalid_currency: object({}),
  too_many_lines: object({ max: whole }),
  too_many_discounts: object({ max: whole }),
  too_many_events: object({ max: whole }),
  total_too_large: object({ max: whole }),
  discount_unknown: object({ code: text }),
  discount_already_applied: object({ code: text }),
  discount_not_applied: object({ code: text }),
  discount_minimum_not_met: object({ code: text, min_subtotal_minor: whole, subtotal_minor: whole }),
  price_changed: object({ sku: text, from: price, to: price }),
  currency_mismatch: object({ cart: text, catalogue: text }),
  not_owner: object({}),
  command_reused: object({}),
})

/**
 * What made a pending command into one that would be refused: the confirmed event of a version, other prices, or an
 * earlier command that does nothing any more.
 */
export type Cause =
  | { readonly by: 'event'; readonly version: number }
  | { readonly by: 'catalogue' }
  | { readonly by: 'command'; readonly id: string }
export const cause: Codec<Cause> = tagged('by', {
  event: object({ version: whole }),
  catalogue: object({}),
  command: object({ id: text }),
})

/** What a pending command would be now: what it was meant to be; something else; refused, as far as is known here. */
export type Standing =
  | { readonly standing: 'as_meant' }
  | { readonly standing: 'changed' }
  | {
      readonly standing: 'refused'
      /** What made it so. */
      readonly cause: Cause | null
    } & Refusal
export const standing: Codec<Standing> = tagged('standing', {
  as_meant: object({}),
  changed: object({}),
  refused: object({ '...': refusal, cause: nullable(cause) }),
})

/** A command on its way. */
export interface Pending {
  readonly id: string
  readonly request: Command
  /** What it is about. */
  readonly subject: Subject
  /** When it was dispatched, in milliseconds since 1970. */
  readonly dispatched_at_ms: number
  /** How far it is. */
  readonly progress: Progress
  /** What it would be now. */
  readonly standing: Standing
  /** The events it was meant to become. */
  readonly meant: readonly Happened[]
  /** The events it would become now; once it is answered, those it became. */
  readonly now: readonly Happened[]
}
export const pending: Codec<Pending> = shared(object({ id: text, request: command, subject: subject, dispatched_at_ms: integer, progress: progress, standing: standing, meant: list(happened), now: list(happened) }))

/** A command that the server refused. */
export interface Attention {
  readonly id: string
  readonly request: Command
  /** What it is about. */
  readonly subject: Subject
  /** When it was dispatched, in milliseconds since 1970. */
  readonly dispatched_at_ms: number
  /** What the server said. */
  readonly said: Said
  /** What made it one that is refused, where the session saw that. */
  readonly cause: Cause | null
}
export const attention: Codec<Attention> = shared(object({ id: text, request: command, subject: subject, dispatched_at_ms: integer, said: said, cause: nullable(cause) }))

/** The session and the server make different carts of the same events. */
export interface Divergence {
  readonly version: number
  /** The session's hash of the state. */
  readonly ours: string
  /** The server's. */
  readonly theirs: string
  /** Whether all events were fetched anew since. */
  readonly rebuilt: boolean
}
export const divergence: Codec<Divergence> = object({ version: whole, ours: text, theirs: text, rebuilt: truth })

/** How a session stands with the server. */
export interface Sync {
  /** Version of the newest confirmed event. */
  readonly confirmed_version: number
  /** The newest version that the server was heard to be at. */
  readonly known_version: number
  /** A newer build is needed to fold or decide as the server does: reload. */
  readonly update_needed: boolean
  /** The session and the server make different carts of the same events. */
  readonly diverged: Divergence | null
}
export const sync: Codec<Sync> = object({ confirmed_version: whole, known_version: whole, update_needed: truth, diverged: nullable(divergence) })

export interface Seen {
  /** The cart with everything pending done; null before it was opened. */
  readonly cart: Cart | null
  /** What is under way for each of its lines, in their order. */
  readonly lines: readonly LineMarks[]
  /** Commands on their way, in their order. */
  readonly pending: readonly Pending[]
  /** Commands that the server refused, until they are tried again or discarded. */
  readonly attention: readonly Attention[]
  /** How the session stands with the server. */
  readonly sync: Sync
}
export const seen: Codec<Seen> = object({ cart: nullable(cart), lines: list(lineMarks), pending: list(pending), attention: list(attention), sync: sync })

/** A session as it is seen, at one revision. */
export type Snapshot = {
  /** Moves when something else in here changed, and only then. */
  readonly revision: number
} & Seen
export const snapshot: Codec<Snapshot> = object({ revision: whole, '...': seen })

/** What became of a command that was dispatched, or is tried again. */
export type Dispatched =
  /** It is visible and waits to be sent. */
  | { readonly status: 'applied' }
  /** Already so: there is nothing to do. */
  | { readonly status: 'noop' }
  /** It was taken before, and may be settled by now. */
  | { readonly status: 'again' }
  /** The domain says no. */
  | { readonly status: 'refused' } & Refusal
  /** There is no room for it. */
  | { readonly status: 'queue_full'; readonly max: number }
  /** The cart has events of a newer build: reload. */
  | { readonly status: 'update_needed' }
  /** There is no such command to try again. */
  | { readonly status: 'unknown' }
export const dispatched: Codec<Dispatched> = tagged('status', {
  applied: object({}),
  noop: object({}),
  again: object({}),
  refused: refusal,
  queue_full: object({ max: whole }),
  update_needed: object({}),
  unknown: object({}),
})

/** What became of a command that was to be discarded: it is gone; it was sent and may be done; there is none any more. */
export type Discarded = 'discarded' | 'sent' | 'unknown'
export const discarded: Codec<Discarded> = words(['discarded', 'sent', 'unknown'])

/** What became of events that arrived. */
export interface Arrival {
  /** How many of them were new, and followed. */
  readonly applied: number
  /** The version after which events are to be fetched, when some are missing. */
  readonly missing_after: number | null
}
export const arrival: Codec<Arrival> = object({ applied: whole, missing_after: nullable(whole) })

export type CommandToSend = {
  readonly command_id: string
} & Command
export const commandToSend: Codec<CommandToSend> = object({ command_id: text, '...': command })

/** Commands to send as one request, in this order. */
export interface Batch {
  /** Names this attempt; its reply, or its failure, is reported with it. */
  readonly attempt: number
  /** How many attempts have failed since the last one that was answered. */
  readonly failures: number
  readonly commands: readonly CommandToSend[]
}
export const batch: Codec<Batch> = object({ attempt: whole, failures: whole, commands: list(commandToSend) })

/** What is to be written, in one transaction. */
export interface Unsaved {
  /** Names this writing. */
  readonly ticket: number
  /** Rows to put. */
  readonly rows: readonly Row[]
  /** Ids of rows to remove. */
  readonly removed: readonly string[]
  /** To be kept beside the rows where it is more than what is there. */
  readonly settled_through: number
}
export const unsaved: Codec<Unsaved> = object({ ticket: whole, rows: list(row), removed: list(text), settled_through: whole })

/** What became of a command. */
export type Outcome =
  /** Its events are confirmed. */
  | {
      readonly outcome: 'confirmed'
      readonly version: number
      /** Whether it became something else than it was meant to be. */
      readonly changed: boolean
    }
  /** Already so. */
  | { readonly outcome: 'noop'; readonly version: number }
  /** The server refused it. It needs attention until it is tried again or discarded. */
  | { readonly outcome: 'refused' } & Said
  /** Somebody discarded it. */
  | { readonly outcome: 'discarded' }
  /** A newer command that was not sent yet either says the same thing anew. */
  | { readonly outcome: 'superseded'; readonly by: string }
  /** It was answered in another tab, and none of its events are in the cart. */
  | { readonly outcome: 'elsewhere' }
export const outcome: Codec<Outcome> = tagged('outcome', {
  confirmed: object({ version: whole, changed: truth }),
  noop: object({ version: whole }),
  refused: said,
  discarded: object({}),
  superseded: object({ by: text }),
  elsewhere: object({}),
})

/** A command that came to an end. */
export interface Settlement {
  /** Its place among all settlements of the session, from 1. */
  readonly nth: number
  readonly id: string
  readonly outcome: Outcome
}
export const settlement: Codec<Settlement> = object({ nth: whole, id: text, outcome: outcome })

/** An event in a cart's history. */
export type PastEvent = {
  readonly version: number
} & (Happened | UnknownEvent)
export const pastEvent: Codec<PastEvent> = object({ version: whole, '...': named(happened) })
