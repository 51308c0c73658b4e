/**
 * What crosses between client and server, named as in the API's JSON (docs/openapi.json). Amounts are whole minor units
 * (cents), at most 2^53-1. All of it is made of the types that are generated from the core's own (host-web/src/types); what
 * may be given says less than what comes out.
 */

import type {
  CatalogueItem,
  GivenCommand,
  Happened,
  Price,
  Refusal as Refused,
  Catalogue as Served,
} from './wasm/generated.js'

export type { Value } from './wasm/codec.js'
export type {
  Cart as CartState,
  CartClaimed,
  CartClosed,
  CartOpened,
  CartStatus,
  CatalogueDiscount,
  CatalogueItem,
  ChangeQuantity,
  ClaimCart,
  CloseReason,
  Discount,
  DiscountApplied,
  DiscountRemoved,
  GivenAddItem as AddItem,
  GivenApplyDiscount as ApplyDiscount,
  GivenCloseCart as CloseCart,
  GivenCommand,
  GivenOpenCart as OpenCart,
  GivenPrice,
  GivenStatedPrice as StatedPrice,
  GivenStatedRule as StatedRule,
  Happened as CartEvent,
  ItemAdded,
  ItemQuantityChanged,
  ItemRemoved,
  Line,
  PastEvent,
  Price,
  RemoveDiscount,
  RemoveItem,
  Rule,
  RuleKind,
  UnknownEvent,
} from './wasm/generated.js'
export type { Change } from './wasm/generated-timeline.js'

/** Data of each command. */
export type CommandData = { readonly [Given in GivenCommand as Given['type']]: Given['data'] }

/** Names of commands. */
export type CommandType = keyof CommandData

type Nothing = Record<never, never>

/** A request to change a cart. It may be refused. */
export type Command = {
  [Type in CommandType]: Nothing extends CommandData[Type]
    ? { readonly type: Type; readonly data?: CommandData[Type] }
    : { readonly type: Type; readonly data: CommandData[Type] }
}[CommandType]

/** A command with the caller's name for it, as it is sent. */
export type NamedCommand = Command & { readonly command_id: string }

/** Data of each event. */
export type EventData = { readonly [Event in Happened as Event['type']]: Event['data'] }

/** Prices and discount rules as `GET /catalogue` serves them. */
export interface Catalogue extends Required<Served> {
  readonly items: readonly (CatalogueItem & { readonly price: Price })[]
}

/** Details of each refusal: what a person needs to know. */
export type RefusalDetails = { readonly [Code in Refused as Code['code']]: Code['details'] }

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
