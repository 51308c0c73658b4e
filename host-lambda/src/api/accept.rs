//! Which of the forms that we can make a caller wants: `Accept`, RFC 9110 section 12.5.1.

use super::{ApiRequest, Problem};

/// Longest list of media ranges that is read; what stands behind it is not looked at.
const RANGES_MAX: usize = 32;
/// Weights are thousandths.
const WEIGHT_MAX: u32 = 1_000;

impl ApiRequest {
    /// The form that the caller prefers of those in `offered`, the earlier one when it likes two alike; 406 when it
    /// wants none of them. A caller who says nothing, or nothing that can be read, takes the first.
    pub fn accepted(&self, offered: &'static [&'static str]) -> Result<&'static str, Problem> {
        let ranges: Vec<_> = self.header("accept").unwrap_or("*/*").split(',').take(RANGES_MAX).collect();
        let ranges: Vec<_> = ranges.into_iter().filter_map(Range::parse).collect();
        if ranges.is_empty() {
            return offered.first().copied().ok_or_else(|| not_acceptable(offered));
        }
        let weight = |form: &str| {
            let matching = ranges.iter().filter_map(|range| range.match_of(form));
            matching.max_by_key(|(closeness, _)| *closeness).map_or(0, |(_, weight)| weight)
        };
        let liked = offered.iter().rev().filter(|form| weight(form) > 0).max_by_key(|form| weight(form));
        liked.copied().ok_or_else(|| not_acceptable(offered))
    }
}

fn not_acceptable(offered: &[&str]) -> Problem {
    Problem::new(406, "not_acceptable", format!("this address answers with {}", offered.join(" or ")))
        .with_header("vary", "accept")
}

/// One media range with its weight.
struct Range<'a> {
    kind: &'a str,
    subtype: &'a str,
    weight: u32,
}

impl<'a> Range<'a> {
    /// Nothing for what is not written as one. Parameters other than the weight name a variant that we do not have, but
    /// every form of ours has just one.
    fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let (kind, subtype) = parts.next()?.split_once('/')?;
        let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        let weight = weight.map_or(Some(WEIGHT_MAX), thousandths)?;
        let is_written_as_one = !kind.is_empty() && !subtype.is_empty() && (kind != "*" || subtype == "*");
        is_written_as_one.then_some(Self { kind, subtype, weight })
    }

    /// How closely it names the form, and how much the caller likes it.
    fn match_of(&self, form: &str) -> Option<(u8, u32)> {
        let (kind, subtype) = form.split_once('/')?;
        let closeness = match (self.kind, self.subtype) {
            ("*", _) => 0,
            (range, "*") if range.eq_ignore_ascii_case(kind) => 1,
            (range, sub) if range.eq_ignore_ascii_case(kind) && sub.eq_ignore_ascii_case(subtype) => 2,
            _ => return None,
        };
        Some((closeness, self.weight))
    }
}

/// `0`, `0.5`, `1.000`: at most three decimals and at most 1.
fn thousandths(text: &str) -> Option<u32> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let digits = decimals.len() <= 3 && decimals.bytes().all(|byte| byte.is_ascii_digit());
    let whole = match whole {
        "0" => 0,
        "1" => WEIGHT_MAX,
        _ => return None,
    };
    let weight = whole + format!("{decimals:0<3}").parse::<u32>().ok().filter(|_| digits)?;
    (weight <= WEIGHT_MAX).then_some(weight)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFFERED: &[&str] = &["application/json", "application/vnd.tillroll.packed"];

    fn accepted(header: Option<&str>) -> Option<&'static str> {
        let headers = header.map(|header| ("accept".to_owned(), header.to_owned())).into_iter().collect();
        ApiRequest { headers, ..ApiRequest::default() }.accepted(OFFERED).ok()
    }

    #[test]
    fn the_caller_s_liking_decides_and_json_where_it_does_not() {
        let [json, packed] = [Some(OFFERED[0]), Some(OFFERED[1])];
        for (header, form) in [
            ("*/*", json),
            ("application/*", json),
            ("application/json", json),
            ("application/vnd.tillroll.packed", packed),
            ("APPLICATION/VND.TILLROLL.PACKED", packed),
            ("application/vnd.tillroll.packed, application/json", json),
            ("application/vnd.tillroll.packed, application/json;q=0.9", packed),
            ("application/vnd.tillroll.packed;q=0.5, */*;q=0.1", packed),
            ("application/json;q=0, */*", packed),
            ("text/html, application/xhtml+xml, */*;q=0.8", json),
            ("application/json;charset=utf-8", json),
            ("application/json ; q=0.001", json),
            ("", json),
            ("nonsense", json),
            ("*/json", json),
            ("application/json;q=high", json),
            ("text/html", None),
            ("application/json;q=0", None),
            ("*/*;q=0", None),
            ("application/*;q=0, text/plain", None),
        ] {
            assert_eq!(accepted(Some(header)), form, "{header:?}");
        }
        assert_eq!(accepted(None), json);
    }

    #[test]
    fn a_weight_has_at_most_three_decimals() {
        for (text, weight) in [("1", 1_000), ("1.000", 1_000), ("0", 0), ("0.5", 500), ("0.123", 123), ("0.", 0)] {
            assert_eq!(thousandths(text), Some(weight), "{text}");
        }
        for text in ["", "1.001", "2", "-1", "0.1234", ".5", "0.x", "0.+1", "1e0"] {
            assert_eq!(thousandths(text), None, "{text}");
        }
    }
}
