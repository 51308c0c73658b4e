/** What page/cart.mjs leaves for tests. */
declare var cart: import('@tillroll/cart').Cart
