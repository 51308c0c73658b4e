//! Whether a program can run where Lambda runs it: provided.al2023 has glibc 2.34, and a program that was linked against
//! a newer one may ask for functions that are not there. It would build, upload and fail at its first start.
//!
//! The versions a program asks for stand in it as text (`GLIBC_2.34`), whatever its machine, so no tool for that machine
//! is needed to read them. A static program asks for none.

use std::collections::BTreeSet;

use anyhow::ensure;

/// The minor version of glibc 2 in provided.al2023.
const MINOR_MAX: u32 = 34;
const MARK: &[u8] = b"GLIBC_2.";

/// Says what is too new.
pub(super) fn check(program: &[u8]) -> anyhow::Result<()> {
    let newest = minors_asked_for(program).last().copied().unwrap_or_default();
    ensure!(
        newest <= MINOR_MAX,
        "it asks for glibc 2.{newest}, and Lambda's provided.al2023 has 2.{MINOR_MAX}: package on a system whose glibc \
         is older (Debian 12, Ubuntu 22.04, Amazon Linux 2023), such as its container image"
    );
    Ok(())
}

fn minors_asked_for(program: &[u8]) -> BTreeSet<u32> {
    let marks = program.windows(MARK.len()).enumerate().filter(|(_, bytes)| *bytes == MARK);
    let minor = |at: usize| {
        let digits: String = program[at + MARK.len()..]
            .iter()
            .map_while(|byte| byte.is_ascii_digit().then_some(char::from(*byte)))
            .collect();
        digits.parse().ok()
    };
    marks.filter_map(|(at, _)| minor(at)).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

    use super::*;

    #[test]
    fn a_program_may_ask_for_what_lambda_has_and_nothing_newer() {
        assert!(check(b"\x7fELF no libc at all").is_ok());
        assert!(check(b"\x7fELF\0GLIBC_2.2.5\0GLIBC_2.17\0GLIBC_2.34\0GLIBC_2.3").is_ok());
        let error = check(b"\x7fELF\0GLIBC_2.39\0GLIBC_2.4\0").unwrap_err().to_string();
        assert!(error.starts_with("it asks for glibc 2.39, and Lambda's provided.al2023 has 2.34"), "{error}");
    }
}
