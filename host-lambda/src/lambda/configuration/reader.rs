//! Reads an environment and remembers everything that is missing or wrong in it.

use std::fmt;

/// Whoever knows the values: the process's environment, or a test.
type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// An environment that is being read. Every question is answered with `None` when the value is missing or wrong; what
/// was wrong is told at the end, all of it.
pub struct Environment<'a> {
    lookup: Lookup<'a>,
    wrong: Vec<Wrong>,
}

impl fmt::Debug for Environment<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Values may be secrets.
        f.debug_struct("Environment").field("wrong", &self.wrong).finish_non_exhaustive()
    }
}

/// One variable that is not as it has to be. The value itself is never repeated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// The variable.
    pub variable: String,
    /// What is wrong with it.
    pub reason: String,
}

/// An environment with which a function cannot start.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct NotConfigured {
    /// Everything that is missing or wrong.
    pub wrong: Vec<Wrong>,
}

impl fmt::Display for NotConfigured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the environment is not complete")?;
        for (index, Wrong { variable, reason }) in self.wrong.iter().enumerate() {
            write!(f, "{} {variable} {reason}", if index == 0 { ":" } else { ";" })?;
        }
        f.write_str("; docs/aws.md lists the variables of each function")
    }
}

impl<'a> Environment<'a> {
    /// The environment that `lookup` knows. An empty value counts as none.
    pub fn new(lookup: Lookup<'a>) -> Self {
        Self { lookup, wrong: Vec::new() }
    }

    /// A value that has to be there.
    pub fn needed(&mut self, variable: &str) -> Option<String> {
        let value = self.optional(variable);
        if value.is_none() {
            self.is_wrong(variable, "is missing");
        }
        value
    }

    /// A value that may be there.
    #[must_use]
    pub fn optional(&self, variable: &str) -> Option<String> {
        (self.lookup)(variable).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    /// A value that has to be there and to be read as something.
    pub fn needed_as<T>(&mut self, variable: &str, read: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        let value = self.needed(variable)?;
        self.read(variable, &value, read)
    }

    /// A value that may be there, and then has to be read as something. What is wrong counts as missing here; it is
    /// told at the end.
    pub fn optional_as<T>(&mut self, variable: &str, read: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        let value = self.optional(variable)?;
        self.read(variable, &value, read)
    }

    /// Notes that a variable is not as it has to be.
    pub fn is_wrong(&mut self, variable: &str, reason: impl Into<String>) {
        self.wrong.push(Wrong { variable: variable.to_owned(), reason: reason.into() });
    }

    /// What was read, if nothing was wrong.
    pub fn finish<T>(self, read: Option<T>) -> Result<T, NotConfigured> {
        match read {
            Some(read) if self.wrong.is_empty() => Ok(read),
            _ => Err(NotConfigured { wrong: self.wrong }),
        }
    }

    fn read<T>(&mut self, variable: &str, value: &str, read: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        read(value).map_err(|reason| self.is_wrong(variable, reason)).ok()
    }
}
