//! How a question changes by what is done to it: the keys of what-if.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tillroll_core::time::Timestamp;
use tillroll_core::whatif::Mode;
use tillroll_host_lambda::timeline_file::TimelineFile;

use super::model::{Ask, Effect, Model, Prompt};
use super::whatif::{Deed, Wanted, WhatIf};

const PAGE_STEPS: i64 = 10;

impl Model {
    /// Asks what if, from the position.
    pub(super) fn what_if(&mut self) {
        match WhatIf::at(&self.recording, self.at.version) {
            Ok(question) => self.what_if = Some(Box::new(question)),
            Err(why) => self.message = Some(why),
        }
    }

    /// What a key does while a question is asked.
    pub(super) fn deed(&mut self, deed: Deed) -> Option<Effect> {
        self.message = None;
        if self.keys_from.is_some() && deed != Deed::Quit {
            let scrolls = [(Deed::Previous, -1), (Deed::Next, 1), (Deed::PageUp, -10), (Deed::PageDown, 10)];
            return self.scroll_keys(scrolls.into_iter().find(|(key, _)| *key == deed).map(|(_, by)| by));
        }
        let question = self.what_if.as_mut()?;
        let recording = &self.recording;
        let mut said: Result<Option<String>, String> = Ok(None);
        match deed {
            Deed::Previous => question.step(-1),
            Deed::Next => question.step(1),
            Deed::PageUp => question.step(-PAGE_STEPS),
            Deed::PageDown => question.step(PAGE_STEPS),
            Deed::First => question.step(i64::MIN),
            Deed::Last => question.step(i64::MAX),
            Deed::Drop => said = question.drop_event(recording).map(|()| None),
            Deed::Stop => said = question.stop_here(recording).map(|()| None),
            Deed::Undo => said = question.undo(recording).map(Some),
            Deed::Mode => said = question.switch_mode(recording).map(|()| None),
            Deed::Divergence => said = Ok(question.go_to_divergence().map(str::to_owned)),
            Deed::NextRefusal => said = Ok(question.go_to_next_refusal().map(str::to_owned)),
            Deed::Change | Deed::Move => {
                said = question.free_version().map(|version| {
                    let wanted = if deed == Deed::Move { Wanted::Move(version) } else { Wanted::Change(version) };
                    self.want(wanted);
                    None
                });
            }
            Deed::Insert => {
                let wanted = Wanted::Insert(question.after());
                self.want(wanted);
            }
            Deed::Ask => {
                let wanted = Wanted::Ask(question.after());
                self.want(wanted);
            }
            Deed::Save => self.want(Wanted::Save),
            Deed::CopyLink => return Some(self.link_to_question()),
            Deed::Palette => self.prompt_with(Ask::Palette, String::new()),
            Deed::Keys => self.keys_from = Some(0),
            Deed::Back => self.what_if = None,
            Deed::Quit => return Some(Effect::Quit),
        }
        self.message = said.unwrap_or_else(Some).or(self.message.take());
        None
    }

    /// Lets somebody write what an edit needs.
    fn want(&mut self, wanted: Wanted) {
        let text = match (wanted, &self.what_if) {
            (Wanted::Change(_), Some(question)) => question.phrase(&self.recording, self.currency()),
            (Wanted::Save, _) => format!("{}.what-if.timeline.json", self.recording.cart),
            (Wanted::Change(_) | Wanted::Move(_) | Wanted::Insert(_) | Wanted::Ask(_), _) => String::new(),
        };
        self.prompt_with(Ask::WhatIf(wanted), text);
    }

    /// What was written. What makes no sense stays there, to be put right.
    pub(super) fn edit(&mut self, wanted: Wanted, prompt: Prompt) -> Option<Effect> {
        let question = self.what_if.as_mut()?;
        self.message = None;
        if wanted == Wanted::Save && question.life.newest() == 0 {
            self.message = Some("nothing is left of this life, and a file holds at least one event".to_owned());
            return None;
        }
        if wanted == Wanted::Save {
            let events = (1..=question.life.newest()).filter_map(|version| question.life.event(version)).collect();
            let hypothetical = Some(question.hypothetical(&self.recording));
            let file = TimelineFile::new(self.recording.cart, Timestamp::UNIX_EPOCH, events);
            let file = TimelineFile { hypothetical, ..file };
            return Some(Effect::Save(prompt.text.trim().to_owned(), Box::new(file)));
        }
        if let Err(why) = question.typed(&self.recording, wanted, &prompt.text) {
            self.message = Some(why);
            self.prompt = Some(prompt);
        }
        None
    }

