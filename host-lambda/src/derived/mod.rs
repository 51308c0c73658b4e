//! Ports that need no store of their own on AWS: they are answered from other ports.
//!
//! | file | port | answered from |
//! |---|---|---|
//! | `checkpoints` | (what the bus's readers write after their batches) | rows |
//! | `progress` | [`Progress`](crate::ports::Progress) | the feed of the bus, the readers' rows |
//! | `pipeline` | [`PipelineView`](crate::ports::PipelineView) | the same, and the queues |
//! | `runs` | [`Runs`](crate::ports::Runs) | rows |
//! | `news` | [`News`](crate::ports::News) | the event table, asked again and again |

mod checkpoints;
mod news;
mod pipeline;
mod progress;
mod runs;

pub use checkpoints::Checkpoints;
pub use news::TableNews;
pub use pipeline::DerivedPipeline;
pub use progress::DerivedProgress;
pub use runs::RowRuns;
