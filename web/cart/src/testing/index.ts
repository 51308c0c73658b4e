/** `@tillroll/cart/testing`: a server in memory, a transport that goes wrong on demand, a clock that stands still. */

export { type Faults, type FaultyTransport, faulty, NO_FAULTS } from './faulty.js'
export { type MemoryServer, memoryServer } from './server.js'
export { chance, type Simulation, simulate, type Tab } from './simulation.js'
