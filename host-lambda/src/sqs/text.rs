//! Which characters SQS takes: those of XML. JSON text holds all others as escapes, but for two that are no
//! characters at all and that Unicode lets pass; those are escaped here.

use std::borrow::Cow;

/// The same JSON document in characters that SQS takes. They can only stand within its strings.
pub(super) fn sendable(json: &str) -> Cow<'_, str> {
    if json.contains(['\u{fffe}', '\u{ffff}']) {
        Cow::Owned(json.replace('\u{fffe}', "\\ufffe").replace('\u{ffff}', "\\uffff"))
    } else {
        Cow::Borrowed(json)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use super::*;

    #[test]
    fn a_document_means_the_same_after_its_odd_characters_were_escaped() {
        let text = "a\u{0}\u{1f}\u{7f}\u{85}\u{d7ff}\u{e000}\u{fffd}\u{fffe}\u{ffff}\u{1f600}\u{1ffff}\\ufffe";
        let json = serde_json::to_string(text).unwrap();
        let sent = sendable(&json);
        let is_taken = |c: char| {
            matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}') || c > '\u{ffff}'
        };
        assert!(sent.chars().all(is_taken), "{sent:?}");
        assert_eq!(serde_json::from_str::<String>(&sent).unwrap(), text);
        assert!(matches!(sendable("{\"a\":1}"), Cow::Borrowed(_)));
    }
}
