//! What tests share: contract suites for the ports, and the programs that tests start.
