//! Who is behind a cart: shown as a mask until somebody asks for it and says why. What the mask is, and what it is not, is in
//! docs/debugger.md; the page in the browser masks the same.

use serde_json::Value;
use tillroll_core::cart::{CartEvent, CartView};
use tillroll_core::recorded::Stored;

/// Members that name a person, or let one act for them.
const PERSONAL: [&str; 3] = ["owner_ref", "actor", "token_hash"];
/// What is shown instead.
const MASK: &str = "•••";

/// Whether references to persons are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Persons {
    #[default]
    Masked,
    Shown,
}

impl Persons {
    /// A text that names a person.
    pub(super) fn name(self, name: &str) -> &str {
        match self {
            Self::Masked => MASK,
            Self::Shown => name,
        }
    }

    /// The value of a member, with all that is below it.
    pub(super) fn member(self, name: &str, value: Value) -> Value {
        let is_masked = self == Self::Masked && PERSONAL.contains(&name) && !value.is_null();
        if is_masked { Value::from(MASK) } else { self.value(value) }
    }

    /// A value whose members may name persons.
    pub(super) fn value(self, value: Value) -> Value {
        match value {
            Value::Object(members) => {
                members.into_iter().map(|(name, value)| (name.clone(), self.member(&name, value))).collect()
            }
            Value::Array(values) => values.into_iter().map(|value| self.value(value)).collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value,
        }
    }

    /// A cart; its fingerprint stays that of the cart itself.
    pub(super) fn view(self, mut view: CartView) -> CartView {
        view.owner_ref = view.owner_ref.map(|owner| self.name(&owner).to_owned());
        view
    }

    /// An event that is put into words.
    pub(super) fn event(self, mut event: Stored<CartEvent>) -> Stored<CartEvent> {
        if let Stored::Known(CartEvent::CartClaimed(claimed)) = &mut event {
            claimed.owner_ref = self.name(&claimed.owner_ref).into();
        }
        event
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

    use serde_json::json;
    use tillroll_host_lambda::timeline_file::TimelineFile;

    use super::super::model::{Action, Command, Effect, Model, StateTab, Tab};
    use super::super::tests::{CART, event, events, model, of_file, press, screen};
    use super::super::ticket;

    const OWNER: &str = "own_4711";
    const TABS: [Tab; 5] = [Tab::Event, Tab::Diff, Tab::Life, Tab::Causes, Tab::Delivery];

    /// Everything that is shown of the event by which somebody took the cart, and what is copied.
    fn all_of(model: &mut Model) -> String {
        let mut all = ticket::text(model);
        model.field = "/owner_ref".parse().unwrap();
        for (state, tab) in [StateTab::Lines, StateTab::Tree, StateTab::Raw].into_iter().cycle().zip(TABS) {
            (model.state_tab, model.tab) = (state, tab);
            model.update(Action::Slide(4));
            all += &screen(model, 160, 50);
        }
        all
    }

    fn claimed() -> Vec<tillroll_host_lambda::record::EventRecord> {
        let mut events = events();
        events[3] = event(4, "2026-03-02T09:15:02Z", "CartClaimed", &json!({"owner_ref": OWNER}));
        events
    }

    fn names_nobody(all: &str) -> bool {
        !all.contains(OWNER) && !all.contains("till 7") && all.contains("taken over by •••")
    }

    fn asked() -> Model {
        let mut model = Model { rows: Vec::new(), ..model() };
        let cart = CART.parse().unwrap();
        model.update(Action::Opened { cart, notes: Vec::new(), hypothetical: false });
        model.update(Action::Arrived(claimed()));
        model.update(Action::Slide(4));
        model
    }

    fn typed(model: &mut Model, text: &str) -> Option<Effect> {
        for char in text.chars() {
            model.update(Action::Type(char));
        }
        model.update(Action::Enter)
    }

    #[test]
    fn persons_are_masked_until_the_system_has_written_down_why_somebody_asks() {
        let mut model = asked();
        assert!(names_nobody(&all_of(&mut model)));
        press(&mut model, &[Command::Persons]);
        assert_eq!(typed(&mut model, "  "), None);
        assert!(model.message.as_deref().unwrap().starts_with("say why"));
        assert_eq!(typed(&mut model, "ticket 4711"), Some(Effect::Disclose("ticket 4711".to_owned())));
        assert!(names_nobody(&all_of(&mut model)), "the system was only asked");
        model.update(Action::Disclosed(Err("it needs the group `seers`".to_owned())));
        assert_eq!(model.message.as_deref(), Some("persons stay masked: it needs the group `seers`"));
        assert!(names_nobody(&all_of(&mut model)));
        model.update(Action::Disclosed(Ok(())));
        let all = all_of(&mut model);
        assert!(all.contains("taken over by own_4711") && all.contains("till 7") && !all.contains("•••"), "{all}");
        press(&mut model, &[Command::Persons]);
        assert!(names_nobody(&all_of(&mut model)));
    }

    #[test]
    fn what_is_in_a_file_is_the_readers_own() {
        let file = TimelineFile::new(CART.parse().unwrap(), "2026-03-06T00:00:00Z".parse().unwrap(), claimed());
        let mut model = of_file("cart.timeline.json", file, Some(4));
        assert!(names_nobody(&all_of(&mut model)));
        press(&mut model, &[Command::Persons]);
        assert!(model.message.as_deref().unwrap().contains("nobody writes that down"));
        assert!(all_of(&mut model).contains(OWNER));
    }

    #[test]
    fn a_life_that_never_was_masks_what_its_origin_masks() {
        let mut model = asked();
        press(&mut model, &[Command::WhatIf]);
        assert!(!screen(&model, 160, 50).contains(OWNER));
        press(&mut model, &[Command::Back]);
        model.what_if = None;
        model.update(Action::Disclosed(Ok(())));
        press(&mut model, &[Command::WhatIf]);
        assert!(screen(&model, 160, 50).contains(OWNER));
    }
}
