//! Formats commands for people to type.

/// A word quoted for a shell if necessary.
pub(crate) fn shell_word(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-+,:@%=".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
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