    /// The page in the browser that asks the same; its edits stand behind `#`, which no server gets to see.
    fn link_to_question(&self) -> Effect {
        let (Some(page), Some(question)) = (&self.page, &self.what_if) else {
            return Effect::Copy("the command, as there is no page to link to", self.command_to_here());
        };
        let mut link = format!("{page}/timeline/whatif/{}?v={}", self.recording.cart, self.at.version);
        if question.mode == Mode::AsItIs {
            link += "&mode=as_it_is";
        }
        if !question.edits.is_empty() {
            let edits = serde_json::to_vec(&question.edits_as_json()).unwrap_or_default();
            link = link + "#e=" + &URL_SAFE_NO_PAD.encode(edits);
        }
        Effect::Copy("the link", link)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

    use jiff::tz::TimeZone;
    use serde_json::json;

    use super::super::model::{Action, Command, Link, Source};
    use super::super::tests::{CART, assert_one_moment, events, model, of_file, press, screen};
    use super::*;

    fn typed(model: &mut Model, text: &str) {
        for char in text.chars() {
            model.update(Action::Type(char));
        }
        model.update(Action::Enter);
    }

    fn asked(model: &mut Model, deeds: &[Deed]) -> Option<Effect> {
        deeds.iter().fold(None, |_, deed| model.update(Action::Ask(*deed)))
    }

    #[test]
    fn what_if_an_event_had_not_been_says_what_the_rules_would_refuse_and_what_it_comes_to() {
        let mut model = model();
        model.update(Action::Slide(3));
        press(&mut model, &[Command::WhatIf]);
        asked(&mut model, &[Deed::Drop]);
        let shown = screen(&model, 150, 30);
        assert!(
            shown.contains("HYPOTHETICAL, nothing is written") && shown.contains("1 would be refused now"),
            "{shown}"
        );
        assert!(shown.contains("event 3 left out"), "{shown}");
        asked(&mut model, &[Deed::NextRefusal]);
        let shown = screen(&model, 150, 30);
        assert!(shown.contains("refused now: ") && shown.contains("rye-bread"), "{shown}");
        // As facts the events fold, whatever the rules would say.
        asked(&mut model, &[Deed::Mode]);
        assert!(screen(&model, 150, 30).contains("events folded as they are"));
        asked(&mut model, &[Deed::Mode, Deed::Undo]);
        assert!(screen(&model, 150, 30).contains("taken back: event 3 left out"));
        assert!(screen(&model, 80, 24).contains("HYPOTHETICAL"));
        asked(&mut model, &[Deed::Back]);
        assert_one_moment(&model);
        assert_eq!(model.recording.newest(), 9, "the life as it was is as it was");
    }

    #[test]
    fn what_if_is_written_in_words_and_saved_as_a_file_that_says_that_it_never_was() {
        let mut model = model();
        model.page = Some("http://127.0.0.1:7070".to_owned());
        model.update(Action::Slide(4));
        press(&mut model, &[Command::WhatIf]);
        asked(&mut model, &[Deed::Change]);
        assert_eq!(model.prompt.as_ref().unwrap().text, "set oat-milk 3");
        model.update(Action::Erase);
        typed(&mut model, "many");
        assert!(model.message.as_deref().unwrap().contains("many is no quantity"), "what is wrong is said");
        assert!(model.prompt.is_some(), "and can be put right");
        model.update(Action::EraseAll);
        typed(&mut model, "set oat-milk 5");
        asked(&mut model, &[Deed::Ask]);
        typed(&mut model, "add Rye bread");
        asked(&mut model, &[Deed::First, Deed::Next, Deed::Move]);
        typed(&mut model, "3");
        let question = model.what_if.as_ref().unwrap();
        assert_eq!(question.edits.len(), 3, "{:?}", model.message);
        let Some(Effect::Copy(_, link)) = asked(&mut model, &[Deed::CopyLink]) else { panic!("no link") };
        assert!(link.starts_with(&format!("http://127.0.0.1:7070/timeline/whatif/{CART}?v=4#e=")), "{link}");
        asked(&mut model, &[Deed::Save]);
        let Some(Effect::Save(name, file)) = model.update(Action::Enter) else { panic!("nothing to save") };
        assert_eq!(name, format!("{CART}.what-if.timeline.json"));
        let read = TimelineFile::read(&file.to_json()).unwrap();
        let hypothetical = read.hypothetical.clone().unwrap();
        assert_eq!((hypothetical.recorded_version, hypothetical.edits.len()), (9, 3));
        let shown = screen(&of_file("fork.json", read, None), 100, 30);
        assert!(shown.contains("HYPOTHETICAL"), "{shown}");
    }

    #[test]
    fn nothing_is_asked_of_a_life_that_cannot_be_read() {
        let source = Source::System("http://127.0.0.1:7070".to_owned());
        let mut model = Model::new(CART.parse().unwrap(), source, Link::Live, TimeZone::UTC, None);
        press(&mut model, &[Command::WhatIf]);
        assert_eq!(model.message.as_deref(), Some("nothing has happened yet"));
        let mut events = events();
        events[3].data = json!({"sku": 7});
        model.update(Action::Arrived(events));
        press(&mut model, &[Command::WhatIf]);
        assert!(model.what_if.is_none() && model.message.as_deref().unwrap().starts_with("event 4 cannot be read"));
    }
}
