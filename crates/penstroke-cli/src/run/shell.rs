//! Formats commands for people to type.

use penstroke::data::Source;

/// A word quoted for a shell if necessary.
pub(crate) fn shell_word(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-+,:@%=".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

/// A source as a word of a command that names it again.
pub(crate) fn source_word(source: &Source) -> String {
    let name = source.to_string();
    match Source::named(&name) {
        Ok(_) => shell_word(&name),
        // A file has this built-in name.
        Err(_) => shell_word(&format!("builtin:{name}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_with_blanks_and_quotes_are_quoted_for_the_shell() {
        for (text, word) in [
            ("m.safetensors", "m.safetensors"),
            ("my models/m", "'my models/m'"),
            ("it's", "'it'\\''s'"),
            ("", "''"),
            ("$HOME", "'$HOME'"),
            ("masking:0.5->0.1", "'masking:0.5->0.1'"),
        ] {
            assert_eq!(shell_word(text), word);
        }
    }
}
