//! The core and the built module side by side, through the same calls; and what they said, written down for other hosts.
//!
//! The file for other hosts is a list of steps. A step is a byte that says what is asked, and blobs: four bytes of length,
//! little-endian, and the bytes.
//!
//! | byte | blobs |
//! |---|---|
//! | 0 | fold from the beginning: history · then state, hash, view |
//! | 1 | fold onto the last state: history · then state, hash, view |
//! | 2 | decide on the last state: command · then the answer |
//! | 3 | fold onto the last state, or from the beginning when that is no bytes, one event after the other: the history of all of them · four bytes, how many they are · the history of each · then the sum of what is said after each of them: state, hash, view |
//! | 4 | the next cart begins |

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use serde_json::{Value, json};
use tillroll_core::cart::CartEvent;
use tillroll_core::cart::{Cart, CartRequest, Tariff};
use tillroll_core::id::{EventId, StreamId};
use tillroll_core::packed::{Content, Header, History, Writer};
use tillroll_core::recorded::Circumstances;
use tillroll_core::reducer::{self, Decided, Mark};
use tillroll_reducers::{self as runner, Reducer, State, Trust};
use uuid::Uuid;

/// What the tests are given.
pub(crate) struct Built {
    pub(crate) manifest: Value,
    pub(crate) module: Vec<u8>,
    cases: PathBuf,
}

/// The module that `cargo xtask reducer` built; `None`, and it says so, when the run was told to do without.
pub(crate) fn built() -> Option<&'static Built> {
    static BUILT: LazyLock<Option<Built>> = LazyLock::new(|| {
        if env::var_os("TILLROLL_TEST_WITHOUT_REDUCER").is_some_and(|value| value == "1") {
            eprintln!("skipped without the reducer module (TILLROLL_TEST_WITHOUT_REDUCER=1)");
            return None;
        }
        let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/reducers");
        let folder = env::var_os("TILLROLL_REDUCERS").map_or(target, PathBuf::from);
        let newest = folder.join("newest.json");
        let manifest = fs::read_to_string(&newest).unwrap_or_else(|why| {
            panic!("{}: {why}; run `cargo xtask reducer`, or set TILLROLL_TEST_WITHOUT_REDUCER=1", newest.display())
        });
        let manifest: Value = serde_json::from_str(&manifest).unwrap();
        let sha256 = manifest["sha256"].as_str().unwrap();
        let module = fs::read(folder.join(format!("{sha256}.wasm"))).unwrap();
        let cases = folder.join("cases").join(sha256);
        fs::create_dir_all(&cases).unwrap();
        Some(Built { manifest, module, cases })
    });
    BUILT.as_ref()
}

/// Two ways of the same rules, at one cart at a time.
pub(crate) struct Both {
    module: Reducer,
    mark: Mark,
    state: Option<State>,
    steps: Vec<u8>,
    file: PathBuf,
}

impl Both {
    /// Side by side; what they say goes into the file of this name.
    pub(crate) fn new(built: &Built, name: &str, trust: Trust) -> Self {
        let mut module = Reducer::load(&built.module, trust).unwrap();
        let empty = pack(StreamId::new(Uuid::nil()), 0, &[]);
        let state = module.fold(None, &History::open(&empty).unwrap()).unwrap();
        let mark = reducer::mark_of(state.as_bytes()).unwrap();
        Self { module, mark, state: None, steps: Vec::new(), file: built.cases.join(format!("{name}.bin")) }
    }

    /// The next history is of another cart.
    pub(crate) fn begin(&mut self) {
        self.state = None;
        self.steps.push(4);
    }

    /// Folds events on, one after the other and then at once; all that is said after each of them is compared here, and its
    /// sum is what other hosts compare.
    pub(crate) fn fold_each(&mut self, stream: StreamId, after: u64, events: &[Result<CartEvent, String>]) {
        let all = pack(stream, after, events);
        let before = self.state.clone();
        self.steps.push(3);
        self.blob(&all);
        self.steps.extend(u32::try_from(events.len()).unwrap().to_le_bytes());
        let mut sum = Sum::default();
        for (after, event) in (after..).zip(events) {
            let history = pack(stream, after, std::slice::from_ref(event));
            for said in self.step(&history) {
                sum.add(&said);
            }
            self.blob(&history);
        }
        self.blob(&sum.bytes());
        let each = std::mem::replace(&mut self.state, before);
        self.step(&all);
        assert_eq!(self.state, each, "at once");
    }

    /// Folds a history on; what the view is then.
    pub(crate) fn fold(&mut self, history: &[u8]) -> Value {
        self.steps.push(self.state.is_some().into());
        self.blob(history);
        let said = self.step(history);
        for blob in &said {
            self.blob(blob);
        }
        let [_, _, view] = said;
        serde_json::from_slice(&view).unwrap()
    }

    /// Folds a history on in both ways; state, hash and view, which are the same.
    fn step(&mut self, history: &[u8]) -> [Vec<u8>; 3] {
        let before = self.state.as_ref().map_or(&[][..], State::as_bytes);
        let native = reducer::fold(self.mark, before, history).unwrap();
        let there = self.module.fold(self.state.as_ref(), &History::open(history).unwrap()).unwrap();
        assert_eq!(native, there.as_bytes(), "the state");
        let view = serde_json::to_string(&reducer::view(self.mark, &native).unwrap()).unwrap();
        assert_eq!(view, self.module.view(&there).unwrap());
        let hash = reducer::hash(self.mark, &native).unwrap();
        assert_eq!(hash, self.module.hash(&there).unwrap());
        self.state = Some(there);
        [native, hash.to_string().into(), view.into()]
    }

    /// Decides on the state; the answer as JSON: the events' count, or the refusal.
    pub(crate) fn decide(&mut self, tariff: Tariff<'_>, request: &CartRequest) -> Value {
        let state = self.state.as_ref().unwrap();
        let command = reducer::command(tariff, request);
        let native = reducer::decide(self.mark, state.as_bytes(), &command).unwrap();
        let there = self.module.decide(state, tariff, request).unwrap();
        let (answer, said) = match (&native, &there) {
            (Decided::Events(native), runner::Decided::Events(there)) => {
                assert_eq!(native, there);
                let events = History::open(there).unwrap().frames().count();
                ([&[0], native.as_slice()].concat(), json!(events))
            }
            (Decided::Refused(native), runner::Decided::Refused(there)) => {
                let refused: Value = serde_json::from_str(there).unwrap();
                assert_eq!(refused, json!({"code": native.code(), "details": native}));
                ([&[1], there.as_bytes()].concat(), refused)
            }
            _ => panic!("{native:?} and {there:?}"),
        };
        self.steps.push(2);
        self.blob(&command);
        self.blob(&answer);
        said
    }

    /// Folds what a command causes on.
    pub(crate) fn fold_decided(&mut self, tariff: Tariff<'_>, request: &CartRequest) -> Value {
        let state = self.state.clone().unwrap();
        match self.module.decide(&state, tariff, request).unwrap() {
            runner::Decided::Events(history) => self.fold(&history),
            runner::Decided::Refused(refused) => panic!("{refused}"),
        }
    }

    /// Writes the file.
    pub(crate) fn finish(self) {
        fs::write(&self.file, &self.steps).unwrap();
    }

    fn blob(&mut self, bytes: &[u8]) {
        self.steps.extend(u32::try_from(bytes.len()).unwrap().to_le_bytes());
        self.steps.extend(bytes);
    }
}

/// Sums bytes up so that every host can do it quickly: two numbers of 32 bits, each stirred by every four bytes and by the
/// length. It tells what differs by accident.
struct Sum([u32; 2]);

impl Default for Sum {
    fn default() -> Self {
        Self([0x811c_9dc5, 0x9e37_79b1])
    }
}

impl Sum {
    fn add(&mut self, bytes: &[u8]) {
        self.stir(u32::try_from(bytes.len()).unwrap());
        for word in bytes.chunks(4) {
            let mut whole = [0; 4];
            whole[..word.len()].copy_from_slice(word);
            self.stir(u32::from_le_bytes(whole));
        }
    }

    fn stir(&mut self, word: u32) {
        let [one, two] = self.0;
        self.0 = [
            (one ^ word).wrapping_mul(0x85eb_ca6b).rotate_left(13),
            (two.wrapping_add(word) ^ one).wrapping_mul(0xc2b2_ae35).rotate_left(17),
        ];
    }

    fn bytes(&self) -> Vec<u8> {
        self.0.iter().flat_map(|half| half.to_le_bytes()).collect()
    }
}

/// A packed history of events, of which nothing else is known. A name without an event is one of a newer build.
pub(crate) fn pack(stream: StreamId, after: u64, events: &[Result<CartEvent, String>]) -> Vec<u8> {
    let mut writer = Writer::<Cart>::new(&Header { stream, after, beside: Vec::new() }).unwrap();
    for event in events {
        let content = match event {
            Ok(event) => Content::Known(event),
            Err(name) => Content::Unknown { name, data: b"{}" },
        };
        writer.push(&content, None, &Circumstances::bare(EventId::new(Uuid::nil()))).unwrap();
    }
    writer.finish()
}
